"""Tables in a bucket, read by programs that are not ours."""

import polars
import pyarrow as pa
from deltalake import DeltaTable


def read_deltalake(minio, uri: str, version: int | None = None) -> pa.Table:
    table = DeltaTable(uri, version=version, storage_options=minio.reader_options())
    return pa.table(table.to_pyarrow_table())


def read_polars(minio, uri: str, version: int | None = None) -> pa.Table:
    frame = polars.scan_delta(
        uri, version=version, storage_options=minio.reader_options()
    )
    return frame.collect().to_arrow()


READERS = {"deltalake": read_deltalake, "polars": read_polars}
