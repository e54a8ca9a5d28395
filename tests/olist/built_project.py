"""Runs the example's dbt project on a DuckDB file that is filled without keelboat."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
from generate import TABLES

PROFILE = """\
keelboat:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: warehouse.duckdb
      schema: main
      threads: 2
      settings: {memory_limit: 1GB}
"""


class DbtProject:
    """One warehouse file with the raw tables, and dbt's runs on it."""

    def __init__(self, project: Path, home: Path, suffix: str = ""):
        self.project, self.home, self.suffix = project, home, suffix
        self.warehouse = home / "warehouse.duckdb"
        (home / "profiles.yml").write_text(PROFILE)

    def copy(self, home: Path) -> "DbtProject":
        """The warehouse as it is now, under another folder; parsed files come along."""
        twin = DbtProject(self.project, home, self.suffix)
        shutil.copy(self.warehouse, twin.warehouse)
        (home / "target").mkdir()
        parsed = "partial_parse.msgpack"
        shutil.copy(self.home / "target" / parsed, home / "target" / parsed)
        return twin

    def load(self, tables: dict, loaded_at: str = "2026-01-02 03:04:05") -> None:
        """Replace every raw table, as a nightly full load does."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS raw{self.suffix}")
            for name, rows in tables.items():
                connection.register("arrow_rows", rows)
                columns = [
                    f"CAST({column} AS TIMESTAMP) AS {column}"
                    if str(kind).startswith("timestamp")
                    else column
                    for column, kind in TABLES[name].columns.items()
                ]
                connection.execute(
                    f"CREATE OR REPLACE TABLE raw{self.suffix}.{name} AS SELECT"
                    f" {', '.join(columns)}, 'run' AS _keelboat_run_id,"
                    f" TIMESTAMPTZ '{loaded_at}+00' AS _keelboat_loaded_at FROM arrow_rows"
                )

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [
            str(Path(sys.executable).parent / "dbt"),
            "--no-use-colors",
            *arguments,
        ]
        command += ["--project-dir", str(self.project), "--profiles-dir", str(self.home)]
        command += ["--target-path", str(self.home / "target")]
        command += ["--log-path", str(self.home / "logs")]
        environment = {**os.environ, "KEELBOAT_SCHEMA_SUFFIX": self.suffix}
        return subprocess.run(
            # The profile's path is relative, so that all copies share one parsed project.
            command,
            cwd=self.home,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, *arguments: str) -> dict[str, str]:
        """`dbt build`, which must end well; returns the status of every node."""
        done = self.dbt("build", *arguments)
        assert done.returncode == 0, done.stdout
        return self.statuses()

    def statuses(self) -> dict[str, str]:
        results = json.loads((self.home / "target" / "run_results.json").read_text())
        return {item["unique_id"]: item["status"] for item in results["results"]}

    def manifest(self) -> dict:
        return json.loads((self.home / "target" / "manifest.json").read_text())

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(sql).fetchall()

    def change(self, sql: str) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql)

    def relations(self) -> list[str]:
        rows = self.query(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            f" WHERE table_schema <> 'raw{self.suffix}' ORDER BY 1"
        )
        return [name for (name,) in rows]

    def digests(self) -> dict[str, tuple]:
        """Row count and order-free content hash of everything that dbt built."""
        return {
            name: self.query(f"SELECT COUNT(*), SUM(HASH(t)) FROM {name} AS t")[0]
            for name in self.relations()
        }
