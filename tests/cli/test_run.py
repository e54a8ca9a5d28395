"""run, extract, load, plan, status, history, vacuum on a small shop."""

import json


def test_a_run_reaches_lake_and_warehouse(project):
    done = project.ok("run", "--json", "--no-progress")
    report = done.json
    assert report["status"] == "ok"
    tables = {table["table"]: table for table in report["tables"]}
    assert tables["orders"]["rows"] == 3
    assert tables["orders"]["warehouse_rows"] == 3
    assert tables["orders"]["lake_version"] == 0
    assert tables["orders"]["strategy"] == "full"
    assert tables["orders"]["reason"] == "no watermark yet"
    assert tables["customers"]["reason"] is None
    assert project.lake("orders").num_rows == 3
    assert project.warehouse("SELECT customer FROM raw.orders ORDER BY id")[2] == (
        "Zoë 🚢",
    )
    assert report["transform"] is None


def test_the_report_has_exactly_the_documented_shape(project):
    report = project.ok("run", "--json").json
    assert {"run_id", "status", "started_at", "ended_at", "tables", "transform"} <= set(
        report
    )
    assert {
        "table",
        "status",
        "strategy",
        "reason",
        "rows",
        "quarantined",
        "bytes",
        "files",
        "lake_version",
        "warehouse_rows",
        "watermark",
        "snapshot",
        "seconds",
        "error",
    } <= set(report["tables"][0])


def test_extract_then_load_then_nothing_new(project):
    project.ok("extract")
    assert not (project.path / "warehouse.duckdb").exists()
    first = project.ok("load", "--json").json
    assert [table["nothing_new"] for table in first["tables"]] == [False, False]
    again = project.ok("load", "--json", "--no-progress")
    assert [table["nothing_new"] for table in again.json["tables"]] == [True, True]
    assert "nothing new" in again.err


def test_a_second_run_replaces_and_counts_versions(project, server):
    project.ok("run")
    server.execute("DELETE FROM customers WHERE name = 'Ana'", "shop")
    report = project.ok("run", "--json").json
    assert {table["lake_version"] for table in report["tables"]} == {1}
    assert project.warehouse("SELECT count(*) FROM raw.customers") == [(1,)]


def test_only_the_named_tables_move(project):
    report = project.ok("run", "customers", "--json").json
    assert [table["table"] for table in report["tables"]] == ["customers"]
    assert not (project.path / "lake" / "orders").exists()


def test_status_and_history_tell_what_happened(project):
    assert "keelboat run" in project.ok("history").err
    project.ok("run")
    status = project.ok("status", "--json").json["tables"]
    orders = next(table for table in status if table["table"] == "orders")
    assert orders["rows"] == orders["warehouse_rows"] == 3
    assert orders["strategy"] == "incremental"
    assert orders["lag_seconds"] < 600
    runs = project.ok("history", "--json").json["runs"]
    assert [run["status"] for run in runs] == ["ok"]
    full = project.ok("history", runs[0]["run_id"], "--json").json
    assert full["plan"]["tables"][0]["partitions"]
    assert full["versions"]["keelboat"]
    assert full == project.records()[0]


def test_plan_reads_only(project):
    before = sorted(path for path in project.path.rglob("*"))
    plan = project.ok("plan", "--json").json
    assert sorted(path for path in project.path.rglob("*")) == before
    orders = next(table for table in plan["tables"] if table["table"] == "orders")
    assert orders["key"] == ["id"]
    assert orders["partitions"][0]["columns"][0] == "id"


def test_test_mode_leaves_production_alone(project):
    project.ok("run")
    lake = sorted((project.path / "lake" / "orders").rglob("*"))
    report = project.ok("run", "--test-mode", "--json").json
    assert report["status"] == "ok"
    assert sorted((project.path / "lake" / "orders").rglob("*")) == lake
    assert (project.path / "lake" / "_test" / "orders" / "_delta_log").is_dir()
    assert project.warehouse("SELECT count(*) FROM raw_test.orders") == [(3,)]
    assert len(project.ok("history", "--json").json["runs"]) == 1
    assert len(project.ok("history", "--test", "--json").json["runs"]) == 2
    assert project.records()[0]["test"] is True


def test_vacuum_keeps_what_the_newest_version_needs(project):
    project.ok("run")
    project.ok("run")
    assert len(list((project.path / "lake" / "customers").glob("*.parquet"))) == 2
    would = project.ok("vacuum", "--older-than", "0s", "--dry-run", "--json").json
    assert sum(table["files"] for table in would["tables"]) == 2
    project.ok("vacuum", "--older-than", "0s")
    assert len(list((project.path / "lake" / "customers").glob("*.parquet"))) == 1
    assert project.lake("orders").num_rows == 3


def test_stdout_holds_data_and_stderr_words(project):
    done = project.ok("run", "--json")
    json.loads(done.out)
    assert "\x1b" not in done.text
    quiet = project.ok("run", "-q")
    assert quiet.text == ""


def test_the_log_speaks_json_when_asked(project):
    project.ok("run", "--log-format", "json")
    lines = (project.path / "logs" / "keelboat.log").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert "table.committed" in {event["event"] for event in events}
