"""Wrong input: a clear message that names the thing and the remedy, the documented exit code,
nothing half-published, no secret anywhere."""

import os
import shutil
import signal
import time

import duckdb
import pytest
from faulty_proxy import Bandwidth, FaultyProxy
from private_server import PASSWORD, USER
from processes import wait_until


def published(project) -> bool:
    return any((project.path / "lake").rglob("*.json"))


def fails(project, code: int, *words: str, command=("run",), **variables: str):
    """Runs a command that must fail so; returns its stderr."""
    done = project.run(*command, **variables)
    assert done.code == code, f"{done.code}\n{done.text}"
    for word in words:
        assert word in done.err, f"{word!r} is not in:\n{done.err}"
    assert PASSWORD not in done.text
    return done.err


def change(project, old: str, new: str, file: str = "keelboat.yaml") -> None:
    path = project.path / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("command", ["run", "extract", "check", "plan"])
def test_wrong_password(project, command):
    error = fails(
        project, 3, USER, "MYSQL_PASSWORD", command=(command,), MYSQL_PASSWORD="s3cret!"
    )
    assert "s3cret!" not in error
    assert not published(project)


def test_server_down(project):
    fails(project, 3, "127.0.0.1", "1", MYSQL_PORT="1")


def test_missing_database(project):
    fails(project, 2, "shopp", MYSQL_DATABASE="shopp")


def test_missing_table_names_the_nearest_and_the_others_go_on(project):
    change(project, '"orders"', '"odrers"', "metadata/table_metadata.json")
    fails(project, 2, "odrers", "orders")
    assert project.lake("customers").num_rows == 2  # The others go on.
    assert not list((project.path / "lake").glob("o*/_delta_log/*"))


def test_unknown_table_on_the_command_line(project):
    fails(project, 2, "order'", "'orders'", command=("run", "order"))


def test_no_select_right_names_the_grant_and_the_others_go_on(project, server):
    server.execute(
        f"REVOKE ALL ON shop.* FROM '{USER}'@'127.0.0.1';"
        f"GRANT SELECT ON shop.customers TO '{USER}'@'127.0.0.1'"
    )
    fails(project, 1, "GRANT SELECT", "orders")
    assert project.lake("customers").num_rows == 2
    assert not (project.path / "lake" / "orders" / "_delta_log").exists()


def test_broken_yaml_names_file_and_line(project):
    change(project, "lake: {url: ./lake}", "lake: {url: ./lake")
    fails(project, 2, "keelboat.yaml:1")


def test_unknown_key_names_line_and_nearest(project):
    change(project, "lake: {url", "lake: {ulr")
    fails(project, 2, "keelboat.yaml:11", "ulr", "url")


def test_unknown_metadata_key_names_line_and_nearest(project):
    change(project, "load_strategy", "load_stratgey", "metadata/table_metadata.json")
    fails(project, 2, "metadata/table_metadata.json:", "load_strategy")


def test_missing_variable_is_named(project):
    del project.variables["MYSQL_PASSWORD"]
    fails(project, 2, "MYSQL_PASSWORD", "keelboat.yaml:8")


def test_no_project_at_all(project):
    (project.path / "keelboat.yaml").unlink()
    for name in list(project.variables):
        del project.variables[name]
    fails(project, 2, "keelboat init")


def test_contract_violation_publishes_nothing_of_that_table(project):
    project.write(
        "schema/orders.json",
        {"type": "object", "properties": {"id": {"type": "integer", "maximum": 2}}},
    )
    fails(project, 4, "orders", "maximum", "id=3")
    assert not (project.path / "lake" / "orders" / "_delta_log").exists()
    assert project.lake("customers").num_rows == 2


def test_a_contract_that_does_not_fit_its_table(project):
    project.write(
        "schema/orders.json",
        {"type": "object", "properties": {"id": {"type": "integer", "patern": "x"}}},
    )
    fails(project, 2, "schema/orders.json", "patern", "pattern")


def test_a_date_that_no_calendar_has(project, server):
    server.execute(
        "SET sql_mode=''; UPDATE orders SET day = '2024-00-15' WHERE id = 2", "shop"
    )
    fails(project, 1, "day", "2024-00-15", "zero_dates")
    assert not (project.path / "lake" / "orders" / "_delta_log").exists()
    change(
        project, "    database: ${MYSQL", "    zero_dates: text\n    database: ${MYSQL"
    )
    project.ok("run")
    assert "2024-00-15" in project.lake("orders").column("day").to_pylist()


def test_warehouse_locked_by_another_process(project):
    project.ok("run")
    before = project.lake("orders").num_rows
    with duckdb.connect(str(project.path / "warehouse.duckdb")):
        metadata = {
            "tables": [
                {"source_table": "orders", "strategy": "full_load", "primary_key": ["id"]}
            ],
            "retry_policy": {"max_retries": 0},
        }
        project.write("metadata/table_metadata.json", metadata)
        fails(project, 3, "warehouse.duckdb", str(os.getpid()))
        status = project.ok("status", "--json").json
        assert status["tables"][0]["stale"] is True
        assert status["tables"][0]["warehouse_rows"] == before
    project.ok("run")


def test_a_file_that_is_no_warehouse(project):
    project.write("warehouse.duckdb", "this is not a database " * 1000)
    done = project.run("run")
    assert done.code in (1, 2, 3)
    assert "warehouse.duckdb" in done.err


def test_a_second_run_is_told_who_holds_the_lock(project):
    with project.stopped("before customers/_delta_log", "run") as first:
        fails(project, 3, str(first.pid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle(project, server, number):
    server.execute(
        "INSERT INTO customers SELECT concat('c', seq), repeat('x', 70) FROM seq_1_to_900000",
        "shop",
    )
    lake = project.path / "lake"
    with FaultyProxy(server.port) as proxy:
        # All the rows would take minutes.
        proxy.plan(Bandwidth(after=20_000_000, bytes_per_second=500_000))
        process = project.start("run", MYSQL_PORT=str(proxy.port))
        wait_until(
            lambda: proxy.spent and any((lake / "customers").rglob(".keelboat-tmp-*")),
            60,
            "no row of customers was written",
        )
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert not (lake / "customers" / "_delta_log").exists()
    assert project.records()[0]["status"] == "interrupted"
    project.ok("run")
    project.ok("vacuum", "--older-than", "0s")
    assert project.lake("customers").num_rows == 900_002
    assert not list(lake.rglob(".keelboat-tmp-*"))
    assert len(list((lake / "customers").glob("*.parquet"))) == 1


def test_killed_runs_show_as_died_and_leave_nothing_broken(project, server):
    server.execute(
        "INSERT INTO customers SELECT concat('c', seq), repeat('x', 70) FROM seq_1_to_300000",
        "shop",
    )
    project.die("before customers/part-", "run")
    runs = project.ok("history", "--json").json["runs"]
    assert [run["status"] for run in runs] == ["died"]
    for pause in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8):
        process = project.start("run")
        time.sleep(pause)
        process.kill()
        process.communicate()
    project.ok("run")
    project.ok("vacuum", "--older-than", "0s")
    lake = project.path / "lake"
    assert project.lake("customers").num_rows == 300_002
    assert project.warehouse("SELECT count(*) FROM raw.customers") == [(300_002,)]
    # The table that follows a cursor has a closed file and an open tail.
    for table, files in (("orders", 2), ("customers", 1)):
        assert len(list((lake / table).glob("*.parquet"))) == files
    assert not list(lake.rglob(".keelboat-tmp-*"))


def test_no_secret_in_any_file_of_the_project(project):
    project.ok("run", "-v")
    fails(project, 3, MYSQL_PASSWORD="an0ther-s3cret", command=("run",))
    for file in project.path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert PASSWORD.encode() not in content, file
            assert b"an0ther-s3cret" not in content, file


def test_folders_whose_names_are_no_utf8(project):
    broken = os.fsdecode(b"sh\xffop")
    done = project.ok("-q", "--json", "init", broken)
    assert done.json["folder"].endswith("sh\N{REPLACEMENT CHARACTER}op")
    assert (project.path / broken / "keelboat.yaml").exists()
    project.ok("run")
    lake = project.path / "lake"
    shutil.copytree(lake / "orders", lake / broken)
    # Every command that lists the lake's tables still answers.
    vacuumed = project.ok("-q", "--json", "vacuum", "--dry-run").json["tables"]
    assert "sh\N{REPLACEMENT CHARACTER}op" in [table["table"] for table in vacuumed]
    for command in (("status",), ("history",), ("plan",)):
        project.ok("--json", *command)
