"""Faults that a test asks for, and that they hit what they should."""

import http.client

import pytest
from snowflake.connector.errors import ProgrammingError


@pytest.fixture
def table(schema):
    schema.run("CREATE TABLE t (a INT)")
    return schema


def count(schema) -> int:
    return schema.run("SELECT COUNT(*) FROM t")[0][0]


def test_a_storm_passes(table, service):
    service.fault("status", sql="^INSERT", status=503, times=2)
    table.run("INSERT INTO t VALUES (1)")
    assert count(table) == 1
    assert len(service.log("fault")) == 2


def test_an_error_of_the_service(table, service):
    service.fault(
        "error", sql="^DELETE", code="000630", sqlstate="57014", message="timeout of 300"
    )
    with pytest.raises(ProgrammingError, match="timeout of 300") as raised:
        table.run("DELETE FROM t")
    assert (raised.value.errno, raised.value.sqlstate) == (630, "57014")
    table.run("DELETE FROM t")


def test_later_requests_may_be_meant(table, service):
    service.fault("error", sql="INSERT", skip=1, message="the second")
    table.run("INSERT INTO t VALUES (1)")
    with pytest.raises(ProgrammingError, match="the second"):
        table.run("INSERT INTO t VALUES (2)")
    assert count(table) == 1


def test_a_lost_answer_is_given_again_and_nothing_done_twice(table, service):
    service.fault("cut_after", sql="^INSERT")
    table.run("INSERT INTO t VALUES (1)")
    assert count(table) == 1


def test_a_lost_request_is_sent_again(table, service):
    service.fault("cut", sql="^INSERT", times=2)
    table.run("INSERT INTO t VALUES (1)")
    assert count(table) == 1


def test_a_silent_server(service):
    service.fault("hang", path="/session/v1/login-request")
    silent = http.client.HTTPConnection(service.host, service.port, timeout=1)
    silent.request("POST", "/session/v1/login-request", "{}")
    with pytest.raises(TimeoutError):
        silent.getresponse()
    silent.close()


def test_statements_are_logged_with_their_tags(connect, service):
    session = connect(session_parameters={"QUERY_TAG": "night"})
    session.cursor().execute("SELECT 42 AS answer")
    (entry,) = [e for e in service.log("query") if "42" in e["sql"]]
    assert entry["tag"] == "night"
    assert entry["code"] is None


def test_unknown_settings_and_faults_are_refused(service):
    with pytest.raises(ValueError, match="there is no setting"):
        service.set(colour="blue")
    with pytest.raises(ValueError, match="there is no fault"):
        service.fault("explode")
