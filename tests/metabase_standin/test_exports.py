"""POST /api/dataset/csv and /json, and saved questions."""

import json
import re

from plain_client import native

CAP = 1048575


def test_csv_headers(any_client):
    answer = any_client.export("csv", "SELECT 1 AS one")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv")
    assert re.fullmatch(
        r'attachment; filename="query_result_\d{4}-\d\d-\d\dT[\d:.]+Z\.csv"',
        answer.headers["content-disposition"],
    )
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.text == "one\n1\n"
    json_kind = any_client.export("json", "SELECT 1").headers["content-type"]
    assert json_kind == "application/json; charset=utf-8"


def test_json_bodies_are_for_newer_servers(client, server):
    body = {"query": native("SELECT 1 AS one"), "format_rows": False}
    for profile, status in (("v48", 400), ("v55", 200), ("v63", 200)):
        server.set(profile=profile)
        assert client.post("/api/dataset/json", body).status == status
        assert client.export("json", "SELECT 1 AS one").text == '[\n{"one":1}\n]'


def test_exports_end_at_their_own_cap(client, server):
    # Blocks instead of a chunk per row: only how many there are is asked here.
    server.set(flush_every_row=False)
    for rows, found in ((CAP + 2, CAP), (CAP, CAP), (CAP - 1, CAP - 1)):
        answer = client.export("csv", f"SELECT number FROM numbers({rows})")
        assert answer.end == "last chunk"
        assert answer.body.count(b"\n") - 1 == found
    server.set(download_row_limit=CAP + 1)
    answer = client.export("json", f"SELECT number FROM numbers({CAP + 2})")
    assert answer.body.count(b"{") == CAP + 1
    server.set(download_row_limit=10)  # never below
    assert (
        client.export("json", "SELECT number FROM numbers(2100)").body.count(b"{") == 2100
    )


def test_constraints_are_dropped(any_client):
    query = native("SELECT number FROM numbers(2500)", constraints={"max-results": 5})
    assert len(any_client.export("json", "", query=query).json()) == 2500


def test_csv_cells(any_client):
    sql = (
        "SELECT 1e10 AS `a,b`, true AS c, NULL AS d, '' AS e, 'x \"y\"\nz' AS f, ' lead' AS g,"
        " 'a,b' AS h, nan AS i, 18446744073709551615 AS j, toDecimal64('0', 10) AS k"
    )
    assert any_client.export("csv", sql).text == (
        '"a,b",c,d,e,f,g,h,i,j,k\n'
        '1.0E10,true,,,"x ""y""\nz", lead,"a,b",NaN,18446744073709551615,0E-10\n'
    )
    assert any_client.export("csv", "SELECT NULL AS a FROM numbers(2)").text == "a\n\n\n"
    bytes_ = any_client.export("csv", "SELECT toFixedString('abcde', 5) AS b", 5).text
    assert re.fullmatch(r"b\n\[B@[0-9a-f]{8}\n", bytes_)


def test_json_layout(any_client):
    sql = "SELECT number AS n, NULL AS z FROM numbers({})"
    assert any_client.export("json", sql.format(2)).text == (
        '[\n{"n":0,"z":null},\n{"n":1,"z":null}\n]'
    )
    assert any_client.export("json", sql.format(0)).text == "[\n\n]"


def test_of_equal_names_the_last_stays(any_client):
    sql = "SELECT order_id AS a, vendor_id AS b, order_id AS a FROM orders ORDER BY 1 LIMIT 1"
    assert list(any_client.export("json", sql).json()[0]) == ["a", "b"]
    assert any_client.export("csv", sql).text.startswith("a,b,a\n")


def test_more_than_eight_keys_lose_their_order(any_client):
    columns = [f"number AS c{at}" for at in range(9)]
    sql = f"SELECT {', '.join(columns)} FROM numbers(3)"
    rows = any_client.export("json", sql).json()
    assert {tuple(row) for row in rows} == {
        ("c8", "c0", "c2", "c3", "c4", "c5", "c6", "c7", "c1"),
    }
    sql = f"SELECT {', '.join(columns[:8])} FROM numbers(1)"
    assert list(any_client.export("json", sql).json()[0]) == [f"c{at}" for at in range(8)]


def test_big_integers_are_numbers(any_client):
    text = any_client.export("json", "SELECT 18446744073709551615 AS n").text
    assert text == '[\n{"n":18446744073709551615}\n]'


def test_times_that_are_not_formatted(any_client):
    sql = (
        "SELECT toDate('2024-01-02') AS a, toDateTime64('2024-01-02 03:04:05', 3) AS b,"
        " toDateTime64('2024-01-02 00:00:00', 3) AS c, CAST('10:20:30' AS Time) AS d,"
        " toDateTime64('2024-01-02 03:04:05.5', 3, 'UTC') AS e"
    )
    assert any_client.export("json", sql, 5).json() == [
        {
            "a": "2024-01-02",
            "b": "2024-01-02T03:04:05",
            "c": "2024-01-02",
            "d": "10:20:30",
            "e": "2024-01-02T03:04:05.5Z",
        }
    ]


def test_maps_are_text(any_client):
    assert any_client.export("json", "SELECT map('a', 1) AS m").text == (
        '[\n{"m":"{\\"a\\":1}"}\n]'
    )


def test_formatted_rows_are_for_people(client, server):
    sql = (
        "SELECT 1234 AS a, 1234567.891 AS b, toDate('2024-01-02') AS c,"
        " toDateTime('2024-01-02 15:04:05') AS d, -999 AS e"
    )
    pretty = {
        "a": "1,234",
        "b": "1,234,567.89",
        "c": "January 2, 2024",
        "d": "January 2, 2024, 3:04 PM",
        "e": "-999",
    }
    assert client.export("json", sql, format_rows="true").json() == [pretty]
    assert client.export("json", sql).json()[0]["a"] == 1234
    # Some releases format when they are not asked.
    body = {"query": native(sql)}
    assert client.post("/api/dataset/json", body).json()[0]["a"] == 1234
    server.set(format_rows_default=True)
    assert client.post("/api/dataset/json", body).json() == [pretty]
    server.set(profile="v48")
    assert client.export("json", sql, format_rows="true").json()[0]["a"] == 1234


def test_every_row_is_a_chunk(any_client, server):
    sql = "SELECT number AS n FROM numbers(4)"
    chunks = any_client.export("json", sql).chunks
    assert chunks == [b'[\n{"n":0}', b',\n{"n":1}', b',\n{"n":2}', b',\n{"n":3}', b"\n]"]
    assert any_client.export("csv", sql).chunks == [
        b"n\n",
        b"0\n",
        b"1\n",
        b"2\n",
        b"3\n",
    ]
    gzipped = any_client.export("json", sql, headers={"Accept-Encoding": "gzip"})
    assert len(gzipped.chunks) >= 4
    assert gzipped.json() == [{"n": number} for number in range(4)]
    server.set(flush_every_row=False)
    assert any_client.export("json", sql).chunks == [b"".join(chunks)]


def test_csv_marks_and_separators(client, server):
    sql = "SELECT 1 AS a, 'x;y' AS b"
    assert client.export("csv", sql, csv_include_bom="true").raw.startswith(
        b"\xef\xbb\xbfa,b\n"
    )
    server.set(csv_field_separator=";")
    assert client.export("csv", sql).text == 'a;b\n1;"x;y"\n'
    assert client.get("/api/session/properties").json()["csv-field-separator"] == ";"
    server.set(profile="v55")
    assert client.export("csv", sql, csv_include_bom="true").raw.startswith(b"a;b\n")


def test_saved_questions(any_client):
    cards = any_client.get("/api/card").json()
    orders = next(card for card in cards if card["name"] == "Orders")
    for name in (orders["id"], orders["entity_id"]):
        answer = any_client.post(f"/api/card/{name}/query", {})
        assert (answer.status, answer.json()["row_count"]) == (202, 2000)
        answer = any_client.post(f"/api/card/{name}/query/json", {})
        assert (answer.status, len(answer.json())) == (200, 3000)
    assert any_client.post("/api/card/99/query", {}).status == 404


def test_a_question_with_parameters(any_client):
    card = any_client.get("/api/card/2").json()
    by_slug = {each["slug"]: each for each in card["parameters"]}
    parameters = [
        {**by_slug["since"], "value": "2025-06-01"},
        {**by_slug["city"], "value": "Lyon"},
    ]
    sql = "SELECT count() FROM orders WHERE order_date >= '2025-06-01' AND city = 'Lyon'"
    expected = any_client.dataset(sql).rows[0][0]
    assert expected > 100
    path = "/api/card/2/query/json"
    assert len(any_client.post(path, {"parameters": parameters}).json()) == expected
    form = {**any_client.headers, "Content-Type": "application/x-www-form-urlencoded"}
    text = "parameters=" + json.dumps(parameters)
    assert len(any_client.post(path, text, headers=form).json()) == expected
    bad = [{**by_slug["vendor"], "value": "1 OR 1=1"}]
    assert b'"status":"failed"' in any_client.post(path, {"parameters": bad}).body


def test_order_of_an_export(any_client):
    sql = "SELECT order_id FROM orders ORDER BY cityHash64(order_id)"
    rows = any_client.export("json", sql).json()
    expected = any_client.dataset(f"SELECT groupArray(order_id) FROM ({sql})").rows[0][0]
    assert [row["order_id"] for row in rows] == json.loads(expected)


def test_gzip_by_name_or_star_only(any_client):
    for accepted in ("gzip", "*", "br, gzip;q=0"):
        answer = any_client.export(
            "csv", "SELECT 1 AS a", headers={"Accept-Encoding": accepted}
        )
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.text == "a\n1\n"
    for headers in ({}, {"Accept-Encoding": "br"}):
        assert (
            "content-encoding"
            not in any_client.export("csv", "SELECT 1", headers=headers).headers
        )
    headers = {**any_client.headers, "Accept-Encoding": "gzip"}
    answer = any_client.dataset("SELECT number FROM numbers(1000)", headers=headers)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.rows) == 1000
