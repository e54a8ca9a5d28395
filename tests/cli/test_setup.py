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
