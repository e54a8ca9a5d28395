"""POST /api/dataset when all goes well: the envelope, and where rows end."""

import json
import re
import time

from plain_client import native


def test_status_and_headers(any_client):
    answer = any_client.dataset("SELECT 1 AS one")
    assert answer.status == 202
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-length" not in answer.headers
    assert answer.end == "last chunk"


def test_only_the_oldest_keep_the_connection(any_client):
    with any_client.open() as connection:
        connection.send("POST", "/api/dataset", native("SELECT 1"))
        answer = connection.receive()
        newer = "connection" in answer.headers
        assert (answer.headers.get("connection") == "close") == newer == answer.closed
        if not newer:
            connection.send("POST", "/api/dataset", native("SELECT 2"))
            assert connection.receive().rows == [[2]]
    tag = any_client.get("/api/session/properties").json()["version"]["tag"]
    assert newer == (tag > "v0.48.9")


def test_rows_come_first_and_cols_later(any_client):
    body = any_client.dataset("SELECT number, 'a' FROM numbers(2)").text
    assert body.startswith('{"data":{"rows":[')
    assert body.index('"rows"') < body.index('"cols"') < body.index('"status"')


def test_lines_of_the_oldest_and_none_of_the_others(any_client, server):
    version = any_client.get("/api/session/properties").json()["version"]["tag"]
    body = any_client.dataset("SELECT number FROM numbers(2)").text
    if version > "v0.48.9":
        assert body.startswith('{"data":{"rows":[[0],[1]],"')
        assert "\n" not in body
    server.set(profile="v48")
    old = any_client.dataset("SELECT number FROM numbers(2)").text
    assert old.startswith('{"data":{"rows":[\n[0],\n[1]\n],\n')
    assert "},\n" in old


def test_no_order_of_keys_can_be_relied_on(client, server):
    server.set(shuffle_keys=True)
    orders = set()
    for _ in range(8):
        body = client.dataset("SELECT 1").text
        assert body.startswith('{"data":{"rows":[')
        found = json.loads(body)
        orders.add((*found["data"], *found))
        assert (next(iter(found)), found["row_count"]) == ("data", 1)
    assert len(orders) > 1


def test_the_envelope(any_client):
    query = native("SELECT 1 AS one")
    found = any_client.post("/api/dataset", query).json()
    assert found["status"] == "completed"
    assert (found["row_count"], found["database_id"], found["context"]) == (
        1,
        2,
        "ad-hoc",
    )
    assert found["json_query"] == query
    assert found["average_execution_time"] is None
    assert isinstance(found["running_time"], int)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", found["started_at"])
    assert found["data"]["native_form"]["query"] == "SELECT 1 AS one"
    assert found["data"]["results_timezone"] == "UTC"


def test_native_queries_stop_at_two_thousand_rows(any_client):
    for rows in (5000, 2000):
        found = any_client.dataset(f"SELECT number FROM numbers({rows})").json()
        assert (found["row_count"], found["data"]["rows_truncated"]) == (2000, 2000)
        assert found["status"] == "completed"
    found = any_client.dataset("SELECT number FROM numbers(1999)").json()
    assert found["row_count"] == 1999
    assert "rows_truncated" not in found["data"]


def rows_with(client, **more) -> int:
    found = client.dataset("SELECT number FROM numbers(60000)", **more).json()
    assert found["status"] == "completed"
    assert (
        found["row_count"]
        == len(found["data"]["rows"])
        == found["data"]["rows_truncated"]
    )
    return found["row_count"]


def test_constraints_count_until_the_newest(any_client):
    both = {"max-results": 50000, "max-results-bare-rows": 50000}
    bare = {"max-results-bare-rows": 50000}
    honoured = rows_with(any_client, constraints=both) == 50000
    tag = any_client.get("/api/session/properties").json()["version"]["tag"]
    assert honoured == (tag < "v0.6")
    assert rows_with(any_client, constraints=bare) == (10000 if honoured else 2000)
    free = any_client.dataset(
        "SELECT number FROM numbers(60000)", middleware={"disable-max-results?": True}
    ).json()
    assert free["row_count"] == (60000 if honoured else 2000)


def test_row_limits_are_settings(client, server):
    server.set(unaggregated_query_row_limit=3)
    assert (
        client.dataset("SELECT number FROM numbers(9)").json()["data"]["rows_truncated"]
        == 3
    )
    found = client.get("/api/session/properties").json()
    assert found["unaggregated-query-row-limit"] == 3


def test_names_that_come_twice(any_client):
    sql = "SELECT order_id AS a, order_id AS a FROM orders ORDER BY 1 LIMIT 1"
    found = any_client.dataset(sql).json()["data"]
    assert found["rows"] == [[1, 1]]
    names = [col["name"] for col in found["cols"]]
    assert [col["field_ref"][1] for col in found["cols"]] == ["a", "a_2"]
    has_types = "database_type" in found["cols"][0]
    assert names == (["a", "a_2"] if has_types else ["a", "a"])


def test_native_columns(any_client):
    cols = any_client.dataset("SELECT 1::UInt64 AS `a b`, 'x' AS c").json()["data"][
        "cols"
    ]
    assert [col["source"] for col in cols] == ["native", "native"]
    assert (
        [col["display_name"] for col in cols]
        == [col["name"] for col in cols]
        == ["a b", "c"]
    )
    assert [col["base_type"] for col in cols] == ["type/BigInteger", "type/Text"]
    tag = any_client.get("/api/session/properties").json()["version"]["tag"]
    assert ("database_type" in cols[0]) == (tag > "v0.48.9")


def test_no_rows_still_have_columns(any_client):
    sql = "SELECT * FROM (SELECT 1 AS n, NULL AS z, toUInt128(1) AS w) LIMIT 0"
    found = any_client.dataset(sql).json()
    assert (found["data"]["rows"], found["row_count"]) == ([], 0)
    types = [col["base_type"] for col in found["data"]["cols"]]
    assert types == ["type/Integer", "type/*", "type/*"]
    types = any_client.dataset("SELECT toUInt128(1) AS w").json()["data"]["cols"]
    assert types[0]["base_type"] == "type/BigInteger"


def test_order_survives(client, server):
    server.set(profile="v55")
    sql = "SELECT number FROM numbers_mt(200000) ORDER BY cityHash64(number)"
    limits = {"max-results": 300000, "max-results-bare-rows": 300000}
    rows = client.dataset(sql, constraints=limits).rows
    again = client.dataset(sql, constraints=limits).rows
    assert rows == again
    assert sorted(rows) == [[number] for number in range(200000)]


def test_statements_trailing_semicolons_and_comments(client):
    assert ["orders"] in client.dataset("SHOW TABLES").rows
    assert client.dataset("SELECT 1; ").rows == [[1]]
    assert client.dataset("SELECT 1 -- one").rows == [[1]]
    assert client.dataset("SELECT 1) , (SELECT 2").json()["status"] == "failed"


def test_tags_are_filled_in_and_need_a_value(client):
    query = native("SELECT {{x}}, {{n}} [[, {{missing}}]]")
    query["native"]["template-tags"] = {
        "x": {"name": "x", "type": "text"},
        "n": {"name": "n", "type": "number", "default": 5},
        "missing": {"name": "missing", "type": "text"},
    }
    target = ["variable", ["template-tag", "x"]]
    query["parameters"] = [{"type": "category", "target": target, "value": "it's \\ 1"}]
    assert client.post("/api/dataset", query).rows == [["it's \\ 1", 5]]
    answer = client.dataset("SELECT '{{x}}'")
    assert answer.status == 400
    assert answer.json()["error_type"] == "missing-required-parameter"


def test_stages_are_taken_too(any_client):
    stage = {"lib/type": "mbql.stage/native", "native": "SELECT 1 AS one"}
    query = {"lib/type": "mbql/query", "database": 2, "stages": [stage]}
    assert any_client.post("/api/dataset", query).rows == [[1]]


def test_what_is_no_query(client):
    answer = client.post(
        "/api/dataset", {"type": "native", "native": {"query": "SELECT 1"}}
    )
    assert answer.status == 400
    assert answer.json()["message"].startswith("`database` is required")
    assert client.dataset("SELECT 1", 99).status == 404


def test_sql_needs_its_permission_tables_do_not(client, server):
    key = client.log_in("reader@example.com", server.password).json()["id"]
    headers = {"X-Metabase-Session": key}
    assert client.dataset("SELECT 1", headers=headers).status == 403
    assert (
        client.get("/api/database/2", headers=headers).json()["native_permissions"]
        == "none"
    )
    tables = client.get("/api/table", headers=headers).json()
    orders = next(table["id"] for table in tables if table["name"] == "orders")
    field = ["field", orders * 100, None]
    inner = {
        "source-table": orders,
        "fields": [field, ["field", orders * 100 + 8, None]],
        "filter": ["and", [">=", field, 10], ["<", field, 17]],
        "order-by": [["desc", field]],
    }
    query = {"database": 2, "type": "query", "query": inner}
    found = client.post("/api/dataset", query, headers=headers).json()
    assert [row[0] for row in found["data"]["rows"]] == [16, 13, 10]
    assert found["data"]["cols"][0]["display_name"] == "Order Id"
    query["query"] = {"source-table": orders, "aggregation": [["count"], ["max", field]]}
    assert client.post("/api/dataset", query, headers=headers).rows == [[3000, 8998]]


def test_nothing_is_sent_before_there_is_enough(client, server):
    """The status line leaves with the first 32 KiB or with the end."""
    server.set(profile="v55")
    sql = "SELECT sleepEachRow(0.4) FROM numbers(5) SETTINGS max_block_size = 1"
    with client.open() as connection:
        started = time.monotonic()
        connection.send("POST", "/api/dataset", native(sql))
        connection.socket.recv(1)
        assert time.monotonic() - started > 1.9
    server.reset()
    with client.open() as connection:
        connection.send_export("json", sql.replace("numbers(5)", "numbers(100)"))
        connection.socket.recv(1)
        assert not server.log("query_finished")


def test_every_answer_waits_for_the_line(client, server):
    server.set(latency_ms=150)
    started = time.monotonic()
    client.get("/api/health")
    assert time.monotonic() - started >= 0.15
