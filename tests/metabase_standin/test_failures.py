"""Queries that fail, before and after rows, and bodies that end too early."""

import json
import time
import zlib

import pytest
from plain_client import PlainClient

BROKEN = "SELECT no_such_column FROM orders"
# The first 20,000 rows are good.
BREAKS = (
    "SELECT number, throwIf(number = 20000) AS x FROM numbers(30000)"
    " SETTINGS max_threads = 1, max_block_size = 1000"
)


def test_an_error_before_rows(any_client, server):
    answer = any_client.dataset(BROKEN)
    found = answer.json()
    newest = "x-metabase-version" in answer.headers
    assert answer.status == (400 if newest else 202)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert found["status"] == "failed"
    assert "no_such_column" in found["error"]
    assert found["error_type"] == "invalid-query"
    assert found["class"] == "class java.sql.SQLException"
    assert found["state"]
    assert found["via"][0]["error"].startswith("Error executing query: ")
    assert found["stacktrace"]
    assert found["json_query"]["native"]["query"] == BROKEN
    assert (found["row_count"], found["data"]) == (0, {"rows": [], "cols": []})
    assert server.log("query_failed")


def test_an_export_that_fails_before_rows(any_client):
    answer = any_client.export("csv", BROKEN)
    newest = "x-metabase-version" in answer.headers
    assert answer.status == (400 if newest else 200)
    kind = "application/json; charset=utf-8" if newest else "text/csv"
    assert answer.headers["content-type"] == kind
    found = answer.json()
    assert (found["status"], found["error_type"]) == ("failed", "invalid-query")
    assert "json_query" not in found
    assert ("content-disposition" in answer.headers) == (not newest)


def test_a_database_that_is_gone(client, server):
    server.fault("fail", after_rows=0, message="Connection refused")
    answer = client.dataset("SELECT 1")
    assert (answer.status, answer.json()["error"]) == (400, "Connection refused")
    server.reset()
    server.fault("fail", error_type="unable-to-acquire-connection")
    answer = client.export("json", "SELECT 1")
    assert (answer.status, answer.json()["error_type"]) == (
        400,
        "unable-to-acquire-connection",
    )


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_that_fails_after_rows(any_client, form):
    """It looks well until its last line, or it ends with the connection."""
    answer = any_client.export(form, BREAKS)
    assert answer.status == 200
    if "x-metabase-version" in answer.headers:
        assert answer.end == "reset"
        return
    assert answer.end == "last chunk"
    rows, brace, error = answer.text.partition('{"database_id"')
    assert "throwIf" in json.loads(brace + error)["error"]
    assert rows.count("\n") > 10_000
    with pytest.raises(ValueError):
        json.loads(answer.text)


def test_a_dataset_that_fails_after_rows(any_client):
    limits = {"max-results": 30000, "max-results-bare-rows": 30000}
    answer = any_client.dataset(BREAKS, constraints=limits)
    if "x-metabase-version" in answer.headers:
        assert answer.status == 202  # 2,000 rows are all it reads
        return
    assert (answer.status, answer.end) == (202, "last chunk")
    assert "throwIf" in answer.text[-2000:] or '"status":"failed"' in answer.text
    with pytest.raises(ValueError):
        answer.json()


def test_the_newest_reset_a_dataset_after_32_kib(client, server):
    server.fault("fail", after_rows=1500)
    answer = client.dataset("SELECT repeat('x', 100), number FROM numbers(1900)")
    assert (answer.status, answer.end) == (202, "reset")
    # Less than that was never sent.
    server.fault("fail", after_rows=15)
    answer = client.dataset("SELECT number FROM numbers(1900)")
    assert (answer.status, answer.json()["error_type"]) == (400, "db")


def test_a_failure_by_rows(client, server):
    server.set(profile="v55")
    server.fault("fail", after_rows=3, message="Socket closed", times=1)
    answer = client.export("csv", "SELECT number AS n FROM numbers(9)")
    assert answer.text.startswith("n\n0\n1\n2\n{")
    assert json.loads(answer.text.splitlines()[-1])["error"] == "Socket closed"
    assert client.export("csv", "SELECT number AS n FROM numbers(1)").text == "n\n0\n"


def test_exhausted_pools(client, server):
    server.set(pool_held=15, pool_checkout_timeout_ms=300)
    started = time.monotonic()
    answer = client.dataset("SELECT 1")
    assert time.monotonic() - started >= 0.3
    assert answer.status == 503
    assert answer.json()["error_type"] == "connection-pool-checkout-timeout"
    server.set(pool_max_pending=0, pool_checkout_timeout_ms=60000)
    answer = client.export("json", "SELECT 1")
    assert answer.status == 503
    assert answer.json()["error_type"] == "connection-pool-checkout-queue-full"


def test_the_oldest_wait_for_the_pool(client, server):
    server.set(
        profile="v48", pool_held=15, pool_checkout_timeout_ms=10, pool_max_pending=0
    )
    with client.open() as connection:
        connection.send_export("json", "SELECT 1 AS a")
        connection.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1)
        connection.socket.settimeout(30)
        server.set(pool_held=14)
        assert connection.receive().json() == [{"a": 1}]


@pytest.mark.parametrize(
    ("how", "end"), [("clean", "last chunk"), ("close", "closed"), ("reset", "reset")]
)
def test_a_body_that_is_cut(client, server, how, end):
    server.set(profile="v55")
    server.fault("cut", path="POST /api/dataset/json", after_bytes=5000, how=how, times=1)
    answer = client.export("json", "SELECT number FROM numbers(9999)")
    assert (answer.status, answer.end) == (200, end)
    if how != "reset":  # a reset may take what was not read yet
        assert len(answer.raw) == 5000
    assert len(client.export("json", "SELECT number FROM numbers(9999)").json()) == 9999


def test_a_gzipped_body_without_its_end(client, server):
    server.fault("cut", after_bytes=2000, how="clean")
    answer = client.export(
        "json", "SELECT number FROM numbers(9999)", headers={"Accept-Encoding": "gzip"}
    )
    inflater = zlib.decompressobj(31)
    assert inflater.decompress(answer.raw).startswith(b'[\n{"number":0}')
    assert not inflater.eof


def test_a_body_that_stalls(client, server):
    server.fault("cut", after_bytes=100, how="stall", seconds=1)
    started = time.monotonic()
    assert client.export("csv", "SELECT number FROM numbers(999)").end == "reset"
    assert time.monotonic() - started >= 1


def test_answers_of_others(client, server):
    """Proxies, storms, and bytes that are nothing."""
    page = "<html><h1>502 Bad Gateway</h1></html>"
    server.fault(
        "reply", path="POST", status=502, body=page, content_type="text/html", times=1
    )
    answer = client.dataset("SELECT 1")
    assert (answer.status, answer.text, answer.headers["content-type"]) == (
        502,
        page,
        "text/html",
    )
    server.fault("reply", path="POST", status=503, headers={"Retry-After": "1"}, times=2)
    for _ in range(2):
        answer = client.dataset("SELECT 1")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    server.fault("reply", path="POST", status=202, body_hex="7b22ff22", times=1)
    assert client.dataset("SELECT 1").raw == b'{"\xff"'
    assert client.dataset("SELECT 1").rows == [[1]]


def test_a_connection_that_is_dropped(client, server):
    server.fault("drop", path="GET /api/database", times=1)
    with client.open() as connection:
        connection.send("GET", "/api/database")
        with pytest.raises((ConnectionResetError, EOFError)):
            connection.receive()
    assert client.get("/api/database").status == 200


def test_rows_that_come_in_between(client, server):
    server.execute("CREATE TABLE shop.guests (id Int64) ENGINE = MergeTree ORDER BY id")
    server.fault(
        "write", path="POST /api/dataset/csv", sql="INSERT INTO shop.guests VALUES (7)"
    )
    assert client.dataset("SELECT id FROM guests").rows == []
    assert client.export("csv", "SELECT id FROM guests").text == "id\n7\n"
    assert client.export("csv", "SELECT id FROM guests").text == "id\n7\n7\n"
    with pytest.raises(ValueError, match="nowhere"):
        server.execute("DROP TABLE shop.nowhere")
    server.execute("DROP TABLE shop.guests")


def test_a_fault_that_is_none(server):
    for details in ({"kind": "rain"}, {"kind": "cut", "how": "gently"}):
        with pytest.raises(ValueError, match="is none of"):
            server.fault(**details)
    with pytest.raises(ValueError, match="no setting 'rain'"):
        server.set(rain=True)
    with pytest.raises(ValueError, match="of type int"):
        server.set(pool_size="many")


def test_what_is_turned_can_be_put_back(server):
    client = PlainClient(server)
    server.set(profile="v48")
    server.fault("reply", status=503)
    server.reset()
    assert client.dataset("SELECT 1").status == 202
    assert client.get("/api/health").headers["x-metabase-version"] == "v0.63.1"
