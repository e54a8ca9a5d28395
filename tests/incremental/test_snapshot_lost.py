"""Connections of a run's one view are cut while money moves between its tables."""

import threading

import pytest
from accounts import METADATA, TABLES, TOTAL, moving_money
from faulty_proxy import Call, FaultyProxy, Reset
from private_server import private_server
from processes import wait_until
from shop_project import shop_project
from test_snapshot import BINARY_LOG, SIDE_BY_SIDE, lake_total, warehouse_total

# Bytes on one connection: less than a piece of either table, more than planning takes.
MIDDLE = 60_000
# A third table, so large that the others are committed long before it.
VISITS = """
CREATE TABLE visits (id INT PRIMARY KEY, token CHAR(128) NOT NULL);
INSERT INTO visits SELECT seq, repeat(md5(seq), 4) FROM seq_1_to_100000;
"""


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("logging"), *BINARY_LOG) as running:
        yield running


@pytest.fixture
def proxy(logging_server):
    with FaultyProxy(logging_server.port) as running:
        yield running


def project_over(logging_server, proxy, folder, sql: str, metadata: dict):
    project = shop_project(logging_server, folder, sql, metadata, SIDE_BY_SIDE)
    project.variables["MYSQL_PORT"] = str(proxy.port)
    return project


def test_spares_go_on_in_the_same_view(logging_server, proxy, tmp_path):
    project = project_over(logging_server, proxy, tmp_path / "shop", TABLES, METADATA)
    with moving_money(logging_server):
        for _ in range(8):
            spent = proxy.spent
            proxy.plan(Reset(after=MIDDLE))
            done = project.ok("run", "--json", "--full-refresh")
            assert proxy.spent == spent + 1
            assert {table["snapshot"] for table in done.json["tables"]} == {"snapshot"}
            assert "trying again" in done.err
            assert lake_total(project) == TOTAL
            assert warehouse_total(project) == TOTAL


def test_when_none_is_left_all_begin_in_a_new_view(logging_server, proxy, tmp_path):
    project = project_over(logging_server, proxy, tmp_path / "shop", TABLES, METADATA)
    with moving_money(logging_server):
        for _ in range(8):
            spent = proxy.spent
            # The first to come so far takes all others with it: no table is committed.
            proxy.plan(Call(after=MIDDLE, action=proxy.cut_all))
            done = project.ok("run", "--json", "--full-refresh")
            assert proxy.spent == spent + 1
            rungs = {table["snapshot"] for table in done.json["tables"]}
            assert "trying again" in done.err
            if "split" not in rungs:
                assert rungs == {"snapshot"}
                assert lake_total(project) == TOTAL
                assert warehouse_total(project) == TOTAL


def test_what_was_committed_before_is_marked(logging_server, proxy, tmp_path):
    metadata = {
        **METADATA,
        "visits": {
            "load_strategy": "full",
            "description": "Visits",
            "partitions": 1,
        },
    }
    project = project_over(
        logging_server, proxy, tmp_path / "shop", TABLES + VISITS, metadata
    )
    lake = project.path / "lake"
    cut = threading.Event()

    def cut_once_two_are_committed():
        wait_until(
            lambda: all(
                list((lake / name / "_delta_log").glob("*.json"))
                for name in ("cash", "bank")
            ),
            120,
            "cash and bank were not committed",
        )
        cut.set()
        proxy.cut_all()

    with moving_money(logging_server):
        proxy.plan(Call(after=5_000_000, action=cut_once_two_are_committed))
        done = project.ok("run", "--json")
    assert cut.is_set()
    told = {table["table"]: table["snapshot"] for table in done.json["tables"]}
    assert told == {"cash": "split", "bank": "split", "visits": "snapshot"}
    record = project.records()[0]
    assert {table["table"]: table["snapshot"] for table in record["tables"]} == told
    # Those two are of one moment still.
    assert lake_total(project) == TOTAL
    assert warehouse_total(project) == TOTAL
    assert project.warehouse("SELECT count(*), count(DISTINCT id) FROM raw.visits") == [
        (100_000, 100_000)
    ]
    done = project.ok("run", "--json")
    assert {table["snapshot"] for table in done.json["tables"]} == {"snapshot"}
