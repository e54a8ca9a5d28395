"""Whether a scenario wrote the source's rows: counts and order-free checksums per table.

Every output column is cast to the source column's type, so a tool may choose its own types as
long as the values are the source's. Columns that a tool adds are left out.
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from .source import SourceTable, quote


@dataclass
class Verdict:
    wrong: list[str] = field(default_factory=list)  # what differs; empty: right
    notes: list[str] = field(default_factory=list)  # types that became others


def _checksum_sql(relation: str, columns: dict[str, str]) -> str:
    """Row count, a checksum over whole rows, and one for each column alone."""
    casts = [f"CAST({quote(c)} AS {t})" for c, t in columns.items()]
    sums = [f"sum(hash({cast})::HUGEINT)" for cast in casts]
    whole = f"sum(hash({', '.join(casts)})::HUGEINT)"
    return f"SELECT count(*), {whole}, {', '.join(sums)} FROM {relation}"


class Verifier:
    def __init__(self, tables: list[SourceTable], reference: Path) -> None:
        self._tables = tables
        self._expected = {}
        with duckdb.connect(str(reference), read_only=True) as database:
            for table in tables:
                sql = _checksum_sql(quote(table.name), table.columns)
                self._expected[table.name] = database.execute(sql).fetchone()
                rows = self._expected[table.name][0]
                if rows != table.rows:
                    raise ValueError(
                        f"the reference copy of {table.name} has {rows} rows, the server"
                        f" {table.rows}: delete {reference} and run again"
                    )

    def check(self, output: Path) -> Verdict:
        """A DuckDB file in `output`, or else Parquet files."""
        verdict = Verdict()
        databases = sorted(output.glob("*.duckdb"))
        path = str(databases[0]) if databases else ":memory:"
        with duckdb.connect(path, read_only=bool(databases)) as database:
            database.execute("SET TimeZone = 'UTC'")
            for table in self._tables:
                relation = (
                    _table_relation(database, table.name)
                    if databases
                    else _parquet_relation(output, table.name)
                )
                if relation is None:
                    verdict.wrong.append(f"{table.name}: missing")
                    continue
                try:
                    self._check_table(database, table, relation, verdict)
                except duckdb.Error as error:
                    reason = str(error).splitlines()[0]
                    verdict.wrong.append(f"{table.name}: unreadable ({reason})")
        return verdict

    def _check_table(self, database, table: SourceTable, relation: str, verdict: Verdict):
        described = database.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        found = {row[0]: row[1] for row in described}
        missing = [c for c in table.columns if c not in found]
        if missing:
            verdict.wrong.append(f"{table.name}: no column {', '.join(missing)}")
            return
        for column, wanted in table.columns.items():
            if found[column] != wanted:
                verdict.notes.append(f"{table.name}.{column} is {found[column]}")
        actual = database.execute(_checksum_sql(relation, table.columns)).fetchone()
        expected = self._expected[table.name]
        if actual == expected:
            return
        if actual[0] != expected[0]:
            verdict.wrong.append(f"{table.name}: {actual[0]} rows of {expected[0]}")
            return
        differing = [
            column
            for column, ours, theirs in zip(
                table.columns, expected[2:], actual[2:], strict=True
            )
            if ours != theirs
        ]
        verdict.wrong.append(
            f"{table.name}: other values in {', '.join(differing) or 'combinations of columns'}"
        )


def _table_relation(database, name: str) -> str | None:
    rows = database.execute(
        "SELECT schema_name FROM duckdb_tables() WHERE table_name = ? ORDER BY 1", [name]
    ).fetchall()
    # A tool's staging copy, if it leaves one, is not the result.
    schemas = [schema for (schema,) in rows if not schema.endswith("_staging")]
    return f"{quote(schemas[0])}.{quote(name)}" if len(schemas) == 1 else None


def _parquet_relation(output: Path, name: str) -> str | None:
    files = sorted(output.rglob(f"{name}/*.parquet")) + sorted(
        output.rglob(f"{name}.parquet")
    )
    paths = [str(file) for file in files if file.is_file()]
    if not paths:
        return None
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
