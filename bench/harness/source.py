"""The source database: its tables, and a reference copy of their rows.

A copy is made in a way that no contender shares: every value comes as the text that the
server itself prints and DuckDB casts it to the column's declared type.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pymysql
import pymysql.converters
import pymysql.cursors

_CHUNK_ROWS = 50_000
_TYPES = {
    "int": "INTEGER",
    "bigint": "BIGINT",
    "smallint": "SMALLINT",
    "tinyint": "TINYINT",
    "double": "DOUBLE",
    "float": "FLOAT",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "timestamp": "TIMESTAMP",
}
_TEXT = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}


@dataclass
class SourceTable:
    name: str
    rows: int
    columns: dict[str, str]  # name -> DuckDB type
    key: str  # The first column of the primary key, if that is a number.


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def connect(**options) -> pymysql.connections.Connection:
    return pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        password=os.environ["MYSQL_PASSWORD"],
        database=os.environ["MYSQL_DATABASE"],
        charset="utf8mb4",
        **options,
    )


def describe() -> list[SourceTable]:
    tables = []
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT COUNT(*) FROM `{name}`")
            ((rows,),) = cursor.fetchall()
            cursor.execute(
                "SELECT column_name, data_type, column_type FROM information_schema.columns"
                " WHERE table_schema = DATABASE() AND table_name = %s"
                " ORDER BY ordinal_position",
                (name,),
            )
            columns = {c: _duckdb_type(t, full) for c, t, full in cursor.fetchall()}
            cursor.execute(
                "SELECT column_name FROM information_schema.key_column_usage"
                " WHERE table_schema = DATABASE() AND table_name = %s"
                " AND constraint_name = 'PRIMARY' ORDER BY ordinal_position LIMIT 1",
                (name,),
            )
            key = "".join(
                c
                for (c,) in cursor.fetchall()
                if columns[c].endswith("INT") or columns[c] == "INTEGER"
            )
            tables.append(SourceTable(name, rows, columns, key))
    return tables


def _duckdb_type(data_type: str, column_type: str) -> str:
    if data_type in _TEXT:
        return "VARCHAR"
    if data_type == "decimal":
        return column_type.split()[0].upper()
    if data_type not in _TYPES:
        raise ValueError(f"the bench does not know the source type {column_type}")
    return _TYPES[data_type]


def warm(tables: list[SourceTable]) -> None:
    """Read every row once, so that nobody waits for the disk."""
    with connect() as connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"CHECKSUM TABLE `{table.name}`")
            cursor.fetchall()


def server_pid() -> int:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@pid_file, @@version")
        ((path, _),) = cursor.fetchall()
    return int(Path(path).read_text())


def server_version() -> str:
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@version")
        return cursor.fetchone()[0]


def copy_by_server(
    tables: list[SourceTable], path: Path, execute: Callable[[str], str]
) -> None:
    """Fill a new DuckDB file from files that the server writes. For texts without tabs,
    line ends and backslashes. The file appears only when it is complete."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    exported = path.with_suffix(".tsv")
    with duckdb.connect(str(unfinished)) as target:
        for table in tables:
            exported.unlink(missing_ok=True)
            execute(
                f"SELECT * INTO OUTFILE '{exported}' CHARACTER SET utf8mb4 FROM `{table.name}`"
            )
            types = ", ".join(f"'{c}': 'VARCHAR'" for c in table.columns)
            casts = ", ".join(
                f"CAST({quote(c)} AS {t}) AS {quote(c)}" for c, t in table.columns.items()
            )
            target.execute(
                f"CREATE TABLE {quote(table.name)} AS SELECT {casts} FROM read_csv("
                f"'{exported}', delim='\\t', quote='', escape='', header=false,"
                f" nullstr='\\N', columns={{{types}}})"
            )
            exported.unlink()
    unfinished.rename(path)


def copy_by_client(tables: list[SourceTable], path: Path) -> None:
    """Fill a new DuckDB file by a client of its own; it appears only when complete."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with duckdb.connect(str(unfinished)) as target:
        for table in tables:
            _copy_table(table, target)
    unfinished.rename(path)


def _copy_table(table: SourceTable, target: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(f"{quote(c)} {t}" for c, t in table.columns.items())
    target.execute(f"CREATE TABLE {quote(table.name)} ({columns})")
    schema = pa.schema([(c, pa.string()) for c in table.columns])
    casts = ", ".join(f"CAST({quote(c)} AS {t})" for c, t in table.columns.items())
    # Encoders alone: no value that comes is converted, each stays the server's own text.
    options = {
        "conv": pymysql.converters.encoders,
        "cursorclass": pymysql.cursors.SSCursor,
    }
    with connect(**options) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM `{table.name}`")
        while rows := cursor.fetchmany(_CHUNK_ROWS):
            arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            chunk = pa.table(arrays, schema=schema)  # noqa: F841 (DuckDB finds it by name)
            target.execute(f"INSERT INTO {quote(table.name)} SELECT {casts} FROM chunk")
