"""Results and sources that are closed, shared, forked, or alive when Python ends."""

import os
import subprocess
import sys
import threading
import time

import duckdb
import keelboat
import pytest
from metabase import metabase
from processes import wait_until

# A packet of rows every now and then; a batch would be whole in a minute.
_SLOW = "SELECT seq, REPEAT('x', 9000) AS x, SLEEP(0.05) AS s FROM seq_1_to_2000"


@pytest.fixture
def shop(project, monkeypatch):
    for name, value in project.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(os.path.dirname(keelboat.__file__)))
    monkeypatch.setenv("KEELBOAT_PROJECT", str(project.path))
    return project


@pytest.fixture(scope="module")
def bi():
    with metabase(profile="v63", orders=400_000) as running:
        yield running


@pytest.fixture
def source(bi, monkeypatch):
    monkeypatch.delenv("METABASE_API_KEY", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(os.path.dirname(keelboat.__file__)))
    monkeypatch.setenv("METABASE_URL", f"{bi.url}?database=2")
    monkeypatch.setenv("METABASE_USERNAME", bi.username)
    monkeypatch.setenv("METABASE_PASSWORD", bi.password)
    bi.reset()
    return keelboat.Source(os.environ["METABASE_URL"])


def run(script: str, timeout: float = 120) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
    assert "terminate" not in done.stderr and "nanobind" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("strategy", ["single", "parallel"])
def test_a_closed_result_is_not_a_short_one(source, strategy):
    result = source.fetch("SELECT * FROM orders", strategy=strategy)
    rows = iter(result)
    assert next(rows).num_rows > 0
    result.close()
    with pytest.raises(keelboat.CancelledError, match="closed before their end"):
        next(rows)
    closed = source.fetch("SELECT * FROM orders", strategy=strategy)
    closed.close()
    with pytest.raises(keelboat.CancelledError):
        closed.to_arrow()


def test_leaving_the_loop_ends_the_servers_query(source, bi):
    for batch in source.fetch("SELECT * FROM orders", strategy="parallel"):
        assert batch.num_rows
        break
    wait_until(
        lambda: not bi.stats()["running_queries"], 60, "the server's query goes on"
    )


def test_another_thread_may_close_what_is_read(shop):
    for _ in range(3):
        result = keelboat.fetch("shop", _SLOW)
        closing = threading.Timer(0.2, result.close)
        closing.start()
        began = time.monotonic()
        with pytest.raises(keelboat.CancelledError):
            result.to_arrow()
        assert time.monotonic() - began < 30  # The rows take a hundred.
        closing.join()


def test_two_threads_share_the_batches_of_one_result(source):
    result = source.fetch("SELECT * FROM orders", strategy="parallel")
    counts = []

    def count():
        while (batch := result._rows.next()) is not None:
            counts.append(batch.num_rows)

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 400_000


def test_python_ends_while_a_thread_still_fetches(shop):
    began = time.monotonic()
    run(
        "import keelboat, threading, time\n"
        "def work():\n"
        "    keelboat.fetch('shop', 'SELECT SLEEP(600) AS s').to_arrow()\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(0.7)\n"
    )
    assert time.monotonic() - began < 100


def test_python_ends_while_threads_open_and_leave_sources(shop):
    """A thread that comes back when the interpreter has gone must not bring it down."""
    for _ in range(8):
        run(
            "import keelboat, threading, time\n"
            "def work():\n"
            "    while True:\n"
            "        try:\n"
            "            keelboat.fetch('shop', 'SELECT 1 AS s').to_arrow()\n"
            "        except keelboat.CancelledError:\n"
            "            pass\n"
            "for _ in range(8):\n"
            "    threading.Thread(target=work, daemon=True).start()\n"
            "time.sleep(0.5)\n"
        )


def test_python_ends_while_rows_are_half_read(source):
    out = run(
        "import keelboat, os\n"
        "source = keelboat.Source(os.environ['METABASE_URL'])\n"
        "result = source.fetch('SELECT * FROM orders', strategy='parallel')\n"
        "rows = iter(result)\n"
        "print(next(rows).num_rows > 0)\n"
    )
    assert out == "True\n"


def test_a_fork_leaves_its_parents_rows_and_login_alone(source, bi):
    out = run(
        "import gc, keelboat, os\n"
        "source = keelboat.Source(os.environ['METABASE_URL'])\n"
        "result = source.fetch('SELECT * FROM orders', strategy='parallel')\n"
        "rows = iter(result)\n"
        "count = next(rows).num_rows\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    code = 1\n"
        "    try:\n"
        "        result._rows.next()\n"
        "    except keelboat.UnsupportedError as error:\n"
        "        code = 0 if 'forked' in str(error) else 2\n"
        "    own = source.fetch('SELECT * FROM vendors').to_arrow()\n"
        "    code = code or (0 if own.num_rows == 5000 else 3)\n"
        "    del source, result, rows, own\n"
        "    gc.collect()\n"
        "    os._exit(code)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "print(count + sum(batch.num_rows for batch in rows))\n"
    )
    assert out == "400000\n"
    # One login of the parent, one of the child, and each logged out of its own.
    assert bi.stats()["counts"]["login"] == 2
    assert bi.stats()["sessions"] == 0


def test_duckdb_gets_rows_beside_what_it_has(source):
    with duckdb.connect() as connection:
        connection.execute("CREATE VIEW keelboat_rows AS SELECT 1 AS mine")
        relation = source.fetch("SELECT * FROM vendors").to_duckdb(connection, "vendors")
        assert relation.count("*").fetchone() == (5000,)
        assert connection.execute("FROM keelboat_rows").fetchall() == [(1,)]
        result = source.fetch("SELECT * FROM vendors")
        result.close()
        with pytest.raises(keelboat.CancelledError):
            result.to_duckdb(connection, "vendors")
        assert connection.execute("SELECT count(*) FROM vendors").fetchone() == (5000,)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"workers": "4"}, "workers is a whole number"),
        ({"limit": 1.5}, "limit is a whole number"),
        ({"range_rows": True}, "range_rows is a whole number"),
        ({"partition_on": 3}, "partition_on is a text"),
        ({"timeout": 0}, "timeout is seconds"),
        ({"timeout": float("nan")}, "timeout is seconds"),
    ],
)
def test_options_of_another_type_are_named(source, bi, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        source.fetch("SELECT 1 AS one", **options)
    assert "login" not in bi.stats()["counts"]
    assert source.fetch("SELECT 1 AS one", timeout=float("inf")).to_arrow().num_rows == 1
