"""Rows put into a frame as they come are what Arrow would have made of them at once."""

import datetime
from decimal import Decimal

import pandas
import pyarrow as pa
import pytest
from keelboat import _frame
from keelboat.result import _NUMPY_OPTIONS, _frame_of

_MOMENTS = [datetime.datetime(1969, 12, 31, 23, 59, 59), datetime.datetime(2262, 1, 1)]
_VALUES = {
    **{
        getattr(pa, f"{sign}int{width}")(): [1, 2 ** (width - 1) - 1]
        for sign in ("", "u")
        for width in (8, 16, 32, 64)
    },
    pa.float16(): [0.5, -0.0],
    pa.float32(): [0.5, float("inf")],
    pa.float64(): [0.1, float("nan")],
    pa.bool_(): [True, False],
    pa.string(): ["", "Zoë 🚢"],
    pa.large_string(): ["a", "b"],
    pa.binary(): [b"", b"\0"],
    pa.decimal128(12, 2): [Decimal("1.50"), Decimal("-0.01")],
    pa.date32(): [datetime.date(1, 1, 1), datetime.date(2400, 2, 29)],
    pa.date64(): [datetime.date(1970, 1, 1), datetime.date(2400, 2, 29)],
    pa.time64("us"): [datetime.time(1), datetime.time(23, 59, 59, 5)],
    pa.list_(pa.int32()): [[1], []],
    **{
        pa.timestamp(unit, zone): _MOMENTS
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "Europe/Lisbon", "+05:45")
    },
}


def _at_once(table: pa.Table) -> pandas.DataFrame:
    return _frame_of(table, _NUMPY_OPTIONS)


def _as_they_come(table: pa.Table, expected: int, at_most: int) -> pandas.DataFrame:
    columns = _frame.FrameColumns(table.schema, expected, _NUMPY_OPTIONS)
    for batch in table.to_batches(max_chunksize=at_most):
        columns.add(batch)
    return columns.frame(_frame_of(columns.rest(), _NUMPY_OPTIONS))


def _table(kinds, nulls: bool, rows: int = 50) -> pa.Table:
    columns = []
    for kind in kinds:
        values = (_VALUES[kind] * rows)[:rows]
        if nulls:
            values[7] = values[-1] = None
        columns.append(pa.array(values, kind))
    return pa.Table.from_arrays(columns, [f"c{at}" for at in range(len(columns))])


@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("kind", _VALUES, ids=str)
def test_every_type_is_as_arrow_makes_it(kind, nulls):
    table = _table([kind], nulls)
    frame = _as_they_come(table, len(table), at_most=9)
    pandas.testing.assert_frame_equal(frame, _at_once(table), check_freq=True)


@pytest.mark.parametrize("expected", [0, 1, 49, 50, 51, 5_000])
def test_more_or_fewer_rows_may_come_than_were_counted(expected):
    table = _table(_VALUES, nulls=True)
    pandas.testing.assert_frame_equal(
        _as_they_come(table, expected, at_most=7), _at_once(table)
    )


def test_no_rows_no_columns_and_one_name_twice():
    table = _table(_VALUES, nulls=False)
    for few in (table.slice(0, 0), table.slice(0, 0).select([])):
        pandas.testing.assert_frame_equal(_as_they_come(few, 0, 1), _at_once(few))
    twice = table.select([3, 12]).rename_columns(["same", "same"])
    pandas.testing.assert_frame_equal(_as_they_come(twice, 50, 9), _at_once(twice))


def test_a_frame_can_be_written_to():
    table = _table([pa.int64(), pa.timestamp("us", "UTC"), pa.float64()], nulls=False)
    frame = _as_they_come(table, 60, at_most=50)
    frame.iloc[0, 0] = 5
    frame.loc[1, "c1"] = pandas.Timestamp("2024-01-01", tz="UTC")
    frame["c2"] += 1
    assert frame["c0"][0] == 5 and frame["c1"][1].year == 2024 and frame["c2"][0] == 1.1
    assert table.column("c0")[0].as_py() == 1


def test_numbers_and_times_are_not_in_memory_twice():
    table = _table([pa.int64(), pa.timestamp("us", "UTC"), pa.date32()], nulls=False)
    columns = _frame.FrameColumns(table.schema, len(table), _NUMPY_OPTIONS)
    assert columns.rest().num_columns == 0
    for batch in table.to_batches():
        columns.add(batch)
    stored = [column._values for column in columns._fixed.values()]
    frame = columns.frame(_frame_of(columns.rest(), _NUMPY_OPTIONS))
    blocks = [block.values for block in frame._mgr.blocks]
    assert {memory.__array_interface__["data"][0] for memory in stored} == {
        getattr(values, "asi8", values).__array_interface__["data"][0]
        for values in blocks
    }
