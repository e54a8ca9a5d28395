"""dlt, pyarrow backend."""

import os

import dlt
from dlt_shop import load

load(
    "pyarrow",
    dlt.destinations.duckdb(os.environ["BENCH_OUTPUT"] + "/warehouse.duckdb"),
    chunk_size=100_000,
)
