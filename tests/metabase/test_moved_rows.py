"""Rows that come and go while they are read: kept and told, never lost, never doubled."""

import threading

import pyarrow.compute as pc
import pytest

EXPORTS = "POST /api/dataset/json"
SQL = "SELECT id, word FROM shop.visits"
ROWS = 120_000  # Two ranges, where ranges are wanted.


@pytest.fixture
def visits(server):
    server.execute("DROP TABLE IF EXISTS shop.visits")
    server.execute(
        "CREATE TABLE shop.visits (id Int64, word String) ENGINE = MergeTree ORDER BY id"
        f" AS SELECT number, toString(number) FROM numbers({ROWS})"
    )
    yield server
    server.execute("DROP TABLE shop.visits")


def rows_from(first: int, count: int) -> str:
    return (
        f"INSERT INTO shop.visits SELECT number + {first}, 'late' FROM numbers({count})"
    )


def test_rows_that_come_between_the_counts_are_kept_and_told(visits, fetch):
    visits.fault("write", path=EXPORTS, sql=rows_from(ROWS, 7), times=1)
    fetched = fetch(SQL, "--strategy", "single")
    assert fetched.code == 0, fetched.err
    assert fetched.rows.num_rows == fetched.facts["rows"] == ROWS + 7
    assert fetched.facts["moved"] == 7
    assert "rows changed while they were read" in fetched.err.replace("\n    ", " ")


def test_rows_that_come_behind_the_read_are_told_too(visits, fetch):
    visits.fault("write", path=EXPORTS, sql=rows_from(ROWS, 7), times=1)
    # The questions are its columns, its count, and the count behind the rows.
    visits.fault(
        "write", path="POST /api/dataset$", sql=rows_from(2 * ROWS, 5), skip=2, times=1
    )
    fetched = fetch(SQL, "--strategy", "single")
    assert fetched.code == 0, fetched.err
    assert fetched.rows.num_rows == ROWS + 7
    assert fetched.facts["moved"] == 12


def test_rows_that_go_are_told(visits, fetch):
    visits.fault(
        "write", path=EXPORTS, sql="DELETE FROM shop.visits WHERE id < 3", times=1
    )
    fetched = fetch(SQL, "--strategy", "single")
    assert fetched.code == 0, fetched.err
    assert min(fetched.rows["id"].to_pylist()) == 3
    assert fetched.facts["moved"] == 3


def test_every_range_tells_its_own(visits, fetch):
    # One in the middle and one beyond the largest, which the last range has.
    visits.fault("write", path=EXPORTS, sql=rows_from(1_500, 2), times=1)
    visits.fault("write", path=EXPORTS, sql=rows_from(ROWS, 4), times=1)
    fetched = fetch(SQL, "--strategy", "pagination")
    assert fetched.code == 0, fetched.err
    assert fetched.facts["ranges"] == 2
    assert fetched.rows.num_rows == ROWS + 6
    assert fetched.facts["moved"] == 6


def test_what_is_not_counted_is_not_told(visits, fetch):
    visits.fault("write", path=EXPORTS, sql=rows_from(ROWS, 7), times=1)
    fetched = fetch(SQL, "--strategy", "single", "--verify", "off")
    assert fetched.code == 0, fetched.err
    assert fetched.facts["moved"] == 0


def test_while_others_write_every_older_row_comes_once(visits, fetch):
    stop = threading.Event()
    written = 0

    def write():
        nonlocal written
        while not stop.wait(0.01):
            visits.execute(rows_from(ROWS + written, 3))
            written += 3

    visits.set(latency_ms=10)
    # However fast the rows come: these are among them.
    visits.fault("write", path=EXPORTS, sql=rows_from(10 * ROWS, 3), times=1)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        fetched = fetch(SQL, "--strategy", "parallel")
    finally:
        stop.set()
        thread.join()
    assert fetched.code == 0, fetched.err
    ids = fetched.rows["id"]
    assert pc.count_distinct(ids).as_py() == fetched.rows.num_rows
    assert set(range(ROWS)) <= set(ids.to_pylist())
    late = fetched.rows.num_rows - ROWS
    assert 0 < late <= written + 3
    assert fetched.facts["moved"] > 0
