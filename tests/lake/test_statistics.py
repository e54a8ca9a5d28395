"""Statistics prune files; readers that use them must find what is there all the same."""

import datetime as dt
import math
from decimal import Decimal

import polars
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

UTC = dt.UTC

# Two files each: the values of the first, of the second, and their type.
CASES = {
    "int64": ([-(2**63), 5], [6, 2**63 - 1], pa.int64()),
    "uint64": ([0, 2**53 + 1], [2**63, 2**64 - 1], pa.uint64()),
    "decimal_18": (
        [Decimal("-1.000000000000001"), Decimal("0")],
        [Decimal("0.000000000000001"), Decimal("999.999999999999999")],
        pa.decimal128(18, 15),
    ),
    "decimal_38": (
        [Decimal("-" + "9" * 38), Decimal("1")],
        [Decimal("9" * 37), Decimal("9" * 38)],
        pa.decimal128(38, 0),
    ),
    "float32": ([-1.5, 0.1], [0.2, 3.4028234663852886e38], pa.float32()),
    "float64": ([-1e300, 0.1], [0.1 + 1e-16, 1e300], pa.float64()),
    "date": ([dt.date(1, 1, 1), dt.date(1970, 1, 1)], [dt.date(1970, 1, 2), dt.date(9999, 12, 31)], pa.date32()),
    "timestamp": (
        [dt.datetime(1000, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 1, 0, 0, 0, 999, tzinfo=UTC)],
        [dt.datetime(2024, 1, 1, 0, 0, 0, 1001, tzinfo=UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)],
        pa.timestamp("us", "UTC"),
    ),
    "datetime": (
        [dt.datetime(1000, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 0, 999)],
        [dt.datetime(2024, 1, 1, 0, 0, 0, 1001), dt.datetime(2024, 1, 1, 0, 0, 0, 1999)],
        pa.timestamp("us"),
    ),
    "infinity": ([-math.inf, 0.0], [1.0, math.inf], pa.float64()),
    "boolean": ([False], [True, None], pa.bool_()),
    "text": (["", "a" * 33 + "b"], ["a" * 33 + "c", "é" * 40], pa.string()),
    "greatest_text": (["a"], ["a" * 32 + "\U0010ffff" * 2, "b"], pa.string()),
    "long_text": (["a", "b" * 5000], ["b" * 5001], pa.string()),
    "text_with_null": (["a", None], [None, "z"], pa.string()),
}  # fmt: skip


@pytest.fixture
def two_files(lake):
    def write(first, second, type_):
        for values, extra in ((first, []), (second, ["--append"])):
            lake.write("t", pa.table({"value": pa.array(values, type_)}), *extra)
        schema = pa.table(DeltaTable(lake.path("t")).to_pyarrow_table()).schema
        return schema.field("value").type

    return write


def found_by_deltalake(lake, filter_) -> list:
    dataset = DeltaTable(lake.path("t")).to_pyarrow_dataset()
    return dataset.to_table(filter=filter_).column("value").to_pylist()


@pytest.mark.parametrize("name", CASES)
def test_every_value_is_found_by_what_it_is(name, lake, two_files):
    first, second, type_ = CASES[name]
    two_files(first, second, type_)
    everything = DeltaTable(lake.path("t")).to_pyarrow_table().column("value").to_pylist()
    frame = polars.scan_delta(str(lake.path("t")))
    for value in everything:
        if value is None:
            continue
        literal = pa.scalar(
            value, type_ if type_ != pa.uint64() else pa.decimal128(20, 0)
        )
        for operator, expected in (
            ("==", [v for v in everything if v == value]),
            (">=", [v for v in everything if v is not None and v >= value]),
            ("<=", [v for v in everything if v is not None and v <= value]),
        ):
            compare = {
                "==": lambda a, b: a == b,
                ">=": lambda a, b: a >= b,
                "<=": lambda a, b: a <= b,
            }[operator]
            got = found_by_deltalake(lake, compare(ds.field("value"), literal))
            assert sorted(got) == sorted(expected), (operator, value)
            column = polars.col("value")
            constant = polars.lit(polars.from_arrow(pa.array([value], literal.type))[0])
            if pa.types.is_floating(type_) or pa.types.is_decimal(literal.type):
                constant = polars.lit(value).cast(frame.collect_schema()["value"])
            got = frame.filter(compare(column, constant)).collect()["value"].to_list()
            assert sorted(got) == sorted(expected), ("polars", operator, value)


def test_not_a_number_hides_nothing(lake, two_files):
    two_files([1.0, math.nan, 200.0], [3.0], pa.float64())
    assert found_by_deltalake(lake, ds.field("value") > 100) == [200.0]
    add = next(action["add"] for action in lake.log("t", 0) if "add" in action)
    assert "minValues" not in add["stats"]


def test_nulls_are_counted(lake, two_files):
    two_files([None, None, 1], [None], pa.int64())
    actions = DeltaTable(lake.path("t")).get_add_actions(flatten=True)
    counts = pa.table(actions).column("null_count.value").to_pylist()
    assert sorted(counts) == [1, 2]
    assert found_by_deltalake(lake, ds.field("value").is_null()) == [None] * 3
