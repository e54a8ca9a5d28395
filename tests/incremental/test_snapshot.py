"""Money moves between two tables while both are loaded: no run ever sees half a transfer."""

import json
import time

import pytest
from accounts import ACCOUNTS, METADATA, TABLES, TOTAL, moving_money
from latest import configuration, latest
from private_server import USER, private_server
from processes import wait_until
from shop_project import shop_project

BINARY_LOG = ("--log-bin=changes", "--server-id=1")
# What could disagree: several connections at once, however few processors there are.
SIDE_BY_SIDE = "{workers: 4}"


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("logging"), *BINARY_LOG) as running:
        yield running


def lake_total(project) -> int:
    tables = [latest(project.path / "lake" / name, ["id"]) for name in ("cash", "bank")]
    assert [len(rows) for rows in tables] == [ACCOUNTS, ACCOUNTS]
    return sum(row["amount"] for rows in tables for row in rows.values())


def warehouse_total(project) -> int:
    ((total, rows),) = project.warehouse(
        "SELECT sum(amount)::BIGINT, count(*) FROM"
        " (SELECT id, amount FROM raw.cash UNION ALL SELECT id, amount FROM raw.bank)"
    )
    assert rows == 2 * ACCOUNTS
    return total


def run_for(project, movers, seconds: float, runs: int, transfers: int = 0) -> list[dict]:
    """Runs, one after the other; after each the sum has to be right. Their reports.
    For so long, but until there were as many runs and transfers on a slow machine."""
    reports = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(reports) < runs or movers.transfers < transfers:
        reports.append(project.ok("run", "--json").json)
        told = [json.dumps(report["tables"]) for report in reports[-1:]]
        assert lake_total(project) == TOTAL, (len(reports), told)
        assert warehouse_total(project) == TOTAL, (len(reports), told)
    return reports


def newest_commit(project, table: str) -> dict:
    log = sorted((project.path / "lake" / table / "_delta_log").glob("*.json"))[-1]
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    return next(action["commitInfo"] for action in actions if "commitInfo" in action)


def expect_rung(project, report: dict, rung: str) -> list[str]:
    """Report, run record, plan and lake commits tell the rung; returns the positions."""
    record = project.records()[0]
    positions = []
    for told in (report["tables"], record["tables"]):
        assert {table["snapshot"] for table in told} == {rung}
    for table in record["plan"]["tables"]:
        assert table["snapshot"]["consistency"] == rung
        positions.append(table["snapshot"]["position"])
        name = table["table"]
        folder = project.path / "lake" / name
        assert configuration(folder)["keelboat.consistency"] == rung
        told = newest_commit(project, name)
        assert told["operationMetrics"]["keelboat.consistency"] == rung
        position = told["keelboat"]["sourcePosition"]
        assert position == f"shop.{name}" + (
            f" at {positions[-1]}" if positions[-1] else ""
        )
    return positions


def test_a_binary_log_proves_it(logging_server, tmp_path):
    project = shop_project(
        logging_server, tmp_path / "shop", TABLES, METADATA, SIDE_BY_SIDE
    )
    with moving_money(logging_server) as movers:
        reports = run_for(project, movers, 40, runs=10, transfers=1000)
        positions = expect_rung(project, reports[-1], "snapshot")
        # A plan that is only looked at tells it too, from a view of its own.
        planned = project.ok("plan", "--json").json["tables"]
    assert len(set(positions)) == 1 and positions[0].startswith("changes.")
    assert {table["snapshot"]["consistency"] for table in planned} == {"snapshot"}
    strategies = {table["strategy"] for table in reports[-1]["tables"]}
    assert strategies == {"full", "incremental"}


def test_a_short_lock_gives_it(server, tmp_path):
    project = shop_project(server, tmp_path / "shop", TABLES, METADATA, SIDE_BY_SIDE)
    server.execute(f"GRANT RELOAD ON *.* TO '{USER}'@'127.0.0.1'")
    try:
        with moving_money(server) as movers:
            reports = run_for(project, movers, 12, runs=4)
            expect_rung(project, reports[-1], "locked")
            before = movers.transfers
            wait_until(
                lambda: movers.transfers > before + 20, 40, "the lock was not given back"
            )
    finally:
        server.execute(f"REVOKE RELOAD ON *.* FROM '{USER}'@'127.0.0.1'")


def test_one_connection_has_it_anyway(server, tmp_path):
    project = shop_project(server, tmp_path / "shop", TABLES, METADATA, SIDE_BY_SIDE)
    with moving_money(server) as movers:
        reports = run_for(project, movers, 12, runs=4)
        expect_rung(project, reports[-1], "cursor")


def test_per_table_is_told_and_right_once_it_is_quiet(server, tmp_path):
    project = shop_project(
        server, tmp_path / "shop", TABLES, METADATA, "{snapshot: per_table, workers: 4}"
    )
    with moving_money(server, 6) as movers:
        for _ in range(20):
            expect_rung(project, project.ok("run", "--json").json, "statement")
            # Each table is of one moment: a row that moves in it is there once.
            rows = "SELECT count(*), count(DISTINCT id) FROM raw."
            assert project.warehouse(rows + "cash") == [(ACCOUNTS, ACCOUNTS)]
            assert project.warehouse(rows + "bank") == [(ACCOUNTS, ACCOUNTS)]
        wait_until(lambda: movers.transfers > 100, 60, "no money moved")
    project.ok("run")
    assert lake_total(project) == TOTAL
    assert warehouse_total(project) == TOTAL
