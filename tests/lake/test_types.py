"""Every type, with its edges, written by keelboat and read by others."""

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

UTC = dt.UTC
BIG = "9" * 38

# name, type as a source gives it, values, Arrow type in the lake, values in the lake
# (None: the same), Delta's name of the type
CASES = [
    ("boolean", pa.bool_(), [True, False, None], pa.bool_(), None, "boolean"),
    ("int8", pa.int8(), [-128, 127, 0, None], pa.int8(), None, "byte"),
    ("int16", pa.int16(), [-(2**15), 2**15 - 1, None], pa.int16(), None, "short"),
    ("int32", pa.int32(), [-(2**31), 2**31 - 1, None], pa.int32(), None, "integer"),
    ("int64", pa.int64(), [-(2**63), 2**63 - 1, 0, None], pa.int64(), None, "long"),
    ("uint8", pa.uint8(), [0, 255, None], pa.int16(), None, "short"),
    ("uint16", pa.uint16(), [0, 65535, None], pa.int32(), None, "integer"),
    ("uint32", pa.uint32(), [0, 2**32 - 1, None], pa.int64(), None, "long"),
    (
        "uint64",
        pa.uint64(),
        [0, 2**63, 2**64 - 1, None],
        pa.decimal128(20, 0),
        [Decimal(0), Decimal(2**63), Decimal(2**64 - 1), None],
        "decimal(20,0)",
    ),
    (
        "float32",
        pa.float32(),
        [
            1.5,
            -0.0,
            3.4028234663852886e38,
            1.401298464324817e-45,
            math.inf,
            -math.inf,
            None,
        ],
        pa.float32(),
        None,
        "float",
    ),
    (
        "float64",
        pa.float64(),
        [0.1, -0.0, 1.7976931348623157e308, 5e-324, math.inf, -math.inf, None],
        pa.float64(),
        None,
        "double",
    ),
    (
        "decimal_9",
        pa.decimal128(9, 2),
        [Decimal("-9999999.99"), Decimal("0.01"), None],
        pa.decimal128(9, 2),
        None,
        "decimal(9,2)",
    ),
    (
        "decimal_18",
        pa.decimal128(18, 18),
        [Decimal("0.000000000000000001"), Decimal("-0.999999999999999999"), None],
        pa.decimal128(18, 18),
        None,
        "decimal(18,18)",
    ),
    (
        "decimal_38",
        pa.decimal128(38, 0),
        [Decimal(BIG), Decimal("-" + BIG), Decimal(0), None],
        pa.decimal128(38, 0),
        None,
        "decimal(38,0)",
    ),
    (
        "decimal_256_narrow",
        pa.decimal256(38, 10),
        [
            Decimal("-1.0000000001"),
            Decimal("9999999999999999999999999999.9999999999"),
            None,
        ],
        pa.decimal128(38, 10),
        None,
        "decimal(38,10)",
    ),
    (
        "decimal_65_30",
        pa.decimal256(65, 30),
        [
            Decimal("9" * 35 + "." + "9" * 30),
            Decimal("-" + "9" * 35 + "." + "9" * 30),
            Decimal("0.000000000000000000000000000001"),
            Decimal("-0.5"),
            Decimal(0),
            None,
        ],
        pa.string(),
        [
            "9" * 35 + "." + "9" * 30,
            "-" + "9" * 35 + "." + "9" * 30,
            "0.000000000000000000000000000001",
            "-0.500000000000000000000000000000",
            "0.000000000000000000000000000000",
            None,
        ],
        "string",
    ),
    (
        "text",
        pa.string(),
        ["", "São Paulo", "😀\n\t\"quoted\" \\ 'it'", "\x00", "x" * 100, None],
        pa.string(),
        None,
        "string",
    ),
    ("large_text", pa.large_string(), ["", "çá", None], pa.string(), None, "string"),
    (
        "text_view",
        pa.string_view(),
        ["", "longer than twelve bytes", None],
        pa.string(),
        None,
        "string",
    ),
    (
        "enum",
        pa.dictionary(pa.int8(), pa.string()),
        ["small", "large", "small", None],
        pa.string(),
        None,
        "string",
    ),
    (
        "bytes",
        pa.binary(),
        [b"", b"\x00\xff", b"\x80" * 300, None],
        pa.binary(),
        None,
        "binary",
    ),
    ("fixed", pa.binary(4), [b"\x00\x01\x02\x03", None], pa.binary(), None, "binary"),
    (
        "date",
        pa.date32(),
        [
            dt.date(1, 1, 1),
            dt.date(1582, 10, 4),
            dt.date(1970, 1, 1),
            dt.date(9999, 12, 31),
            None,
        ],
        pa.date32(),
        None,
        "date",
    ),
    (
        "date64",
        pa.date64(),
        [dt.date(1969, 12, 31), dt.date(2024, 2, 29), None],
        pa.date32(),
        None,
        "date",
    ),
    (
        "timestamp",
        pa.timestamp("us", "UTC"),
        [
            dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
            dt.datetime(2038, 1, 19, 3, 14, 7, 999999, tzinfo=UTC),
            dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            None,
        ],
        pa.timestamp("us", "UTC"),
        None,
        "timestamp",
    ),
    (
        "timestamp_s",
        pa.timestamp("s", "UTC"),
        [dt.datetime(2026, 11, 21, 2, 0, 0, tzinfo=UTC), None],
        pa.timestamp("us", "UTC"),
        None,
        "timestamp",
    ),
    (
        "datetime",
        pa.timestamp("us"),
        [
            dt.datetime(1000, 1, 1),
            dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
            dt.datetime(2024, 2, 29, 12, 30, 0, 1),
            None,
        ],
        pa.timestamp("us"),
        None,
        "timestamp_ntz",
    ),
    (
        "datetime_ms",
        pa.timestamp("ms"),
        [dt.datetime(2024, 2, 29, 12, 30, 0, 1000), None],
        pa.timestamp("us"),
        None,
        "timestamp_ntz",
    ),
    (
        "time_of_day",
        pa.time64("us"),
        [dt.time(0, 0), dt.time(23, 59, 59, 999999), None],
        pa.string(),
        ["00:00:00", "23:59:59.999999", None],
        "string",
    ),
    (
        "mysql_time",
        pa.duration("us"),
        [
            dt.timedelta(hours=838, minutes=59, seconds=59, microseconds=999999),
            -dt.timedelta(hours=838, minutes=59, seconds=59),
            -dt.timedelta(microseconds=1),
            dt.timedelta(0),
            None,
        ],
        pa.string(),
        ["838:59:59.999999", "-838:59:59", "-00:00:00.000001", "00:00:00", None],
        "string",
    ),
    ("nothing", pa.null(), [None, None], pa.string(), [None, None], "string"),
]


def plain(type_: pa.DataType) -> pa.DataType:
    """Readers choose among layouts of the same type."""
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_):
        return pa.binary()
    return type_


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_type_and_its_edges_are_read_back(case, lake, read):
    name, source_type, values, lake_type, lake_values, delta_name = case
    data = pa.table({"value": pa.array(values, source_type)})
    snapshot = lake.write("t", data)
    expected = values if lake_values is None else lake_values

    got = read(lake, "t")
    assert got.column("value").to_pylist() == expected
    assert plain(got.schema.field("value").type) == lake_type
    assert snapshot["columns"][0]["type"] == str(lake_type)
    schema = next(a["metaData"] for a in lake.log("t", 0) if "metaData" in a)[
        "schemaString"
    ]
    assert f'"type":"{delta_name}"' in schema


def test_not_a_number_is_read_back(lake, read):
    values = [math.nan, 1.0, None, -1.0]
    for type_ in (pa.float32(), pa.float64()):
        lake.write("t", pa.table({"value": pa.array(values, type_)}))
        got = read(lake, "t").column("value").to_pylist()
        assert math.isnan(got[0]) and got[1:] == [1.0, None, -1.0]


def test_nothing_depends_on_arrows_own_schema(lake):
    lake.write("t", pa.table({"value": pa.array([1], pa.uint64())}))
    (file,) = lake.snapshot("t")["files"]
    metadata = pq.read_metadata(file["uri"])
    assert b"ARROW:schema" not in metadata.metadata
    assert metadata.metadata[b"keelboat.run_id"] == b"20261121T020000-7f3a"
    assert metadata.num_rows == file["rows"]


def test_column_metadata_travels(lake):
    field = pa.field(
        "born",
        pa.duration("us"),
        nullable=False,
        metadata={
            "keelboat.source_type": "time(6)",
            "keelboat.comment": "Hour of birth, “local”",
        },
    )
    data = pa.table(
        [pa.array([dt.timedelta(hours=5)], pa.duration("us"))], pa.schema([field])
    )
    snapshot = lake.write("t", data)
    assert snapshot["columns"] == [
        {
            "name": "born",
            "type": "string",
            "nullable": False,
            "metadata": {
                "keelboat.source_type": "time(6)",
                "keelboat.comment": "Hour of birth, “local”",
                "keelboat.logical_type": "time",
            },
        }
    ]
    # Spark and others show "comment".
    (column,) = DeltaTable(lake.path("t")).schema().fields
    assert column.metadata["comment"] == "Hour of birth, “local”"
    assert column.nullable is False


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (pa.array([1], pa.timestamp("ns")), "cannot be kept in microseconds"),
        (pa.array([2**62], pa.timestamp("s")), "cannot be kept in microseconds"),
        (pa.array([1], pa.date64()), "not a whole day"),
        (
            pa.Array.from_buffers(
                pa.string(),
                1,
                [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")],
            ),
            "not valid UTF-8",
        ),
    ],
    ids=["nanosecond", "overflow", "part_of_a_day", "latin1"],
)
def test_a_value_that_cannot_be_kept_exactly_is_an_error(array, message, lake):
    with pytest.raises(lake.Error, match=message) as error:
        lake.write("t", pa.table({"value": array}))
    assert error.value.kind == "data"
    assert "column 'value', row 1" in error.value.message
    assert lake.snapshot("t") is None
    assert [path for path in lake.folder.rglob("*") if path.is_file()] == []


def test_a_type_without_a_place_in_the_lake_is_an_error(lake):
    with pytest.raises(lake.Error, match="column 'value'.*list") as error:
        lake.write("t", pa.table({"value": pa.array([[1]], pa.list_(pa.int64()))}))
    assert error.value.kind == "unsupported"
