"""A NULL timestamp stays NULL on its way to the client; fakesnow made 1970 of it."""

import fakesnow.arrow as arrow
import pyarrow as pa
import pyarrow.compute as pc


def keep_nulls() -> None:
    original = arrow.timestamp_to_sf_struct

    def convert(column: pa.Array | pa.ChunkedArray) -> pa.Array:
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if not column.null_count:
            return original(column)
        filled = original(pc.fill_null(column, pa.scalar(0, column.type)))
        return pa.StructArray.from_arrays(
            filled.flatten(), fields=list(filled.type), mask=pc.is_null(column)
        )

    arrow.timestamp_to_sf_struct = convert
