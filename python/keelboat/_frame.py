"""Columns of a DataFrame, filled while rows come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pyarrow as pa

if TYPE_CHECKING:
    import pandas

_MILLISECONDS_A_DAY = 86_400_000
_NOT_A_TIME = numpy.iinfo("int64").min


def _pool() -> pa.MemoryPool:
    """Where batches come from: what the last one gave back is used again."""
    try:
        return pa.jemalloc_memory_pool()
    except NotImplementedError:
        return pa.default_memory_pool()


def _stored(column: pa.Array, kind: pa.DataType) -> numpy.ndarray:
    """A column's values as they lie in memory, whatever stands where a null is."""
    values = column.buffers()[1]
    return pa.Array.from_buffers(
        kind, len(column), [None, values], offset=column.offset
    ).to_numpy()


class _Column:
    """Room for all values of one column of fixed width."""

    def __init__(self, kind: pa.DataType, dtype: object, rows: int) -> None:
        self._dtype = dtype
        self._moments = dtype.kind == "M"
        self._factor = _MILLISECONDS_A_DAY if pa.types.is_date32(kind) else 1
        stored = pa.int32() if self._factor > 1 else pa.int64()
        self._kind = stored if self._moments else kind
        self._values = numpy.empty(rows, "int64" if self._moments else dtype)
        self._nulls: numpy.ndarray | None = None

    def fill(self, at: int, column: pa.Array) -> None:
        if len(column) == 0:
            return
        end = at + len(column)
        if end > len(self._values):  # More than were counted.
            self._grow(max(end, len(self._values) * 3 // 2))
        into = self._values[at:end]
        values = _stored(column, self._kind)
        if self._factor > 1:
            numpy.multiply(values, self._factor, out=into, dtype="int64")
        else:
            into[:] = values
        if column.null_count == 0:
            return
        nulls = column.is_null().to_numpy(zero_copy_only=False)
        if self._moments:
            into[nulls] = _NOT_A_TIME
        elif self._dtype.kind == "f":
            into[nulls] = numpy.nan
        else:
            if self._nulls is None:
                self._nulls = numpy.zeros(len(self._values), bool)
            self._nulls[at:end] = nulls

    def _grow(self, rows: int) -> None:
        before = len(self._values)
        values = numpy.empty(rows, self._values.dtype)
        values[:before] = self._values
        self._values = values
        if self._nulls is not None:
            nulls = numpy.zeros(rows, bool)
            nulls[:before] = self._nulls
            self._nulls = nulls

    def series(self, rows: int) -> pandas.Series:
        import pandas

        values = self._values[:rows]
        if rows < len(self._values) // 2:
            values = values.copy()  # What was reserved goes.
        if self._nulls is not None:
            values = pandas.arrays.IntegerArray(values, self._nulls[:rows].copy())
        elif self._moments and isinstance(self._dtype, pandas.DatetimeTZDtype):
            values = pandas.DatetimeIndex(values, dtype=self._dtype, copy=False).array
        elif self._moments:
            values = values.view(self._dtype)
        return pandas.Series(values, copy=False)


class FrameColumns:
    """What `Table.to_pandas` would make of rows, made batch by batch.

    Numbers, dates and times go to their place in NumPy's arrays and their batch is let go
    of, so that they are never in memory twice. Columns of other types are kept in Arrow;
    `rest` is asked for their frame at the end.
    """

    def __init__(self, schema: pa.Schema, rows: int, options: dict) -> None:
        import pandas

        self._schema = schema
        self._options = options
        self._rows = 0
        self._pool = _pool()
        self._fixed: dict[int, _Column] = {}
        self._kept: dict[int, list[pa.Array]] = {}
        self._types = list(schema.types)
        # Arrow itself says what it would make of each.
        dtypes = schema.empty_table().to_pandas(**options).dtypes
        for position, (kind, dtype) in enumerate(zip(schema.types, dtypes, strict=True)):
            number = pa.types.is_integer(kind) or pa.types.is_float32(kind)
            number = number or pa.types.is_float64(kind)
            moment = pa.types.is_timestamp(kind) or pa.types.is_date32(kind)
            if (number and dtype == kind.to_pandas_dtype()) or (
                moment and dtype.kind == "M" and _unit(kind) == _unit_of(dtype)
            ):
                self._fixed[position] = _Column(kind, dtype, rows)
                continue
            self._kept[position] = []
            if pa.types.is_string(kind) and isinstance(dtype, pandas.StringDtype):
                self._types[position] = pa.large_string()  # What pandas holds it as.

    def add(self, batch: pa.RecordBatch) -> None:
        for position, column in self._fixed.items():
            column.fill(self._rows, batch.column(position))
        for position, parts in self._kept.items():
            part, kind = batch.column(position), self._types[position]
            if part.type != kind:
                part = part.cast(kind, memory_pool=self._pool)
            parts.append(part)
        self._rows += batch.num_rows

    def rest(self) -> pa.Table:
        """The columns that are not NumPy's, in order. Once."""
        fields = [
            self._schema.field(position).with_type(self._types[position])
            for position in self._kept
        ]
        columns = [
            pa.chunked_array(parts, field.type)
            for parts, field in zip(self._kept.values(), fields, strict=True)
        ]
        self._kept = dict.fromkeys(self._kept, [])
        return pa.Table.from_arrays(columns, schema=pa.schema(fields))

    def frame(self, rest: pandas.DataFrame) -> pandas.DataFrame:
        """All columns; `rest` is the frame of those that `rest()` gave."""
        import pandas

        columns: dict[int, pandas.Series] = {
            position: rest.iloc[:, at] for at, position in enumerate(self._kept)
        }
        while self._fixed:
            position, column = self._fixed.popitem()
            columns[position] = column.series(self._rows)
        frame = pandas.DataFrame(
            {position: columns[position] for position in range(len(self._schema))},
            index=pandas.RangeIndex(self._rows),
            copy=False,
        )
        frame.columns = self._schema.empty_table().to_pandas().columns
        return frame


def _unit(kind: pa.DataType) -> str:
    return "ms" if pa.types.is_date32(kind) else kind.unit


def _unit_of(dtype: object) -> str:
    unit = getattr(dtype, "unit", None)  # pandas' own, with a zone.
    return unit if unit is not None else numpy.datetime_data(dtype)[0]
