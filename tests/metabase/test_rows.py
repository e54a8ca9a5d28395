"""Rows through Metabase to a file: exact, complete, or an error that says why."""

import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

EXPORTS = "POST /api/dataset/json"


def sums(rows: pa.Table) -> tuple:
    ids = rows["order_id"]
    return rows.num_rows, pc.sum(ids).as_py(), pc.count_distinct(ids).as_py()


# order_id is number * 3 + 1.
ORDERS = (120_000, sum(3 * i + 1 for i in range(120_000)), 120_000)


@pytest.mark.parametrize("strategy", ["auto", "single", "pagination", "parallel"])
def test_every_strategy_brings_every_row_once(fetch, strategy):
    rows = fetch.ok("SELECT * FROM orders", "--strategy", strategy)
    assert sums(rows) == ORDERS
    assert rows.schema.field("created_at").type == pa.timestamp("us", "UTC")
    assert rows.schema.field("total").type == pa.decimal128(12, 2)


def test_a_table_is_its_query(fetch):
    table = fetch.ok("--table", "vendors")
    query = fetch.ok("SELECT * FROM vendors")
    assert table.sort_by("vendor_id").equals(query.sort_by("vendor_id"))
    assert table["tags"][0].as_py().startswith("[")


def test_every_type_keeps_its_values(fetch):
    rows = fetch.ok("SELECT * FROM types ORDER BY id")
    assert rows["int64"].to_pylist() == [0, 9007199254740993, -(2**63)]
    assert rows["uint128"].to_pylist() == [0, 5, 2**128 - 1]
    assert rows["int256"].to_pylist()[2] == str(-(2**255))
    assert rows["decimal"].to_pylist()[1:] == [
        Decimal("-1E-7"),
        Decimal("12345678901234567890.5"),
    ]
    assert rows["string"].to_pylist() == ["", 'a "quoted"\nline, \\ \u2028 é', "NULL"]
    assert rows["fixed"].to_pylist() == [b"ab\0\0", b"\0\0\0\0", b"abcd"]
    assert rows["old_day"].to_pylist()[0] == datetime.date(1900, 1, 1)
    assert rows["exact"].cast(pa.int64()).to_pylist()[1] == 1719857045123456789
    assert rows["words"].to_pylist() == ["[]", '["a","b"]', '["a, b",""]']
    assert rows["numbers"].to_pylist()[2] == '{"x\\"y":18446744073709551615}'
    assert rows["ip6"].to_pylist()[1] == "2001:db8::1"
    assert rows["nothing"].to_pylist() == [None, 5, None]


def test_a_zone_of_the_server_moves_nothing(server, fetch):
    sql = "SELECT id, day, moment, exact FROM types ORDER BY id"
    before = fetch.ok(sql)
    server.set(report_timezone="America/St_Johns")
    assert fetch.ok(sql).equals(before)


def test_an_order_is_kept_side_by_side(fetch):
    rows = fetch.ok(
        "SELECT order_id, created_at FROM orders ORDER BY created_at DESC, order_id",
        *("--strategy", "parallel", "--workers", "3"),
    )
    assert rows.num_rows == ORDERS[0]
    moments = rows["created_at"].to_pylist()
    assert moments == sorted(moments, reverse=True)


# ClickHouse deals them by a hash; an engine that nobody knows names bounds.
@pytest.mark.parametrize("database", ["2", "6"])
def test_rows_without_a_key_come_as_often_as_they_are_there(fetch, database):
    sql = "SELECT kind, toString(session) AS session, at FROM events"
    one = fetch.ok(sql, "--strategy", "single", database=database)
    dealt = fetch(sql, "--strategy", "parallel", database=database)
    assert dealt.code == 0, dealt.err
    assert dealt.facts["ranges"] > 1
    dealt = dealt.rows
    by = [(name, "ascending") for name in one.column_names]
    assert dealt.num_rows == one.num_rows == 100_000
    assert dealt.sort_by(by).equals(one.sort_by(by))


@pytest.mark.parametrize("key", ["id", "part"])
def test_a_skewed_key_loses_nothing(fetch, key):
    rows = fetch.ok(
        "SELECT id, part, word FROM skewed",
        *("--strategy", "parallel", "--partition-on", key),
    )
    one = fetch.ok("SELECT id, part, word FROM skewed", "--strategy", "single")
    by = [(name, "ascending") for name in rows.column_names]
    assert rows.sort_by(by).equals(one.sort_by(by))


@pytest.mark.parametrize("how", ["reset", "clean", "close"])
def test_cut_answers_are_asked_for_again(server, fetch, how):
    server.fault("cut", path=EXPORTS, after_bytes=400_000, how=how, times=3)
    assert sums(fetch.ok("SELECT * FROM orders")) == ORDERS


def test_a_server_that_ends_every_long_answer_is_asked_for_short_ones(server, fetch):
    server.fault("cut", path=EXPORTS, after_bytes=2_000_000, how="clean")
    assert sums(fetch.ok("SELECT * FROM orders", "--strategy", "single")) == ORDERS
    refused = fetch.hastily("SELECT * FROM orders LIMIT 119999")
    assert refused.code == 3
    assert "ended early" in refused.err


def test_an_error_among_the_rows_is_told(server, fetch):
    server.fault(
        "fail",
        path="POST /api/dataset",
        after_rows=40,
        message="Memory limit exceeded",
        error_type="invalid-query",
    )
    failed = fetch.hastily("SELECT * FROM orders", "--strategy", "single")
    assert failed.code != 0
    assert "Memory limit exceeded" in failed.err


def test_the_row_limit_of_exports(fetch):
    sql = "SELECT number AS n FROM numbers({})"
    for rows in (1_048_575, 1_048_576):
        table = fetch.ok(sql.format(rows))
        assert table.num_rows == rows
        assert pc.sum(table["n"]).as_py() == rows * (rows - 1) // 2
    assert fetch.ok(sql.format(1_048_575) + " LIMIT 9999999").num_rows == 1_048_575
    beyond = fetch(sql.format(1_048_576) + " LIMIT 9999999")
    assert beyond.code == 1
    assert "MB_DOWNLOAD_ROW_LIMIT" in beyond.err


def test_a_contradicting_column_is_an_error_or_text(server, fetch):
    server.set(profile="v48", base_types={"name": "type/Integer"})
    sql = "SELECT id, name FROM accounts ORDER BY id"
    failed = fetch(sql, database="5")
    assert failed.code == 1
    assert "column name, row 1" in failed.err
    assert "Name 0 is no int64" in failed.err
    kept = fetch(sql, "--on-mismatch", "string", database="5")
    assert kept.code == 0, kept.err
    assert kept.rows["name"].to_pylist() == [f"Name {i}" for i in range(10)]


def test_columns_of_one_name_and_no_rows(fetch):
    fetched = fetch(
        "SELECT a.number, b.number, a.number FROM numbers(3) a"
        " JOIN numbers(3) b ON a.number = b.number ORDER BY 1"
    )
    assert fetched.code == 0, fetched.err
    assert len(set(fetched.rows.column_names)) == 3
    assert fetched.rows.columns[0].to_pylist() == [0, 1, 2]
    assert "it is called" in fetched.err
    empty = fetch.ok("SELECT * FROM orders WHERE order_id = 0")
    assert empty.num_rows == 0
    assert empty.schema.field("note").type == pa.string()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1; SELECT 2", "several statements"),
        ("DROP TABLE orders", "begins with DROP"),
        ("SELECT 1 FORMAT CSV", "FORMAT"),
        ("SELECT nope FROM orders", "nope"),
    ],
)
def test_sql_that_is_no_one_read(fetch, sql, words):
    failed = fetch(sql)
    assert failed.code == 2
    assert words in failed.err
