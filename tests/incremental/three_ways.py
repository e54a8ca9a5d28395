"""What source, lake and warehouse hold of a table, each read without any code of keelboat."""

from collections import Counter

import pymysql
from latest import latest, rows_without_key


def told(done) -> str:
    """What a run said on standard error, in one line."""
    return " ".join(done.err.split())


def connect(server, **more) -> pymysql.Connection:
    """As root, who may write."""
    return pymysql.connect(
        unix_socket=str(server.socket),
        user="root",
        database="shop",
        charset="utf8mb4",
        # Writers get out of each other's way soon.
        init_command="SET time_zone = '+00:00', tx_isolation = 'READ-COMMITTED',"
        " innodb_lock_wait_timeout = 2",
        **more,
    )


def source_rows(server, table: str) -> tuple[list[str], Counter]:
    """Names of the columns, and the rows with how often each is there."""
    with connect(server) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM `{table}`")
        names = [column[0] for column in cursor.description]
        return names, Counter(cursor.fetchall())


def lake_rows(project, table: str, key: list[str], names: list[str]) -> Counter:
    folder = project.path / "lake" / table
    rows = latest(folder, key).values() if key else rows_without_key(folder)
    # A column that some file lacks is null there.
    return Counter(tuple(row.get(name) for name in names) for row in rows)


def warehouse_rows(project, table: str, names: list[str]) -> Counter:
    columns = ", ".join(f'"{name}"' for name in names)
    return Counter(project.warehouse(f"SELECT {columns} FROM raw.{table}"))


def expect_alike(project, server, table: str, key: list[str], context="") -> int:
    """Source, lake (latest per key) and warehouse hold the same rows; how many."""
    names, source = source_rows(server, table)
    _expect(source, lake_rows(project, table, key, names), f"lake of {table}", context)
    found = warehouse_rows(project, table, names)
    _expect(source, found, f"warehouse of {table}", context)
    return source.total()


def _expect(source: Counter, found: Counter, where: str, context) -> None:
    missing, extra = source - found, found - source
    assert not missing and not extra, (
        f"{where}: {missing.total()} rows missing, {extra.total()} too many: "
        f"{list(missing)[:3]} {list(extra)[:3]} {context}"
    )
