"""ConnectorX into a table in memory, written by pyarrow with its own row groups."""

import os

import connectorx
import pyarrow.parquet
from arrow_shop import tables, url

for table in tables():
    rows = connectorx.read_sql(
        url(), f"SELECT * FROM `{table}`", return_type="arrow", protocol="binary"
    )
    path = os.environ["BENCH_OUTPUT"] + f"/{table}.parquet"
    pyarrow.parquet.write_table(rows, path, compression="zstd")
