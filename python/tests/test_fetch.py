"""keelboat.fetch from MySQL: every way out of a Result, and what goes wrong."""

import copy
import datetime
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from decimal import Decimal

import duckdb
import keelboat
import numpy
import pandas
import polars
import pyarrow as pa
import pymysql
import pytest
from processes import ends_within, wait_until

_SQL = "SELECT id, customer, price, day, updated FROM orders ORDER BY id"


@pytest.fixture
def shop(project, monkeypatch):
    for name, value in project.variables.items():
        monkeypatch.setenv(name, value)
    # For programs that a test starts.
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(os.path.dirname(keelboat.__file__)))
    monkeypatch.setenv("KEELBOAT_PROJECT", str(project.path))
    return project


def test_every_way_out_has_the_same_rows(shop):
    table = keelboat.fetch("shop", _SQL).to_arrow()
    assert table.schema.field("price").type == pa.decimal128(10, 2)
    assert table.column("price").to_pylist() == [
        Decimal("10.50"),
        None,
        Decimal("99999999.99"),
    ]
    frame = keelboat.fetch("shop", _SQL).to_pandas()
    assert list(frame.columns) == table.column_names
    assert frame["updated"].dtype.kind == "M"
    assert frame["price"][0] == Decimal("10.50")
    assert frame["day"].dtype.kind == "M"
    floats = keelboat.fetch("shop", _SQL).to_pandas(decimals="float")
    assert floats["price"].dtype == "float64"
    assert floats["price"][0] == 10.5
    exact = keelboat.fetch("shop", _SQL).to_pandas(types="arrow")
    assert exact["price"].dtype == pandas.ArrowDtype(pa.decimal128(10, 2))
    assert keelboat.fetch("shop", _SQL).to_polars()["customer"].to_list() == [
        "Ana",
        "João",
        "Zoë 🚢",
    ]
    with duckdb.connect() as connection:
        relation = keelboat.fetch("shop", _SQL).to_duckdb(connection, 'my "orders"')
        assert relation.fetchall()[2][1] == "Zoë 🚢"
        assert connection.execute('SELECT count(*) FROM "my ""orders"""').fetchone() == (
            3,
        )
    batches = list(keelboat.fetch("shop", _SQL))
    assert pa.Table.from_batches(batches).equals(table)
    assert pa.table(keelboat.fetch("shop", _SQL)).equals(table)
    assert polars.DataFrame(keelboat.fetch("shop", _SQL)).height == 3


def test_pandas_rounds_nothing(shop):
    large = 9007199254740993
    sql = (
        f"SELECT CAST({large} AS SIGNED) AS a, CAST({large} AS UNSIGNED) AS b,"
        " 1 AS c, CAST(0.1 AS DECIMAL(20, 10)) AS d"
        " UNION ALL SELECT NULL, NULL, 2, NULL"
    )
    frame = keelboat.fetch("shop", sql).to_pandas()
    assert list(frame.columns) == ["a", "b", "c", "d"]
    assert frame["a"].dtype == "Int64"
    assert frame["c"].dtype.kind == "i"
    assert frame["a"][0] == frame["b"][0] == large
    assert frame["d"][0] == Decimal("0.1")
    assert frame[["a", "b", "d"]].isna().sum().tolist() == [1, 1, 1]


def test_rows_are_read_once_unless_they_are_kept(shop):
    result = keelboat.fetch("shop", _SQL)
    assert len(result.to_pandas()) == 3
    with pytest.raises(ValueError, match="read already"):
        result.to_pandas()
    kept = keelboat.fetch("shop", _SQL)
    assert kept.to_arrow() is kept.to_arrow()
    assert len(kept.to_pandas()) == len(kept.to_pandas()) == kept.to_polars().height == 3
    assert "held" in repr(kept)


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_result_is_neither_copied_nor_pickled(shop, take):
    with keelboat.fetch("shop", "SELECT 1 AS one") as result:
        with pytest.raises(TypeError, match="what to_arrow"):
            take(result)
        assert result.to_arrow().num_rows == 1


def test_limits_beyond_every_table_are_none(shop):
    for limit in (2**63, 10**30, numpy.int64(10**18)):
        result = keelboat.fetch("shop", "SELECT 1 AS one", limit=limit, workers=10**12)
        assert result.to_arrow().num_rows == 1
    with pytest.raises(keelboat.ConfigError, match="negative"):
        keelboat.fetch("shop", "SELECT 1", limit=-(10**30))


def test_no_rows_have_a_schema(shop):
    frame = keelboat.fetch("shop", "SELECT * FROM orders WHERE 1 = 0").to_pandas()
    assert list(frame.columns) == ["id", "customer", "price", "day", "updated"]
    assert len(frame) == 0
    result = keelboat.fetch("shop", "SELECT * FROM orders WHERE 1 = 0")
    assert result.to_arrow().num_rows == 0
    assert result.to_polars().shape == (0, 5), "the table is kept, though it is empty"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("it's; -- {{x}}", "it's; -- {{x}}"),
        ("a\\b\0c", "a\\b\0c"),
        (5, 5),
        (2**63, 2**63),
        (True, 1),
        (Decimal("-1.50"), Decimal("-1.50")),
        (datetime.date(2024, 2, 29), datetime.date(2024, 2, 29)),
        (
            datetime.datetime(2024, 1, 31, 10, 0, 0, 5),
            datetime.datetime(2024, 1, 31, 10, 0, 0, 5),
        ),
        (
            datetime.datetime.fromisoformat("2024-01-31T10:00:00+02:00"),
            datetime.datetime(2024, 1, 31, 8),
        ),
    ],
    ids=repr,
)
def test_python_values_are_parameters(shop, value, expected):
    table = keelboat.fetch("shop", "SELECT {{v}} AS v", params={"v": value}).to_arrow()
    assert table.column("v")[0].as_py() == expected


@pytest.mark.parametrize("value", [{}, float("nan"), [1], b"x"], ids=repr)
def test_other_values_are_refused(shop, value):
    with pytest.raises(keelboat.ConfigError, match="parameter v"):
        keelboat.fetch("shop", "SELECT {{v}}", params={"v": value})


def test_what_went_wrong_has_a_class_of_its_own(shop, monkeypatch):
    with pytest.raises(keelboat.NotFoundError, match="did you mean 'shop'") as caught:
        keelboat.fetch("shp", "SELECT 1")
    assert caught.value.kind == "not_found"
    with pytest.raises(keelboat.NotFoundError, match="did you mean 'orders'") as caught:
        keelboat.fetch("shop", table="ordres")
    with pytest.raises(keelboat.NotFoundError, match="there is no query @ordrs"):
        keelboat.fetch("shop", "@ordrs")
    with pytest.raises(keelboat.ConfigError, match="one of them"):
        keelboat.fetch("shop", "SELECT 1", table="orders")
    with pytest.raises(keelboat.ConfigError, match="no strategy"):
        keelboat.fetch("shop", "SELECT 1", strategy="fast")
    monkeypatch.setenv("MYSQL_PASSWORD", "hunter2-wrong")
    with pytest.raises(keelboat.AuthError) as caught:
        keelboat.fetch("shop", "SELECT 1")
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("MYSQL_PORT", "1")
    with pytest.raises(keelboat.UnavailableError) as caught:
        keelboat.fetch("shop", "SELECT 1")
    assert caught.value.retryable
    assert issubclass(keelboat.TimeoutError, TimeoutError)


def test_every_kind_has_a_class():
    kinds = (
        "config auth denied not_found unavailable throttled timeout data contract conflict"
        " cancelled unsupported internal"
    ).split()
    classes = {type(keelboat.errors._of_kind(kind, "x")) for kind in kinds}
    assert len(classes) == len(kinds)
    for kind in kinds:
        assert keelboat.errors._of_kind(kind, "x").kind == kind


def test_tables_in_ranges_tell_how(shop, server):
    server.execute(
        "CREATE TABLE numbers (id INT PRIMARY KEY, twice BIGINT);"
        "INSERT INTO numbers SELECT seq, seq * 2 FROM seq_1_to_300000; ANALYZE TABLE numbers",
        "shop",
    )
    result = keelboat.fetch(
        "shop", table="numbers", strategy="pagination", range_rows=20_000
    )
    assert result.info.strategy == "pagination"
    assert result.info.ranges > 8
    table = result.to_arrow()
    assert table.column("id").to_pylist() == list(range(1, 300_001))
    assert result.moved == 0
    assert keelboat.fetch("shop", table="numbers", limit=5).to_arrow().num_rows == 5


def test_a_result_holds_no_second_copy(shop, server):
    server.execute(
        "CREATE TABLE wide AS SELECT seq AS id, REPEAT(MD5(seq), 4) AS a FROM"
        " seq_1_to_300000",
        "shop",
    )
    script = textwrap.dedent("""
        import keelboat
        from pathlib import Path
        def memory(what):  # getrusage would tell of the process that started this one.
            told = Path("/proc/self/status").read_text().partition(what)[2]
            return int(told.split()[1]) * 1024
        keelboat.fetch("shop", "SELECT 1").to_arrow()
        before = memory("VmRSS")
        table = keelboat.fetch("shop", table="wide").to_arrow()
        peak = memory("VmHWM") - before
        print(peak / table.nbytes)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 1.3


def test_other_threads_go_on(shop, server):
    """Only another thread can give free what the query waits for."""
    with pymysql.connect(unix_socket=str(server.socket), user="root") as holder:
        with holder.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK('gate', 0)")
            assert cursor.fetchone() == (1,)

        def release():
            wait_until(lambda: _at_work(server, "GET_LOCK"), 60, "it was not asked")
            with holder.cursor() as cursor:
                cursor.execute("SELECT RELEASE_LOCK('gate')")

        thread = threading.Thread(target=release)
        thread.start()
        rows = keelboat.fetch("shop", "SELECT GET_LOCK('gate', 120) AS g").to_arrow()
        thread.join()
    assert rows.column("g").to_pylist() == [1]


def _at_work(server, words: str) -> int:
    return int(
        server.execute(
            "SELECT COUNT(*) FROM information_schema.processlist"
            f" WHERE info LIKE '%{words}%' AND id <> CONNECTION_ID()"
        )
    )


def test_a_timeout_ends_the_query(shop):
    began = time.monotonic()
    with pytest.raises(keelboat.TimeoutError):
        keelboat.fetch("shop", "SELECT SLEEP(300) AS s", timeout=0.5).to_arrow()
    assert time.monotonic() - began < 60


def test_ctrl_c_is_keyboard_interrupt_within_two_seconds(shop, server):
    script = (
        "import keelboat\n"
        "try:\n"
        "    keelboat.fetch('shop', 'SELECT SLEEP(300) AS s').to_arrow()\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )

    def interrupt() -> float:
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        wait_until(lambda: _at_work(server, "SLEEP(300)"), 60, "it was not asked")
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        out, _ = process.communicate(timeout=60)
        took = time.monotonic() - asked
        assert out == "interrupted\n"
        wait_until(lambda: not _at_work(server, "SLEEP(300)"), 30, "the query goes on")
        return took

    ends_within(2, interrupt)


def test_a_bar_is_drawn_where_it_is_wanted(shop, capsys):
    keelboat.fetch("shop", _SQL, progress=True).to_arrow()
    shown = capsys.readouterr().err
    assert "3 rows" in shown
    keelboat.fetch("shop", _SQL).to_arrow()
    assert capsys.readouterr().err == ""


def test_the_package_is_typed():
    folder = os.path.dirname(keelboat.__file__)
    assert os.path.exists(os.path.join(folder, "py.typed"))
    assert os.path.exists(os.path.join(folder, "_core.pyi"))
    for name in keelboat.__all__:
        thing = getattr(keelboat, name)
        assert name.startswith("__") or thing.__doc__, name


def test_nothing_is_warned_of_without_a_reason(shop):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keelboat.fetch("shop", _SQL).to_pandas()
