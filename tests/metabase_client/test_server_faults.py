"""Faults of the server and of the way to it: rows once and all of them, or an error."""

import signal
import socket
import time

import pytest
from bi_project import ask_nothing_again, fails, keep_secrets, published
from processes import ends_within, wait_until


def test_unknown_database_names_the_nearest_and_the_others(project):
    fails(
        project,
        2,
        "did you mean 'Growth Team Clickhouse Connection'",
        "'Customers Postgres'",
        METABASE_DATABASE="Grwth Team Clickhouse Connection",
    )


def test_database_by_id(project):
    told = project.ok("check", METABASE_DATABASE="3").text
    assert "Data Team Clickhouse Connection" in told


def test_several_databases_and_none_named(project):
    project.replace("    database: ${METABASE_DATABASE}\n", "")
    fails(project, 2, "`database`", "'Customers Postgres'")


def test_unknown_table_names_the_nearest(project):
    project.replace('"orders"', '"odrers"', "metadata/table_metadata.json")
    fails(project, 2, "odrers", "'orders'", command=("extract",))


def test_full_and_incremental(project, server):
    project.ok("extract")
    assert project.lake_rows("orders") == 3000
    days = project.lake_rows("vdom")
    assert days > 100
    project.ok("extract", "vdom")
    assert project.lake_rows("vdom") == days
    assert server.stats()["sessions"] == 0


def test_sql_error_before_rows(project):
    project.write(
        "metadata/table_metadata.json",
        {"orders": {"load_strategy": "full", "where": "nonsense > 1"}},
    )
    error = fails(project, 2, "nonsense")
    assert "execute.clj" not in error
    assert not published(project)


@pytest.mark.parametrize("how", ["clean", "close", "reset"])
def test_a_cut_body_is_asked_for_again(project, server, how):
    server.fault(
        "cut", path="POST /api/dataset/json", after_bytes=100_000, how=how, times=2
    )
    project.ok("extract", "orders")
    assert project.lake_rows("orders") == 3000


def test_an_error_among_the_rows_is_asked_for_again(project, server):
    server.fault("fail", path="POST /api/dataset/json", after_rows=1000, times=1)
    project.ok("extract", "orders")
    assert project.lake_rows("orders") == 3000


def test_an_error_among_the_rows_that_stays(newest_project, newest):
    newest.set(profile="v55")  # which appends its errors to the rows
    ask_nothing_again(newest_project)
    newest_project.write(
        "metadata/table_metadata.json", {"vendors": {"load_strategy": "full"}}
    )
    newest.fault("fail", path="POST /api/dataset/json", after_rows=1, message="disk gone")
    fails(newest_project, 3, "disk gone", command=("extract",))
    assert not published(newest_project)


def test_a_body_that_stalls(project, server):
    project.replace("    database:", "    read_timeout: 3s\n    database:")
    server.fault(
        "cut",
        path="POST /api/dataset/json",
        after_bytes=100_000,
        how="stall",
        seconds=120,
        times=1,
    )
    project.ok("extract", "orders")
    assert project.lake_rows("orders") == 3000


def test_a_storm_that_passes(project, server):
    server.fault("reply", path="POST /api/dataset", status=503, body="busy", times=3)
    project.ok("extract", "orders")
    assert project.lake_rows("orders") == 3000


def test_a_storm_that_stays(newest_project, newest):
    newest.fault("reply", path="POST /api/dataset/json", status=503, body="busy")
    fails(newest_project, 3, "HTTP 503", "busy")
    assert not published(newest_project)


def test_an_exhausted_pool(newest_project, newest):
    newest.set(pool_size=2, pool_held=1, pool_checkout_timeout_ms=100)
    newest_project.ok("extract", "orders")
    assert newest_project.lake_rows("orders") == 3000
    newest.set(pool_size=1, pool_held=1, pool_checkout_timeout_ms=50)
    ask_nothing_again(newest_project)
    # Nothing can be planned without an answer: the run could not begin.
    fails(newest_project, 3, "fewer connections")


@pytest.mark.parametrize("status", [200, 502])
def test_a_proxys_page(project, server, status):
    ask_nothing_again(project)
    server.fault(
        "reply",
        path="GET /api",
        status=status,
        body="<html><title>Sign in to ACME</title></html>",
        content_type="text/html",
    )
    fails(project, 3, "a web page", "Sign in to ACME", command=("check", "source"))


def test_invalid_json_and_text(project, server):
    server.fault("reply", path="GET /api/database", status=200, body='{"data": [')
    fails(project, 3, '{"data": [', command=("check", "source"))


def test_what_is_no_metabase(project, server):
    server.fault("reply", path="GET /api/session/properties", status=404, body="Nope.")
    fails(project, 2, "HTTP 404", "Nope.", command=("check", "source"))
    assert server.log("login") == []  # no password was sent there


def test_a_redirection(project, server):
    server.fault(
        "reply",
        path="GET /api",
        status=308,
        headers={"Location": "https://bi.example.org/"},
    )
    fails(project, 2, "https://bi.example.org/", command=("check", "source"))


def test_nobody_listens(project):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        ask_nothing_again(project)
        # The port is kept, so that nobody else listens there.
        fails(project, 3, "127.0.0.1", "no connection", METABASE_URL=url)


def test_a_proxy_of_the_environment_is_used(newest_project):
    proxy = {"http_proxy": "http://127.0.0.1:1"}
    fails(newest_project, 3, "no connection", command=("check", "source"), **proxy)
    newest_project.ok("check", "source", NO_PROXY="127.0.0.1", **proxy)
    newest_project.replace("    database:", "    proxy: none\n    database:")
    newest_project.ok("check", "source", **proxy)


def test_an_interrupt_ends_the_servers_queries(project, server):
    project.write(
        "metadata/table_metadata.json",
        {
            "orders": {
                "load_strategy": "full",
                "where": "sleepEachRow(0.003) = 0",  # about 9 s: no query ends by itself
            }
        },
    )

    def slow_questions() -> list[dict]:
        # The short questions before it have no such filter.
        return [e for e in server.log("query_started") if "sleepEachRow" in e["sql"]]

    def interrupt() -> float:
        seen = len(slow_questions())
        cancelled = len(server.log("query_cancelled"))
        running = project.start("extract", "orders")
        wait_until(lambda: len(slow_questions()) > seen, 60, "no rows were asked for")
        begin = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=60)
        took = time.monotonic() - begin
        assert running.returncode == 130, error
        wait_until(
            lambda: (
                not server.stats()["running_queries"]
                and len(server.log("query_cancelled")) > cancelled
            ),
            30,
            "the server still works on it",
        )
        return took

    ends_within(2, interrupt)


def test_the_password_is_not_said_back(project, server):
    server.fault(
        "reply",
        path="POST /api/dataset",
        status=400,
        body=f"you sent {server.password}",
    )
    done = project.run("extract", "orders")
    assert done.code == 2
    assert "you sent ***" in done.text.replace("\n    ", " ")
    keep_secrets(project, done)
