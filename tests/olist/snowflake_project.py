"""Runs the example's dbt project on the Snowflake service, filled without keelboat."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from generate import TABLES

PROFILE = """\
keelboat:
  target: staging
  outputs:
    staging:
      type: snowflake
      account: {service.account}
      user: {service.user}
      password: "{{{{ env_var('DBT_ENV_SECRET_PASSWORD') }}}}"
      warehouse: {service.warehouse}
      role: {service.role}
      database: {service.database}
      schema: analytics
      host: {service.host}
      port: {service.port}
      protocol: http
      threads: 2
      connect_retries: 0
"""


class SnowflakeProject:
    """One database with the raw tables, and dbt's runs on it."""

    def __init__(self, project: Path, home: Path, service):
        self.project, self.home, self.service = project, home, service
        (home / "profiles.yml").write_text(PROFILE.format(service=service))
        service.sql("CREATE SCHEMA IF NOT EXISTS RAW")
        service.sql("CREATE STAGE IF NOT EXISTS RAW.FILES")

    def load(self, tables: dict, loaded_at: str) -> None:
        """Replace every raw table."""
        import snowflake.connector

        service = self.service
        with snowflake.connector.connect(
            user=service.user,
            password=service.password,
            account=service.account,
            host=service.host,
            port=service.port,
            protocol="http",
            warehouse=service.warehouse,
            database=service.database,
            schema="RAW",
        ) as session:
            run = session.cursor().execute
            for name, rows in tables.items():
                path = self.home / f"{name}.parquet"
                pq.write_table(_plain(rows, loaded_at), path)
                columns = ", ".join(
                    f"{column} {_type(kind)}"
                    for column, kind in TABLES[name].columns.items()
                )
                run(
                    f"CREATE OR REPLACE TABLE {name} ({columns}, _keelboat_run_id VARCHAR,"
                    " _keelboat_loaded_at TIMESTAMP_TZ)"
                )
                run(f"PUT 'file://{path}' @FILES AUTO_COMPRESS = FALSE")
                run(
                    f"COPY INTO {name} FROM @FILES FILES = ('{path.name}') FILE_FORMAT ="
                    " (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE) MATCH_BY_COLUMN_NAME ="
                    " CASE_INSENSITIVE"
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
        environment = {**os.environ, "DBT_ENV_SECRET_PASSWORD": self.service.password}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )

    def build(self) -> dict[str, str]:
        """`dbt build`, which must end well; returns the status of every node."""
        done = self.dbt("build")
        assert done.returncode == 0, done.stdout
        results = json.loads((self.home / "target" / "run_results.json").read_text())
        return {item["unique_id"]: item["status"] for item in results["results"]}

    def table(self, schema: str, name: str) -> tuple[list[str], list[tuple]]:
        answer = self.service.answer(f"SELECT * FROM {schema}.{name}")
        columns = [column.lower() for column in answer["columns"]]
        return columns, [tuple(row) for row in answer["rows"]]


def _plain(rows: pa.Table, loaded_at: str) -> pa.Table:
    count = rows.num_rows
    moment = pa.scalar(loaded_at.replace(" ", "T") + "Z").cast(pa.timestamp("us", "UTC"))
    return rows.append_column(
        "_keelboat_run_id", pa.array(["run"] * count)
    ).append_column(
        "_keelboat_loaded_at", pa.array([moment.as_py()] * count, moment.type)
    )


def _type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"NUMBER({kind.precision}, {kind.scale})"
    if pa.types.is_integer(kind):
        return "NUMBER(10, 0)"
    if pa.types.is_floating(kind):
        return "FLOAT"
    return "TIMESTAMP_NTZ(6)" if pa.types.is_timestamp(kind) else "VARCHAR"
