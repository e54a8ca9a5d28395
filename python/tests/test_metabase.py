"""From Metabase: get_orders_fast and the other names of the older script."""

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request

import keelboat
import pandas
import pyarrow
import pytest
from keelboat import (
    CoreQueries,
    MetabaseClient,
    MetabaseConfig,
    MetabaseWorkflow,
    QueryRegistry,
    get_orders_fast,
    transform_api_response_to_dataframe,
)
from metabase import metabase

_ORDERS = 60_000
_ENDLESS = (
    "SELECT count() AS n FROM numbers(100000000000000) WHERE cityHash64(number) = 1"
)
_GROWTH = "Growth Team Clickhouse Connection"


@pytest.fixture(scope="module", params=["v48", "v55", "v63"])
def server(request):
    with metabase(profile=request.param, orders=_ORDERS) as running:
        yield running


@pytest.fixture
def login(server, monkeypatch):
    for name in ("METABASE_API_KEY", "KEELBOAT_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("METABASE_URL", server.url)
    monkeypatch.setenv("METABASE_USERNAME", server.username)
    monkeypatch.setenv("METABASE_PASSWORD", server.password)
    server.reset()
    return server


@pytest.fixture
def client(login):
    config = MetabaseConfig.create_with_team_db(
        login.url, login.username, login.password, "growth"
    )
    with MetabaseClient(config) as opened:
        yield opened


def test_get_orders_fast_is_complete_and_typed(login):
    frame = get_orders_fast()
    assert len(frame) == frame["order_id"].nunique() == _ORDERS
    assert frame["order_id"].is_monotonic_increasing
    assert frame["order_id"].dtype.kind == "u"
    assert frame["created_at"].dtype.kind == "M"
    assert frame["order_date"].dtype.kind == "M"
    assert frame["total"].dtype == "float64"
    assert login.stats()["counts"]["login"] == 1
    assert login.stats()["sessions"] == 0, "the session was left on the server"


def test_an_api_key_stands_for_a_login(login, monkeypatch):
    monkeypatch.delenv("METABASE_USERNAME")
    monkeypatch.delenv("METABASE_PASSWORD")
    monkeypatch.setenv("METABASE_API_KEY", login.api_key)
    assert len(get_orders_fast(since="2025-01-01")) < _ORDERS
    assert "login" not in login.stats()["counts"]


def test_parameters_of_the_query(login):
    frame = get_orders_fast(city="Malmö", since="2024-03-01", until="2024-03-31")
    assert set(frame["city"]) == {"Malmö"}
    days = frame["order_date"]
    assert days.min() >= pandas.Timestamp("2024-03-01")
    assert days.max() <= pandas.Timestamp("2024-03-31")


def test_what_is_missing_is_named(login, monkeypatch):
    with pytest.raises(keelboat.ConfigError, match="data, growth, product"):
        get_orders_fast(team="sales")
    with pytest.raises(keelboat.ConfigError, match="no parameter sinse.*'since'"):
        get_orders_fast(sinse="2024-01-01")
    with pytest.raises(keelboat.AuthError) as caught:
        get_orders_fast(password="hunter2-wrong")
    assert "hunter2" not in str(caught.value)
    monkeypatch.delenv("METABASE_URL")
    monkeypatch.delenv("METABASE_PASSWORD")
    with pytest.raises(keelboat.ConfigError, match="METABASE_URL and METABASE_PASSWORD"):
        get_orders_fast()


def test_teams_are_yours_to_change(login, monkeypatch):
    monkeypatch.setitem(keelboat.metabase.TEAMS, "mine", _GROWTH)
    config = MetabaseConfig.create_with_team_db(login.url, "u", "p", "mine")
    assert config.database_name == _GROWTH
    own = MetabaseConfig.create_with_team_db("u", "u", "p", "x", teams={"x": "Other"})
    assert own.database_name == "Other"
    assert "'p'" not in repr(own)


def test_the_client_says_true_and_ids(client, login):
    assert client.authenticate() is True
    assert client.get_database_id() == 2
    assert client.logout() is True
    assert login.stats()["sessions"] == 0
    assert len(client.execute_query("SELECT 1 AS one")) == 1, "it logs in again"


def test_a_database_can_be_given_by_its_id(login):
    config = MetabaseConfig(login.url, login.username, login.password, database_id=3)
    client = MetabaseClient(config)
    assert client.get_database_id() == 3
    assert len(client.execute_query("SELECT * FROM vendors LIMIT 7")) == 7
    for number in (3, "3"):
        result = keelboat.fetch(login.url, "SELECT 1 AS one", database=number)
        assert result.to_arrow().num_rows == 1
    with pytest.raises(keelboat.NotFoundError, match="no database '0'"):
        keelboat.fetch(login.url, "SELECT 1 AS one", database=0)
    with pytest.raises(keelboat.NotFoundError, match="Growth"):
        MetabaseClient(
            MetabaseConfig(login.url, login.username, login.password, "Growht Team")
        ).authenticate()


@pytest.mark.parametrize("most", [1, 2_500, 12_000])
def test_max_results_is_limit_on_every_release(client, most):
    frame = client.execute_query(
        "SELECT * FROM orders ORDER BY order_id", max_results=most
    )
    assert frame["order_id"].tolist() == [3 * n + 1 for n in range(most)]


def test_every_way_of_asking_brings_every_row(client):
    sql = "SELECT order_id, note FROM orders"
    expected = {3 * n + 1 for n in range(_ORDERS)}
    for frame in (
        client.execute_query(sql),
        client.execute_query_optimized(sql),
        client.execute_query_optimized(sql, "single"),
        client.execute_query_optimized(sql, "parallel"),
        client.execute_query_with_pagination(sql, page_size=20_000),
        client.execute_query_with_parallel_pagination(sql, page_size=15_000),
    ):
        assert len(frame) == _ORDERS
        assert set(frame["order_id"]) == expected
    with pytest.raises(keelboat.ConfigError, match="pagination"):
        client.execute_query_optimized(sql, "paginate")


def test_errors_are_raised(client):
    with pytest.raises(keelboat.Error, match="nothing"):
        client.execute_query("SELECT nothing FROM orders")
    began = time.monotonic()
    with pytest.raises(keelboat.TimeoutError):
        client.execute_query(_ENDLESS, timeout=0.5)
    assert time.monotonic() - began < 60


def test_the_workflow_knows_its_queries(login):
    workflow = MetabaseWorkflow(login.url, login.username, login.password, "growth")
    assert len(workflow.get_data("orders")) == _ORDERS
    assert len(workflow.get_data("vendors")) == 3_000
    assert set(workflow.get_data("vdom", vendor_id=5)["vendor_id"]) == {5}
    assert "FROM orders" in workflow.get_query("orders")
    with pytest.raises(keelboat.NotFoundError, match="did you mean 'vendors'"):
        workflow.get_data("vendor")
    assert login.stats()["counts"]["login"] == 1


def test_queries_of_the_older_registry_are_sql():
    assert "FROM orders" in QueryRegistry.X_MAP_ORDER()
    assert "FROM vendors" in QueryRegistry.X_MAP_VENDOR()
    assert "vendor_id = 7" in CoreQueries.x_vdom(vendor_id=7)
    with pytest.raises(keelboat.ConfigError, match="is no integer"):
        CoreQueries.x_vdom(vendor_id="7; DROP TABLE orders")


@pytest.mark.parametrize(
    "value",
    ["it's", "a\\'b", "\0\x01", "{{x}} [[y]]", "-- /* */ ;", "é🚢", "x" * 50_000 + "'"],
)
def test_no_value_leaves_its_literal(client, value):
    result = client._opened().fetch(
        "SELECT {{v}} AS v, 1 AS one",
        params={"v": value},
        database=_GROWTH,
    )
    [row] = result.to_arrow().to_pylist()
    assert row == {"v": value, "one": 1}


def test_the_answer_of_the_api_becomes_a_frame(login):
    def post(path, body, session=None):
        request = urllib.request.Request(
            login.url + path,
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                **({"X-Metabase-Session": session} if session else {}),
            },
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    session = post(
        "/api/session", {"username": login.username, "password": login.password}
    )["id"]

    def ask(sql):
        native = {"query": sql, "template-tags": {}}
        return post(
            "/api/dataset", {"type": "native", "native": native, "database": 2}, session
        )

    frame = transform_api_response_to_dataframe(
        ask("SELECT order_id, total, created_at, note, discount FROM orders LIMIT 10")
    )
    assert len(frame) == 10
    assert frame["order_id"].dtype == "Int64"
    assert frame["created_at"].dtype.kind == "M"
    assert frame["discount"].dtype == "float64"
    with pytest.raises(keelboat.DataError, match="cut the answer off after 2000"):
        transform_api_response_to_dataframe(ask("SELECT order_id FROM orders"))
    with pytest.raises(keelboat.UnsupportedError):
        transform_api_response_to_dataframe({})
    for answer in ({"data": {}, "status": "failed"}, {"error": "x"}):
        with pytest.raises(keelboat.DataError, match="failed"):
            transform_api_response_to_dataframe(answer)
    kept = {"data": {"rows": [[1]], "cols": [{"name": "a"}]}}  # Without its status.
    assert transform_api_response_to_dataframe(kept).shape == (1, 1)


def test_a_column_that_is_not_what_it_says_becomes_text_where_that_is_wanted(login):
    login.set(base_types={"name": "type/Boolean"}, profile="v48")
    asked = dict(database="Customers Postgres")
    sql = "SELECT id, name FROM accounts ORDER BY id"
    with pytest.raises(keelboat.DataError) as caught:
        keelboat.fetch(login.url, sql, **asked).to_arrow()
    assert caught.value.details["mismatched_column"] == "name"
    with pytest.warns(keelboat.FetchWarning, match="name comes as text"):
        frame = keelboat.fetch(login.url, sql, on_mismatch="string", **asked).to_pandas()
    assert frame["name"].tolist() == [f"Name {n}" for n in range(10)]
    with pytest.warns(keelboat.FetchWarning):
        table = pyarrow.table(
            keelboat.fetch(login.url, sql, on_mismatch="string", **asked)
        )
    assert table.schema.field("name").type == pyarrow.string()


def test_a_saved_question_takes_parameters(login):
    result = keelboat.fetch(login.url, card=2, params={"city": "Lyon"}, database=_GROWTH)
    assert set(result.to_pandas()["city"]) == {"Lyon"}


def test_memory_is_the_table_and_little_more():
    script = textwrap.dedent("""
        import os, keelboat
        from pathlib import Path
        def memory(what):  # getrusage would tell of the process that started this one.
            told = Path("/proc/self/status").read_text().partition(what)[2]
            return int(told.split()[1]) * 1024
        source = keelboat.Source(os.environ["METABASE_URL"])
        source.fetch("SELECT 1 AS one", database="2").to_arrow()
        before = memory("VmRSS")
        table = source.fetch("@orders", database="2").to_arrow()
        assert table.num_rows == 800_000
        print((memory("VmHWM") - before - table.nbytes) / 1e6)
    """)
    with metabase(profile="v55", orders=800_000) as running:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={
                "PYTHONPATH": os.path.dirname(os.path.dirname(keelboat.__file__)),
                "METABASE_URL": running.url,
                "METABASE_API_KEY": running.api_key,
            },
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    # Of 3 million rows, 294 MB, this and Python with its imports are three tenths.
    assert float(done.stdout) < 32


def test_several_threads_share_one_login(login):
    source = keelboat.Source(login.url)
    counts = []

    def count():
        table = source.fetch("SELECT * FROM vendors", database=_GROWTH).to_arrow()
        counts.append(table.num_rows)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [3_000] * 4
    assert login.stats()["counts"]["login"] == 1
