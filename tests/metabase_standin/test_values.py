"""How /api/dataset writes values."""

import json

import pytest
from plain_client import POSTGRES, native


def raw_cells(client, expressions: str, database: int = 2, **more) -> str:
    """The first row, as it crosses the wire."""
    body = client.dataset(f"SELECT {expressions}", database, **more).text
    start = body.index("[", body.index('"rows":[') + 8) + 1
    decoder, cells, at = json.JSONDecoder(), [], start
    while body[at] != "]":
        at += body[at] == ","
        end = decoder.raw_decode(body, at)[1]
        cells.append(body[at:end])
        at = end
    return " | ".join(cells)


def test_big_integers_are_strings_small_ones_are_not(client, server):
    sql = "9007199254740993::Int64, 5::Int64, 9007199254740991::Int64, -9007199254740992::Int64"
    for profile in ("v55", "v63"):
        server.set(profile=profile)
        assert raw_cells(client, sql) == (
            '"9007199254740993" | 5 | 9007199254740991 | "-9007199254740992"'
        )
        numbers = raw_cells(client, sql, middleware={"js-int-to-string?": False})
        assert numbers.startswith("9007199254740993 | 5 |")
    server.set(profile="v48")
    assert raw_cells(client, sql).startswith("9007199254740993 | 5 |")


def test_the_oldest_make_strings_of_keys(client, server):
    tables = client.get("/api/table").json()
    orders = next(table["id"] for table in tables if table["name"] == "orders")
    fields = [["field", orders * 100, None], ["field", orders * 100 + 1, None]]
    inner = {
        "source-table": orders,
        "fields": fields,
        "order-by": [["asc", fields[0]]],
        "limit": 1,
    }
    query = {"database": 2, "type": "query", "query": inner}
    assert client.post("/api/dataset", query).rows[0][0] == 1
    server.set(profile="v48")
    row = client.post("/api/dataset", query).rows[0]
    assert (row[0], type(row[1])) == ("1", int)


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("toDecimal128('12345678901234567890.12', 2)", '"12345678901234567890.12"'),
        ("toDecimal128('9007199254740991.5', 1)", '"9007199254740991.5"'),
        ("toDecimal128('9007199254740991', 1)", "9007199254740991.0"),
        ("toDecimal64('1.5', 3)", "1.500"),
        ("toDecimal64('0', 10)", "0E-10"),
        ("toDecimal64('-0.0000001', 10)", "-1.000E-7"),
        ("toDecimal64('0.000001', 10)", "0.0000010000"),
        ("1.0", "1.0"),
        ("1e10", "1.0E10"),
        ("1e-5", "1.0E-5"),
        ("-0.0", "-0.0"),
        ("12345678.5", "1.23456785E7"),
        ("0.00012345", "1.2345E-4"),
        ("9999999.5", "9999999.5"),
        ("1.7976931348623157e308", "1.7976931348623157E308"),
        ("5e-324", "5.0E-324"),
        ("toFloat32(1.1)", "1.1"),
        ("nan", '"NaN"'),
        ("inf", '"Infinity"'),
        ("-inf", '"-Infinity"'),
        ("true", "true"),
        ("NULL", "null"),
        ("toNullable(5)", "5"),
        ("18446744073709551615", '"18446744073709551615"'),
        ("toInt256('-99999999999999999999')", '"-99999999999999999999"'),
        ("['a', 'b', NULL]", '"[a, b, null]"'),
        ("array(array(1, 2), array(3))", '"[[1, 2], [3]]"'),
        ("[1.5, 2]", '"[1.5, 2.0]"'),
        ("map('a', 1, 'b', 2)", '{"a":1,"b":2}'),
        ("tuple(1, 'a')", '[1,"a"]'),
        ("toIPv6('2001:db8::1')", '"2001:db8:0:0:0:0:0:1"'),
        ("toIPv4('192.168.0.1')", '"192.168.0.1"'),
        (
            "toUUID('61F0C404-5CB3-11E7-907B-A6006AD3DBA0')",
            '"61f0c404-5cb3-11e7-907b-a6006ad3dba0"',
        ),
        ("toFixedString('ab', 4)", '"ab\\u0000\\u0000"'),
        ("'a/\"\\\\\\n\\t\\x01\\x1f'", '"a/\\"\\\\\\n\\t\\u0001\\u001F"'),
        ("'é\u2028\u2029\U0001f600'", '"é\u2028\u2029\U0001f600"'),
        ("'\\\\u2028 and \u2028'", '"\\\\u2028 and \u2028"'),
        ("toLowCardinality('x')", '"x"'),
    ],
)
def test_a_value(client, sql, text):
    assert raw_cells(client, sql) == text


def test_invalid_text_is_replaced(client):
    assert client.dataset("SELECT unhex('FF61')").rows == [["\ufffda"]]


def test_times_of_clickhouse_are_moments(client, server):
    sql = (
        "toDate('2024-01-02'), toDateTime('2024-07-02 03:04:05'),"
        " toDateTime64('2024-01-02 03:04:05.100', 3, 'Asia/Tokyo'),"
        " toDateTime64('2024-07-02 03:04:05.123456789', 9), toDate32('1930-01-01')"
    )
    assert raw_cells(client, sql) == (
        '"2024-01-02T00:00:00Z" | "2024-07-02T03:04:05Z" | "2024-01-01T18:04:05.1Z" |'
        ' "2024-07-02T03:04:05.123456789Z" | "1930-01-01T00:00:00Z"'
    )
    server.set(report_timezone="Europe/Berlin")
    # Text in SQL is read in the session's zone, as the driver sets it.
    assert raw_cells(client, sql) == (
        '"2024-01-02T00:00:00+01:00" | "2024-07-02T03:04:05+02:00" |'
        ' "2024-01-01T19:04:05.1+01:00" | "2024-07-02T03:04:05.123456789+02:00" |'
        ' "1930-01-01T00:00:00+01:00"'
    )
    assert (
        client.dataset("SELECT 1").json()["data"]["results_timezone"] == "Europe/Berlin"
    )


def test_times_of_postgres_keep_what_the_clock_said(client, server):
    sql = (
        "toDate('2024-07-02'), toDateTime64('2024-07-02 03:04:05.123456', 6),"
        " toDateTime64('2024-07-02 00:00:00', 6), toDateTime64('2024-07-02 03:04:05', 6, 'UTC'),"
        " CAST('10:20:30' AS Time)"
    )
    assert raw_cells(client, sql, POSTGRES) == (
        '"2024-07-02T00:00:00Z" | "2024-07-02T03:04:05.123456Z" | "2024-07-02T00:00:00Z" |'
        ' "2024-07-02T03:04:05Z" | "10:20:30Z"'
    )
    server.set(report_timezone="Europe/Berlin")
    assert raw_cells(client, sql, POSTGRES) == (
        '"2024-07-02T00:00:00+02:00" | "2024-07-02T03:04:05.123456+02:00" |'
        ' "2024-07-02T00:00:00+02:00" | "2024-07-02T05:04:05+02:00" | "10:20:30+01:00"'
    )


def test_other_values_of_postgres(client):
    sql = "toFixedString(unhex('C42360D7FF'), 5), map('a', 1), [1, 2]"
    assert raw_cells(client, sql, POSTGRES) == '"0xC42360D7" | "{\\"a\\":1}" | "{1,2}"'
    cols = client.dataset("SELECT * FROM accounts", POSTGRES).json()["data"]["cols"]
    assert [(col["name"], col["base_type"], col["database_type"]) for col in cols] == [
        ("id", "type/BigInteger", "int8"),
        ("uuid", "type/UUID", "uuid"),
        ("name", "type/Text", "text"),
        ("data", "type/JSON", "jsonb"),
        ("tags", "type/Array", "_text"),
        ("picture", "type/*", "bytea"),
        ("born", "type/Date", "date"),
        ("created", "type/DateTime", "timestamp"),
        ("seen", "type/DateTimeWithLocalTZ", "timestamptz"),
        ("balance", "type/Decimal", "numeric"),
    ]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("UInt8", "Integer"),
        ("Int32", "Integer"),
        ("UInt32", "Integer"),
        ("Int64", "BigInteger"),
        ("UInt64", "BigInteger"),
        ("UInt128", "*"),
        ("Nullable(Float32)", "Float"),
        ("Decimal(9, 2)", "Decimal"),
        ("LowCardinality(Nullable(String))", "Text"),
        ("Enum8('a' = 1, 'b, c' = 2)", "Text"),
        ("FixedString(3)", "TextLike"),
        ("Bool", "Boolean"),
        ("Date32", "Date"),
        ("DateTime", "DateTime"),
        ("DateTime('UTC')", "DateTimeWithLocalTZ"),
        ("DateTime64(3)", "DateTime"),
        ("DateTime64(3, 'UTC')", "DateTimeWithLocalTZ"),
        ("UUID", "UUID"),
        ("IPv4", "IPAddress"),
        ("Array(Nullable(String))", "Array"),
        ("Map(String, UInt8)", "Dictionary"),
        ("Tuple(a UInt8, b String)", "*"),
        ("SimpleAggregateFunction(sum, UInt64)", "BigInteger"),
    ],
)
def test_a_base_type(client, name, base):
    structure = "v " + name.replace("'", "\\'")
    sql = f"SELECT * FROM generateRandom('{structure}') LIMIT 0"
    col = client.dataset(sql).json()["data"]["cols"][0]
    assert (col["base_type"], col["database_type"]) == (f"type/{base}", name)


def test_a_column_may_contradict_its_type(client, server):
    server.set(base_types={"v": "type/Integer"})
    found = client.dataset("SELECT 'abc' AS v").json()["data"]
    assert (found["rows"], found["cols"][0]["base_type"]) == ([["abc"]], "type/Integer")


def test_all_types_of_the_sample(client, server):
    """Every row is JSON, whatever stands in it."""
    found = client.post("/api/dataset", native("SELECT * FROM types ORDER BY id")).json()
    assert (found["status"], found["row_count"], len(found["data"]["cols"])) == (
        "completed",
        3,
        23,
    )
    exported = json.loads(client.export("json", "SELECT * FROM types ORDER BY id").body)
    assert [row["id"] for row in exported] == [1, 2, 3]
    assert exported[2]["uint128"] == 2**128 - 1
