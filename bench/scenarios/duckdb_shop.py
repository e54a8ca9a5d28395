"""What the scenarios of DuckDB's MySQL extension share: the database, attached."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def attached() -> Iterator[duckdb.DuckDBPyConnection]:
    # The package holds the extension that would otherwise be downloaded. Filters and
    # projections are pushed down, several connections are used: both are its defaults.
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as database:
        database.execute(f"LOAD '{os.environ['MYSQL_EXTENSION']}'")
        database.execute("SET TimeZone = 'UTC'")
        address = " ".join(
            f"{name}={os.environ['MYSQL_' + variable]}"
            for name, variable in (
                ("host", "HOST"),
                ("port", "PORT"),
                ("user", "USER"),
                ("passwd", "PASSWORD"),
                ("db", "DATABASE"),
            )
        )
        database.execute(f"ATTACH '{address}' AS shop (TYPE mysql, READ_ONLY)")
        yield database
