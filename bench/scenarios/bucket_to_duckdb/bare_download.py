"""The floor: the lake's Parquet files downloaded by Arrow's threads, unchecked, and loaded by
DuckDB's own CREATE TABLE AS. The lake has one version, so its files are all there are.

It tells its own time: Python's start and its imports are no part of the floor.
"""

import json
import os
import time
from pathlib import Path

import duckdb
from pyarrow import fs

# Else Arrow's S3 client waits for a metadata service that is not there.
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
started = time.monotonic()
work = Path(os.environ["BENCH_WORK"])
output = Path(os.environ["BENCH_OUTPUT"])
bucket = fs.S3FileSystem(
    endpoint_override=os.environ["BENCH_ENDPOINT"],
    access_key=os.environ["BENCH_ACCESS_KEY"],
    secret_key=os.environ["BENCH_SECRET_KEY"],
    region="us-east-1",
)
fs.copy_files(
    f"{os.environ['BENCH_BUCKET']}/shop",
    str(work / "shop"),
    source_filesystem=bucket,
    destination_filesystem=fs.LocalFileSystem(),
    chunk_size=8 << 20,
)
with duckdb.connect(str(output / "bare.duckdb")) as database:
    database.execute("SET TimeZone = 'UTC'")
    for table in os.environ["BENCH_TABLES"].split():
        files = [str(file) for file in sorted((work / "shop" / table).glob("*.parquet"))]
        database.execute(
            f'CREATE TABLE "{table}" AS SELECT * FROM read_parquet(?)', [files]
        )
seconds = time.monotonic() - started
(output / "measured.json").write_text(json.dumps({"wall_seconds": seconds}))
