"""Transactions and locks, as far as Snowflake's differ from DuckDB's."""

import threading
import time

import pytest
from snowflake.connector.errors import ProgrammingError


@pytest.fixture
def table(schema):
    schema.run("CREATE TABLE t (a INT, b INT)")
    schema.run("INSERT INTO t VALUES (1, 0), (2, 0)")
    return schema


def rows(run) -> list[tuple]:
    return run("SELECT a, b FROM t ORDER BY a")


def test_others_see_a_transaction_when_it_is_committed(table):
    other = table.another()
    table.run("BEGIN")
    table.run("UPDATE t SET b = 1 WHERE a = 1")
    table.run("INSERT INTO t VALUES (3, 3)")
    assert rows(other) == [(1, 0), (2, 0)]
    table.run("COMMIT")
    assert rows(other) == [(1, 1), (2, 0), (3, 3)]


def test_rollback_undoes(table):
    table.run("BEGIN")
    table.run("DELETE FROM t")
    table.run("ROLLBACK")
    assert len(rows(table.run)) == 2


def test_statements_about_objects_commit(table):
    table.run("BEGIN TRANSACTION")
    table.run("DELETE FROM t")
    table.run("CREATE TABLE u (a INT)")
    table.run("ROLLBACK")
    assert rows(table.run) == []


def test_begin_within_a_transaction_has_no_effect(table):
    table.run("BEGIN")
    table.run("DELETE FROM t WHERE a = 1")
    table.run("BEGIN")
    table.run("COMMIT")
    assert rows(table.run) == [(2, 0)]


def test_truncate_is_part_of_the_transaction(table):
    table.run("BEGIN")
    table.run("TRUNCATE TABLE t")
    assert rows(table.run) == []
    table.run("ROLLBACK")
    assert len(rows(table.run)) == 2


def test_after_an_error_a_transaction_has_to_be_rolled_back(table):
    table.run("BEGIN")
    table.run("DELETE FROM t")
    with pytest.raises(ProgrammingError):
        table.run("INSERT INTO t SELECT 'x'::INT, 1")
    with pytest.raises(ProgrammingError, match="ROLLBACK"):
        table.run("INSERT INTO t VALUES (9, 9)")
    with pytest.raises(ProgrammingError, match="ROLLBACK"):
        table.run("COMMIT")
    table.run("ROLLBACK")
    assert len(rows(table.run)) == 2
    table.run("INSERT INTO t VALUES (9, 9)")
    assert len(rows(table.run)) == 3


def test_an_update_waits_for_the_one_before_it(table):
    other = table.another()
    table.run("BEGIN")
    table.run("UPDATE t SET b = b + 1")
    second = threading.Thread(target=other, args=("UPDATE t SET b = b + 10",))
    second.start()
    time.sleep(0.5)
    assert second.is_alive()
    table.run("COMMIT")
    second.join(60)
    assert rows(table.run) == [(1, 11), (2, 11)]


def test_who_waits_too_long_is_told_so(table, service):
    service.set(lock_timeout_seconds=0.3, idle_abort_seconds=60)
    other = table.another()
    table.run("BEGIN")
    table.run("DELETE FROM t")
    with pytest.raises(ProgrammingError, match="is locked by session") as raised:
        other("UPDATE t SET b = 1")
    assert (raised.value.errno, raised.value.sqlstate) == (625, "57014")
    table.run("COMMIT")


def test_a_silent_session_that_blocks_others_is_rolled_back(table, service):
    service.set(idle_abort_seconds=0.5)
    other = table.another()
    table.run("BEGIN")
    table.run("DELETE FROM t WHERE a = 1")
    other("UPDATE t SET b = 5")
    assert rows(other) == [(1, 5), (2, 5)]
    with pytest.raises(ProgrammingError, match="ROLLBACK"):
        table.run("INSERT INTO t VALUES (7, 7)")


def test_a_closed_session_leaves_no_transaction(table, connect):
    session = connect(schema=table.name)
    session.cursor().execute("BEGIN")
    session.cursor().execute("DELETE FROM t")
    session.close()
    table.run("UPDATE t SET b = 2")
    assert rows(table.run) == [(1, 2), (2, 2)]


def test_insert_overwrite_is_one_step(table):
    table.run("INSERT OVERWRITE INTO t SELECT 5, 5")
    assert rows(table.run) == [(5, 5)]
    with pytest.raises(ProgrammingError):
        table.run("INSERT OVERWRITE INTO t SELECT 'x'::INT, 5")
    assert rows(table.run) == [(5, 5)]


def test_many_sessions_make_schemas_at_once(schema, connect):
    sessions = [connect() for _ in range(4)]
    failed = []

    def make(session, name):
        try:
            for number in range(5):
                session.cursor().execute(
                    f"CREATE SCHEMA IF NOT EXISTS {schema.name}_{number}"
                )
                session.cursor().execute(
                    f"CREATE OR REPLACE TABLE {schema.name}.t{name} AS SELECT 1 AS a"
                )
        except Exception as error:
            failed.append(error)

    threads = [
        threading.Thread(target=make, args=(session, name))
        for name, session in enumerate(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
