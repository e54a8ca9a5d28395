"""DuckDB's MySQL extension, copied into Parquet."""

import os

from arrow_shop import tables
from duckdb_shop import attached

with attached() as database:
    for table in tables():
        path = os.environ["BENCH_OUTPUT"] + f"/{table}.parquet"
        database.execute(
            f"COPY shop.\"{table}\" TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )
