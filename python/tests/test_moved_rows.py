"""Result.moved: rows that come and go while they are read, in every generation."""

import threading

import keelboat
import pytest
from metabase import metabase

_SQL = "SELECT id, word FROM visits"
_ROWS = 6_000


def _rows_from(first: int, count: int) -> str:
    numbers = f"SELECT number + {first}, 'late' FROM numbers({count})"
    return f"INSERT INTO shop.visits {numbers}"


@pytest.fixture(scope="module", params=["v48", "v55", "v63"])
def server(request):
    with metabase(profile=request.param, orders=100) as running:
        yield running


@pytest.fixture
def source(server, monkeypatch):
    monkeypatch.setenv("METABASE_API_KEY", server.api_key)
    server.reset()
    server.execute(
        "CREATE OR REPLACE TABLE shop.visits (id Int64, word String) ENGINE = MergeTree"
        f" ORDER BY id AS SELECT number, toString(number) FROM numbers({_ROWS})"
    )
    return keelboat.Source(f"{server.url}?database=2")


def test_rows_between_the_counts_are_kept_and_told(server, source):
    server.fault(
        "write", path="POST /api/dataset/json", sql=_rows_from(_ROWS, 7), times=1
    )
    result = source.fetch(_SQL)
    with pytest.warns(keelboat.FetchWarning, match="rows changed while they were read"):
        frame = result.to_pandas()
    assert len(frame) == _ROWS + 7
    assert result.moved == result.info.moved == 7
    assert result.info.rows == _ROWS


def test_while_others_write_every_older_row_comes_once(server, source):
    stop = threading.Event()

    def write():
        first = _ROWS
        while not stop.wait(0.01):
            server.execute(_rows_from(first, 3))
            first += 3

    server.set(latency_ms=10)
    # However fast the rows come: these are among them.
    server.fault(
        "write", path="POST /api/dataset/json", sql=_rows_from(10 * _ROWS, 3), times=1
    )
    thread = threading.Thread(target=write)
    result = source.fetch(_SQL, strategy="parallel", range_rows=500)
    thread.start()
    try:
        with pytest.warns(keelboat.FetchWarning):
            frame = result.to_pandas()
    finally:
        stop.set()
        thread.join()
    assert frame["id"].is_unique
    assert set(range(_ROWS)) <= set(frame["id"])
    assert result.moved > 0
    assert result.info.ranges > 10
