"""dlt, pyarrow backend."""

import os

import dlt
from dlt_shop import load

load(
    "pyarrow",
    dlt.destinations.filesystem("file://" + os.environ["BENCH_OUTPUT"]),
    chunk_size=100_000,
)
