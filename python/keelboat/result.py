"""What a fetch brings: rows as they come, or all of them at once."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pyarrow as pa

from ._frame import FrameColumns
from ._progress import Progress
from .errors import DataError, FetchWarning

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars

    from . import _core

__all__ = ["FetchInfo", "Result"]


@dataclass(frozen=True)
class FetchInfo:
    """How a fetch is carried out.

    Attributes:
        strategy: "single", "pagination" or "parallel": what was done.
        reason: why that one.
        note: why it is less than was asked for; may be empty.
        connections, ranges: how many read side by side, and how many pieces there were.
        consistency: "snapshot", "locked", "cursor" or "statement": how far the
            connections see one moment.
        position: the server's own name of that moment; may be empty.
        rows: rows to come, counted by the server before the first one; None: not counted.
        estimated_rows: the server's guess; None: it has none.
        moved: how many rows the server had more or fewer after the read than before it.
        warnings: things to know of the values read so far.
    """

    strategy: str = "single"
    reason: str = ""
    note: str = ""
    connections: int = 1
    ranges: int = 1
    consistency: str = "statement"
    position: str = ""
    rows: int | None = None
    estimated_rows: int | None = None
    moved: int = 0
    warnings: list[str] = field(default_factory=list)


class Result:
    """Rows of a query or table. They are read once, by one thread, as they are asked for.

    Call one of `to_pandas`, `to_polars`, `to_arrow`, `to_duckdb`, or go through the
    batches with `for batch in result`. `to_arrow` keeps its table, so that the others
    work after it. Anything that speaks the Arrow PyCapsule interface takes a result as it
    is. Ctrl-C ends the server's query and raises KeyboardInterrupt.
    """

    def __init__(
        self,
        reopen: Callable[[list[str]], _core.Rows],
        label: str,
        progress: bool | None,
        mismatch_as_text: bool,
    ) -> None:
        self._reopen = reopen
        self._label = label
        self._progress = progress
        self._mismatch_as_text = mismatch_as_text
        self._texts: list[str] = []
        self._table: pa.Table | None = None
        self._begun = False
        self._rows = reopen(self._texts)
        self._schema = pa.schema(self._rows)

    @property
    def schema(self) -> pa.Schema:
        """Names and types. Field metadata tells the source's own types."""
        return self._schema

    @property
    def info(self) -> FetchInfo:
        """How the rows come; `moved` and `warnings` are complete after the last one."""
        return FetchInfo(**self._rows.info())

    @property
    def moved(self) -> int:
        """Rows that the server had more or fewer after the read than before it."""
        return self.info.moved

    def close(self) -> None:
        """Ends the server's query. Done by the last row, too.

        Whoever still reads, in another thread, too, gets CancelledError.
        """
        self._rows.close()

    def __enter__(self) -> Result:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = (
            "held" if self._table is not None else "read" if self._begun else "waiting"
        )
        columns = ", ".join(f"{field.name}: {field.type}" for field in self._schema)
        return f"<keelboat.Result of {self._label}, {state}; {columns}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Result reads from a server, so it is neither copied nor pickled: do that "
            "with what to_arrow() or to_pandas() returns"
        )

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Batches of at most 64 Ki rows, as they come. Memory: a few of them."""
        if self._table is not None:
            yield from self._table.to_batches()
            return
        self._begin()
        with Progress(self._label, self._progress) as progress:
            given = False
            try:
                while True:
                    try:
                        batch = self._next(progress)
                    except DataError as error:
                        if given or not self._restart(error, progress):
                            raise
                        continue
                    if batch is None:
                        break
                    given = True
                    yield batch
            finally:
                self.close()  # Whoever leaves the loop leaves the query.
        self._warn()

    def to_arrow(self) -> pa.Table:
        """All rows as a `pyarrow.Table`, which the result keeps.

        Memory: the table and a few batches; nothing is copied.
        """
        if self._table is None:
            self._table = self._read_all()
        return self._table

    def to_pandas(
        self,
        *,
        types: Literal["numpy", "arrow"] = "numpy",
        decimals: Literal["exact", "float"] = "exact",
        **options: Any,
    ) -> pandas.DataFrame:
        """All rows as a `pandas.DataFrame` with a RangeIndex.

        Args:
            types: "numpy": NumPy's types where they hold every value. Dates and times are
                datetime64; integers and truth values with nulls are pandas' nullable
                ones (Int64, boolean), since float64 would round; decimals are
                ArrowDtype. "arrow": ArrowDtype for all, which is smaller.
            decimals: "exact", or "float": float64, which may round.
            options: more for `pyarrow.Table.to_pandas`.
        """
        if types not in ("numpy", "arrow"):
            raise ValueError("types is 'numpy' or 'arrow'")
        if decimals not in ("exact", "float"):
            raise ValueError("decimals is 'exact' or 'float'")
        if types == "numpy" and self._table is None and not options:
            rows = self._rows.info().get("rows")
            if rows is not None:
                return self._frame_as_it_comes(rows, decimals)
        if types == "arrow":
            import pandas

            options.setdefault("types_mapper", pandas.ArrowDtype)
            return self._all_rows(decimals).to_pandas(**options)
        freeing = _FREEING if self._table is None else {}
        options = _NUMPY_OPTIONS | freeing | options
        return _frame_of(self._all_rows(decimals), options)

    def _all_rows(self, decimals: str) -> pa.Table:
        table = self._table if self._table is not None else self._read_all()
        return _decimals_as_floats(table) if decimals == "float" else table

    def _frame_as_it_comes(self, rows: int, decimals: str) -> pandas.DataFrame:
        """As `to_pandas`, where so many rows, more or less, are to come."""
        columns: FrameColumns | None = None

        def begin() -> None:
            nonlocal columns
            columns = FrameColumns(self._schema, rows, _NUMPY_OPTIONS)

        self._read(begin, lambda batch: columns.add(batch))
        rest = columns.rest()
        if decimals == "float":
            rest = _decimals_as_floats(rest)
        return columns.frame(_frame_of(rest, _NUMPY_OPTIONS | _FREEING))

    def to_polars(self) -> polars.DataFrame:
        """All rows as a `polars.DataFrame`, mostly without a copy."""
        import polars

        held = self._table is not None
        return polars.from_arrow(self._table if held else self._read_all())

    def to_duckdb(
        self, connection: duckdb.DuckDBPyConnection, name: str
    ) -> duckdb.DuckDBPyRelation:
        """Writes the rows into a table of DuckDB, replacing one of that name.

        They stream: memory holds a few batches. Returns the table as a relation.
        """
        quoted = '"' + name.replace('"', '""') + '"'
        view = f"keelboat_rows_{uuid.uuid4().hex}"
        failures: list[BaseException] = []
        connection.register(view, self._reader(failures))
        try:
            connection.execute(f"CREATE OR REPLACE TABLE {quoted} AS FROM {view}")
        except Exception:
            if failures:  # DuckDB's words for it would be others.
                raise failures[0] from None
            raise
        finally:
            connection.unregister(view)
        return connection.query(f"FROM {quoted}")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._reader().__arrow_c_stream__(requested_schema)

    def _reader(
        self, failures: list[BaseException] | None = None
    ) -> pa.RecordBatchReader:
        """The rows as a stream; `failures` gets the error that it breaks off with."""
        if self._mismatch_as_text and self._table is None:
            # A column may have to become text half-way: not behind a schema once told.
            self.to_arrow()

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                yield from self
            except Exception as error:
                if failures is not None:
                    failures.append(error)
                raise

        return pa.RecordBatchReader.from_batches(self._schema, batches())

    def _begin(self) -> None:
        if self._begun:
            raise ValueError(
                "these rows have been read already: keep what the first call returned, "
                "call to_arrow() first, or fetch again"
            )
        self._begun = True

    def _next(self, progress: Progress) -> pa.RecordBatch | None:
        progress.expected = self._rows.info().get("rows")
        batch = self._rows.next()
        if batch is None:
            return None
        progress.add(batch.num_rows, batch.nbytes)
        return pa.record_batch(batch)

    def _restart(self, error: DataError, progress: Progress) -> bool:
        """Begins anew with the column that does not hold what its type says as text."""
        column = error.details.get("mismatched_column")
        if not self._mismatch_as_text or not column or column in self._texts:
            return False
        self._texts.append(column)
        self._rows.close()
        self._rows = self._reopen(self._texts)
        self._schema = pa.schema(self._rows)
        progress.restart()
        warnings.warn(
            f"column {column} comes as text: {error}", FetchWarning, stacklevel=5
        )
        return True

    def _read_all(self) -> pa.Table:
        batches: list[pa.RecordBatch] = []
        self._read(batches.clear, batches.append)
        return pa.Table.from_batches(batches, self._schema)

    def _read(
        self, begin: Callable[[], None], take: Callable[[pa.RecordBatch], None]
    ) -> None:
        """Hands every batch to `take`; `begin` comes first, and again where all rows do."""
        self._begin()
        with Progress(self._label, self._progress) as progress:
            try:
                begin()
                while True:
                    try:
                        batch = self._next(progress)
                    except DataError as error:
                        if not self._restart(error, progress):
                            raise
                        begin()
                        continue
                    if batch is None:
                        break
                    take(batch)
                    del batch
            finally:
                self.close()
        self._warn()

    def _warn(self) -> None:
        info = self.info
        for message in info.warnings:
            warnings.warn(message, FetchWarning, stacklevel=4)


def _decimals_as_floats(table: pa.Table) -> pa.Table:
    for position, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            floats = table.column(position).cast(pa.float64())
            table = table.set_column(position, column.with_type(pa.float64()), floats)
    return table


def _frame_of(table: pa.Table, options: dict[str, Any]) -> pandas.DataFrame:
    nullable = _integers_with_nulls(table)
    if nullable:
        others = [at for at in range(table.num_columns) if at not in nullable]
        table = table.select(others)
    frame = table.to_pandas(**options)
    del table
    for position, (name, column) in nullable.items():
        frame.insert(position, name, column, allow_duplicates=True)
    return frame


def _decimal_type(kind: pa.DataType) -> pandas.ArrowDtype | None:
    import pandas

    return pandas.ArrowDtype(kind) if pa.types.is_decimal(kind) else None


def _integers_with_nulls(table: pa.Table) -> dict[int, tuple[str, pandas.Series]]:
    """By position, what NumPy has no type for, as pandas' nullable integers and booleans."""
    import pandas

    columns = {}
    for position, kind in enumerate(table.schema.types):
        whole = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
        column = table.column(position)
        if not whole or column.null_count == 0:
            continue
        truth = pa.types.is_boolean(kind)
        name = str(kind).replace("int", "Int").replace("uInt", "UInt")
        nullable = pandas.api.types.pandas_dtype("boolean" if truth else name)
        series = column.to_pandas(types_mapper=lambda _, into=nullable: into)
        columns[position] = (table.schema.names[position], series)
    return columns


_NUMPY_OPTIONS: dict[str, Any] = {
    "date_as_object": False,
    "types_mapper": _decimal_type,
}
# Each column is let go of as soon as it is converted.
_FREEING: dict[str, Any] = {"split_blocks": True, "self_destruct": True}
