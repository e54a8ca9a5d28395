"""pandas.read_sql in chunks, each a row group of the table's Parquet file."""

import os

import pyarrow
import pyarrow.parquet
from pandas_shop import chunks, tables

for table in tables():
    writer = None
    for frame in chunks(table):
        batch = pyarrow.Table.from_pandas(
            frame, schema=writer.schema if writer else None, preserve_index=False
        )
        if writer is None:
            path = os.environ["BENCH_OUTPUT"] + f"/{table}.parquet"
            writer = pyarrow.parquet.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch)
    writer.close()
