"""ConnectorX as a stream of batches into a pyarrow writer."""

import os

import connectorx
import pyarrow.parquet
from arrow_shop import tables, url

for table in tables():
    reader = connectorx.read_sql(
        url(),
        f"SELECT * FROM `{table}`",
        return_type="arrow_stream",
        protocol="binary",
        batch_size=122_880,  # A row group.
    )
    path = os.environ["BENCH_OUTPUT"] + f"/{table}.parquet"
    with pyarrow.parquet.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
