"""What the scenarios to Arrow share: the address, and what becomes of the batches."""

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow
import pyarrow.parquet

VERIFY = bool(os.environ.get("BENCH_VERIFY"))


def url() -> str:
    return "mysql://{}:{}@{}:{}/{}".format(
        *(
            os.environ["MYSQL_" + part]
            for part in ("USER", "PASSWORD", "HOST", "PORT", "DATABASE")
        )
    )


def tables() -> list[str]:
    return os.environ["BENCH_TABLES"].split()


def key(table: str) -> str:
    """The number to split on."""
    keys = dict(pair.split("=") for pair in os.environ["BENCH_KEYS"].split())
    if not keys.get(table):
        raise SystemExit(f"{table} has no number to split on")
    return keys[table]


def take(table: str, schema: pyarrow.Schema, batches: Iterable) -> None:
    """Drop batches as they come and note their rows; the run that is checked writes them."""
    writer = None
    if VERIFY:
        path = f"{os.environ['BENCH_OUTPUT']}/{table}.parquet"
        writer = pyarrow.parquet.ParquetWriter(path, schema)
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        if writer:
            writer.write_batch(batch)
    if writer:
        writer.close()
    Path(os.environ["BENCH_OUTPUT"], f"{table}.rows").write_text(str(rows))
