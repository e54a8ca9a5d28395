"""Stages and COPY: what is loaded, passed over, refused."""

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from minio import ACCESS_KEY, SECRET_KEY
from pyarrow import fs
from snowflake.connector.errors import Error, ProgrammingError

FORMAT = (
    " FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE"
    " USE_VECTORIZED_SCANNER = TRUE) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    " ON_ERROR = ABORT_STATEMENT"
)


def numbers(*values) -> pa.Table:
    return pa.table({"a": pa.array(values, pa.int64())})


@pytest.fixture
def stage(schema):
    schema.run("CREATE STAGE s")
    schema.run("CREATE TABLE t (a NUMBER(20, 0))")
    schema.put("one.parquet", numbers(1, 2))
    schema.put("two.parquet", numbers(3))
    return schema


def loaded(schema) -> list:
    return [value for (value,) in schema.run("SELECT a FROM t ORDER BY a")]


def test_files_are_named_and_counted(stage):
    rows = stage.run(
        "COPY INTO t FROM @s FILES = ('two.parquet', 'one.parquet')" + FORMAT
    )
    assert [row[:4] for row in rows] == [
        ("s/two.parquet", "LOADED", 1, 1),
        ("s/one.parquet", "LOADED", 2, 2),
    ]
    assert loaded(stage) == [1, 2, 3]


def test_a_path_chooses_by_its_beginning(stage):
    stage.put("one.parquet", numbers(7), "S/deep/er")
    rows = stage.run("COPY INTO t FROM @s/deep FILES = ('er/one.parquet')" + FORMAT)
    assert [row[0] for row in rows] == ["s/deep/er/one.parquet"]
    stage.run("COPY INTO t FROM @s/tw" + FORMAT)
    assert loaded(stage) == [3, 7]


def test_a_file_is_loaded_once_unless_forced_or_changed(stage):
    copy = "COPY INTO t FROM @s FILES = ('two.parquet')" + FORMAT
    stage.run(copy)
    assert stage.run(copy + " FORCE = FALSE")[0][1] == "LOAD_SKIPPED"
    assert loaded(stage) == [3]
    stage.run(copy + " FORCE = TRUE")
    assert loaded(stage) == [3, 3]
    stage.put("two.parquet", numbers(4))
    stage.run(copy)
    assert loaded(stage) == [3, 3, 4]
    stage.run("TRUNCATE TABLE t")
    stage.run(copy)
    assert loaded(stage) == [4]


def test_a_rolled_back_load_may_be_done_again(stage):
    copy = "COPY INTO t FROM @s FILES = ('two.parquet')" + FORMAT
    stage.run("BEGIN")
    stage.run(copy)
    stage.run("ROLLBACK")
    assert stage.run(copy)[0][1] == "LOADED"
    assert loaded(stage) == [3]


def test_purge_removes_what_was_loaded(stage):
    stage.run("COPY INTO t FROM @s FILES = ('two.parquet')" + FORMAT + " PURGE = TRUE")
    assert [row[0] for row in stage.run("LIST @s")] == ["s/one.parquet"]


def test_list_and_remove(stage):
    listed = stage.run("LIST @s")
    assert [row[0] for row in listed] == ["s/one.parquet", "s/two.parquet"]
    assert all(row[1] > 100 for row in listed)
    assert stage.run("LIST @s PATTERN = '.*two.*'")[0][0] == "s/two.parquet"
    assert stage.run("REMOVE @s/two.parquet") == [("s/two.parquet", "removed")]
    assert [row[0] for row in stage.run("LIST @s/o")] == ["s/one.parquet"]
    stage.run("DROP STAGE s")
    with pytest.raises(ProgrammingError, match="does not exist"):
        stage.run("LIST @s")
    stage.run("DROP STAGE IF EXISTS s")


def test_a_missing_file_is_named(stage):
    with pytest.raises(ProgrammingError, match="gone.parquet' was not found") as raised:
        stage.run("COPY INTO t FROM @s FILES = ('one.parquet', 'gone.parquet')" + FORMAT)
    assert raised.value.errno == 91016
    assert loaded(stage) == []


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("NUMBER(5, 0)", [1, 2, 123456], 'variant value "123456" to FIXED'),
        ("NUMBER(5, 0)", ["1", "x"], 'variant value "x" to FIXED'),
        ("VARCHAR(3)", ["abc", "abcd"], "length limit (3) exceeded by string 'abcd'"),
        ("NUMBER NOT NULL", [1, None], "NULL result in a non-nullable column"),
    ],
)
def test_a_rejected_row_is_named(stage, column, values, words):
    stage.run(f"CREATE TABLE u (id INT, a {column})")
    stage.put("bad.parquet", pa.table({"A": values}))
    with pytest.raises(Error) as raised:
        stage.run("COPY INTO u FROM @s FILES = ('bad.parquet')" + FORMAT)
    text = str(raised.value)
    assert words in text
    assert f"File 's/bad.parquet', line {len(values)}" in text
    assert f'Row {len(values)}, column "U"["A":2]' in text
    assert stage.run("SELECT COUNT(*) FROM u") == [(0,)]


def test_types_and_nulls_arrive(stage):
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901)
    table = pa.table(
        {
            "I": pa.array([1, None], pa.int32()),
            "U": pa.array([2**63 + 1, None], pa.uint64()),
            "D": pa.array([Decimal("1.25"), None], pa.decimal128(18, 2)),
            "F": pa.array([float("nan"), None], pa.float64()),
            "S": ["ã 😍", None],
            "B": pa.array([b"\x00\xff", None], pa.binary()),
            "Y": [True, None],
            "N": pa.array([moment, None], pa.timestamp("us")),
            "Z": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "J": ['{"a": 1}', None],
        }
    )
    stage.put("types.parquet", table)
    stage.run(
        "CREATE TABLE types (i NUMBER(10, 0), u NUMBER(20, 0), d NUMBER(18, 2), f FLOAT,"
        " s VARCHAR, b BINARY, y BOOLEAN, n TIMESTAMP_NTZ(6), z TIMESTAMP_TZ(6), j VARIANT,"
        " missing VARCHAR)"
    )
    stage.run("COPY INTO types FROM @s FILES = ('types.parquet')" + FORMAT)
    first, second = stage.run("SELECT * FROM types ORDER BY i NULLS LAST")
    assert first[:3] == (1, 2**63 + 1, Decimal("1.25"))
    assert first[3] != first[3]
    assert first[4:8] == ("ã 😍", b"\x00\xff", True, moment)
    assert first[8].replace(tzinfo=None) == moment
    # A text in a VARIANT column is a text in a VARIANT, not what it describes.
    assert first[9] == '"{\\"a\\": 1}"'
    assert second == (None,) * 11


def test_the_file_of_each_row_can_be_kept(stage):
    stage.run('CREATE TABLE u (a INT, "_FILE" VARCHAR)')
    stage.run(
        "COPY INTO u FROM @s FILES = ('two.parquet')"
        + FORMAT
        + ' INCLUDE_METADATA = ("_FILE" = METADATA$FILENAME)'
    )
    assert stage.run("SELECT * FROM u") == [(3, "s/two.parquet")]


def test_times_without_logical_types_are_refused(stage):
    stage.put("times.parquet", pa.table({"A": pa.array([0], pa.timestamp("us"))}))
    stage.run("CREATE TABLE u (a TIMESTAMP_NTZ)")
    plain = " FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    with pytest.raises(ProgrammingError, match="USE_LOGICAL_TYPE"):
        stage.run("COPY INTO u FROM @s FILES = ('times.parquet')" + plain)


@pytest.mark.parametrize(
    "option", ["FORCED = TRUE", "ON_ERROR = CONTINUE", "SIZE_LIMIT = 1"]
)
def test_unknown_options_are_refused(stage, option):
    with pytest.raises(ProgrammingError):
        stage.run(
            "COPY INTO t FROM @s FILE_FORMAT = (TYPE = PARQUET)"
            f" MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE {option}"
        )


def test_a_named_format_and_the_stages_own(stage):
    stage.run("CREATE FILE FORMAT f TYPE = PARQUET USE_LOGICAL_TYPE = TRUE")
    name = f'"{stage.session.database}"."{stage.name}"."F"'
    stage.run(f"CREATE OR REPLACE STAGE s FILE_FORMAT = (FORMAT_NAME = '{name}')")
    stage.put("three.parquet", numbers(9))
    stage.run("COPY INTO t FROM @s MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE")
    assert loaded(stage) == [9]


@pytest.fixture
def lake(minio, bucket):
    """A bucket with one file."""
    store = fs.S3FileSystem(
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        endpoint_override=minio.endpoint,
        scheme="http",
    )
    pq.write_table(numbers(5, 6), f"{bucket}/lake/t/one.parquet", filesystem=store)
    return bucket


COPY_LAKE = "COPY INTO t FROM @lake FILES = ('t/one.parquet')" + FORMAT


def test_an_external_stage_reads_with_its_own_keys(schema, minio, lake):
    schema.run("CREATE TABLE t (a INT)")
    create = (
        f"CREATE OR REPLACE STAGE lake URL = 's3compat://{lake}/lake/' ENDPOINT ="
        f" '127.0.0.1:{minio.port}' CREDENTIALS = (AWS_KEY_ID = '{ACCESS_KEY}'"
        " AWS_SECRET_KEY = '{}')"
    )
    schema.run(create.format(SECRET_KEY))
    assert [row[0] for row in schema.run("LIST @lake")] == [
        f"s3://{lake}/lake/t/one.parquet"
    ]
    assert schema.run(COPY_LAKE)[0][3] == 2
    assert loaded(schema) == [5, 6]
    schema.run(create.format("wrong"))
    with pytest.raises(ProgrammingError, match="Failure using stage area"):
        schema.run(COPY_LAKE + " FORCE = TRUE")


def test_an_external_stage_reads_through_an_integration(schema, service, minio, lake):
    service.set(
        integrations={
            "LAKE_INT": {
                "endpoint": minio.endpoint,
                "access_key": ACCESS_KEY,
                "secret_key": SECRET_KEY,
            }
        }
    )
    schema.run("CREATE TABLE t (a INT)")
    schema.run(
        f"CREATE STAGE lake URL = 's3://{lake}/lake' STORAGE_INTEGRATION = LAKE_INT"
    )
    schema.run(COPY_LAKE)
    assert loaded(schema) == [5, 6]
    schema.run("CREATE OR REPLACE STAGE lake URL = 's3://x' STORAGE_INTEGRATION = OTHER")
    with pytest.raises(ProgrammingError, match="Integration 'OTHER' does not exist"):
        schema.run(COPY_LAKE)
