"""`keelboat setup` of bucket and Snowflake: what is missing, once, and nothing else."""

import re


def outcomes(done) -> dict[str, str]:
    return {step["what"]: step["outcome"] for step in done.json["steps"]}


def test_it_creates_what_is_missing_and_can_be_repeated(project, account, minio):
    first = project.ok("--env", "prod", "setup", "--json")
    made = outcomes(first)
    assert set(made.values()) == {"created"}
    text = " ".join(made).lower()
    for word in (
        "bucket",
        "database",
        "schema",
        "file format",
        "stage",
        "ledger",
        "table",
    ):
        assert word in text, word
    assert (minio.home / "data" / project.variables["MINIO_BUCKET"]).is_dir()
    account.reset()
    second = project.ok("--env", "prod", "setup", "--json")
    assert set(outcomes(second).values()) == {"exists"}
    assert len(outcomes(second)) >= len(made)
    writes = re.compile(r"\s*(CREATE|COMMENT|ALTER (?!SESSION)|DROP)")
    written = [s for s in account.statements() if writes.match(s)]
    assert written == []


def test_only_what_is_missing_is_made(project, account, places):
    project.ok("--env", "prod", "setup")
    project.ok("--env", "prod", "run")
    stage = f"{places.database('prod')}.RAW.KEELBOAT_STAGE"
    account.sql(f"DROP STAGE {stage}")
    done = project.ok("--env", "prod", "setup", "--json")
    created = [what for what, how in outcomes(done).items() if how == "created"]
    assert len(created) == 1 and "stage" in created[0]
    assert places.warehouse("prod", "orders") == 3


def test_dry_run_prints_the_sql_and_makes_nothing(project, account, minio, places):
    done = project.ok("--env", "prod", "setup", "--dry-run")
    assert not (minio.home / "data" / project.variables["MINIO_BUCKET"]).exists()
    assert places.database("prod") not in places.databases()
    for words in (
        "CREATE DATABASE",
        "CREATE SCHEMA",
        "CREATE STAGE",
        "CREATE FILE FORMAT",
        "CREATE TABLE",
    ):
        assert f"{words} IF NOT EXISTS" in done.out
    assert minio.variables("x")["MINIO_ROOT_PASSWORD"] not in done.text
    # What a statement is for stands before it; statements end with a semicolon.
    for line in filter(None, done.out.splitlines()):
        assert line.startswith("--") or line.endswith(";")
    assert "COMMENT ON TABLE" in done.out and "'Orders of the shop'" in done.out


def test_the_script_is_all_that_has_to_be_run(project, account, places):
    done = project.ok("--env", "staging", "setup", "--dry-run")
    for statement in done.out.split(";\n"):
        lines = [line for line in statement.splitlines() if not line.startswith("--")]
        if lines:
            account.sql("\n".join(lines))
    later = project.ok("--env", "staging", "setup", "--json")
    assert {step["outcome"] for step in later.json["steps"][1:]} == {"exists"}
    project.ok("--env", "staging", "run")
    assert places.warehouse("staging", "orders") == 3


def test_environments_are_set_up_one_by_one(project, account, places):
    project.ok("--env", "staging", "setup")
    assert places.database("staging") in places.databases()
    assert places.database("prod") not in places.databases()
