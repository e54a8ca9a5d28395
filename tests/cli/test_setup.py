"""`keelboat setup` on this machine: a folder and a DuckDB file."""

import duckdb
import pytest


def outcomes(done) -> dict[str, str]:
    return {step["what"]: step["outcome"] for step in done.json["steps"]}


def files(project) -> set[str]:
    return {
        str(path.relative_to(project.path))
        for path in project.path.rglob("*")
        if ".keelboat" not in path.parts
    }


def test_creates_what_is_missing_and_nothing_twice(project):
    first = project.ok("setup", "--json")
    assert first.json["status"] == "ok" and first.json["dry_run"] is False
    assert {step["part"] for step in first.json["steps"]} == {"lake", "warehouse"}
    assert set(outcomes(first).values()) == {"created"}
    assert project.warehouse(
        "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'raw'"
    ) == [(1,)]
    before = files(project)
    second = project.ok("setup", "--json")
    assert set(outcomes(second).values()) == {"exists"}
    assert files(project) == before


def test_a_run_needs_no_setup_and_bears_one(project):
    project.ok("run")
    rows = project.warehouse("SELECT * FROM raw.orders ORDER BY id")
    done = project.ok("setup", "--json")
    assert set(outcomes(done).values()) == {"exists"}
    assert project.warehouse("SELECT * FROM raw.orders ORDER BY id") == rows
    done = project.ok("run", "--json")
    assert {table["status"] for table in done.json["tables"]} == {"ok"}


def test_a_run_after_setup(project):
    project.ok("setup")
    project.ok("run")
    assert project.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
    project.ok("verify")


def test_dry_run_prints_sql_and_changes_nothing(project):
    before = files(project)
    done = project.ok("setup", "--dry-run")
    assert files(project) == before
    assert not (project.path / ".keelboat" / "lock").exists()
    assert "missing" in done.err
    statements = [line for line in done.out.splitlines() if not line.startswith("--")]
    assert statements and all(statements)
    # It is SQL that the warehouse takes, as it is.
    with duckdb.connect() as connection:
        connection.execute(done.out)
        assert connection.execute(
            "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'raw'"
        ).fetchone() == (1,)


def test_dry_run_says_what_exists(project):
    project.ok("setup")
    done = project.ok("setup", "--dry-run")
    assert all(line.startswith("--") for line in done.out.splitlines())
    assert "exists" in done.out
    report = project.ok("setup", "--dry-run", "--json").json
    assert report["dry_run"] is True
    assert {step["outcome"] for step in report["steps"]} == {"exists"}


def test_words_for_people_go_to_standard_error(project):
    done = project.ok("setup")
    assert done.out == ""
    assert "created" in done.err
    assert "exists" in project.ok("setup").err
    assert project.ok("setup", "--quiet").text == ""


def test_a_failure_of_one_part_does_not_hide_the_other(project):
    (project.path / "lake").write_text("a file")
    done = project.run("setup", "--json")
    assert done.code != 0
    assert done.json["status"] == "failed"
    failed = [step for step in done.json["steps"] if step["outcome"] == "failed"]
    assert [step["part"] for step in failed] == ["lake"]
    assert str(project.path / "lake") in failed[0]["error"]["message"]
    assert any(step["part"] == "warehouse" for step in done.json["steps"])


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_another_run_holds_the_project(project, flags):
    """Only what changes something waits for the lock."""
    import fcntl

    lock = project.path / ".keelboat" / "lock"
    lock.parent.mkdir()
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert project.run("setup", *flags).code == (0 if flags else 3)


def table_steps(done) -> list[dict]:
    return [step for step in done.json["steps"] if "table" in step["what"]]


def columns(project) -> list[tuple]:
    return project.warehouse(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE schema_name = 'raw' AND table_name <> '_keelboat_ledger'"
        " ORDER BY table_name, column_index"
    )


def test_tables_are_as_a_first_load_makes_them(project):
    project.write("schema/customers.json", MASKS)
    project.ok("setup")
    made = columns(project)
    assert ("orders", "price", "DECIMAL(10,2)", None) in made
    [(comment,)] = project.warehouse(
        "SELECT comment FROM duckdb_tables() WHERE table_name = 'orders'"
    )
    assert comment == "Orders of the shop"
    status = project.ok("status", "--json").json["tables"]
    assert {table["warehouse_rows"] for table in status} == {None}
    (project.path / "warehouse.duckdb").unlink()
    project.ok("run")
    assert columns(project) == made
    assert project.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]


def test_a_lake_that_is_there_needs_no_source(project):
    """What is loaded next is what the lake has."""
    project.ok("extract")
    done = project.ok("setup", "--json", MYSQL_PORT="1")
    assert {step["outcome"] for step in table_steps(done)} == {"created"}
    project.ok("load", MYSQL_PORT="1")
    assert project.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]


def test_a_source_that_is_away_is_named_and_the_rest_is_made(project):
    done = project.run("setup", "--json", MYSQL_PORT="1")
    assert done.code == 3
    [failed] = [step for step in done.json["steps"] if step["outcome"] == "failed"]
    assert failed["what"] == "tables of shop"
    assert failed["error"]["kind"] == "unavailable"
    assert "127.0.0.1" in failed["error"]["message"]
    assert 'ledger "raw"."_keelboat_ledger"' in outcomes(done)
    script = project.run("setup", "--dry-run", MYSQL_PORT="1")
    assert script.code == 3
    assert "-- tables of shop: left out, " in script.out
    assert {step["outcome"] for step in table_steps(project.ok("setup", "--json"))} == {
        "created"
    }


def test_a_table_that_cannot_be_made_does_not_stop_the_others(project):
    project.write("schema/customers.json", "{")
    done = project.run("setup", "--json")
    assert done.code == 2
    [failed] = [step for step in done.json["steps"] if step["outcome"] == "failed"]
    assert "schema/customers.json" in failed["error"]["message"]
    (project.path / "schema" / "customers.json").unlink()
    with duckdb.connect(str(project.path / "warehouse.duckdb")) as connection:
        connection.execute("CREATE VIEW raw.customers AS SELECT 1 AS a")
    done = project.run("setup", "--json")
    assert done.code == 2
    [failed] = [step for step in done.json["steps"] if step["outcome"] == "failed"]
    assert "customers" in failed["what"]
    assert "did not make" in failed["error"]["message"]
    assert outcomes(done)['table "raw"."orders"'] == "created"


MASKS = {
    "type": "object",
    "properties": {"email": {"type": ["string", "null"], "x-mask": "hash"}},
}

DBT = {
    "dbt/dbt_project.yml": """\
name: small
version: "1.0"
profile: keelboat
models: {small: {+schema: marts}}
""",
    "dbt/models/per_customer.sql": "SELECT customer FROM raw.orders",
}


def test_schemas_of_the_models(project):
    for name, text in DBT.items():
        project.write(name, text)
    yaml = project.path / "keelboat.yaml"
    yaml.write_text(yaml.read_text() + "dbt: {project: dbt}\n")
    script = project.ok("setup", "--dry-run")
    assert 'CREATE SCHEMA IF NOT EXISTS "analytics_marts";' in script.out
    assert (
        outcomes(project.ok("setup", "--json"))['schema "analytics_marts"'] == "created"
    )
    project.ok("run")
    assert project.warehouse("SELECT count(*) FROM analytics_marts.per_customer") == [
        (3,)
    ]
    (project.path / "dbt" / "models" / "per_customer.sql").write_text("{{ ref('no') }}")
    done = project.run("setup", "--json")
    assert done.code == 2
    [failed] = [step for step in done.json["steps"] if step["outcome"] == "failed"]
    assert failed["part"] == "dbt"
    assert "'no'" in failed["error"]["message"]
    assert 'ledger "raw"."_keelboat_ledger"' in outcomes(done)
