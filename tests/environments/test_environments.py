"""dev, staging and prod of one file: each goes the whole way, none sees another."""

import json

import pytest

EVERY = ("dev", "staging", "prod")


def rows(places, test: bool = False) -> dict[str, tuple]:
    return {
        name: (
            places.lake(name, "orders", test),
            places.warehouse(name, "orders", test),
        )
        for name in EVERY
    }


def test_each_environment_has_places_of_its_own(project, places):
    nothing = (None, None)
    assert rows(places) == dict.fromkeys(EVERY, nothing)
    for number, name in enumerate(EVERY, 1):
        project.ok("--env", name, "setup")
        done = project.ok("--env", name, "run", "--json")
        assert {table["status"] for table in done.json["tables"]} == {"ok"}
        here = rows(places)
        assert here[name] == (3, 3)
        assert sum(place == (3, 3) for place in here.values()) == number
        project.ok("--env", name, "verify")
        status = project.ok("--env", name, "status", "--json").json["tables"]
        assert {table["warehouse_rows"] for table in status} == {3, 2}


def test_the_variable_chooses_and_the_flag_wins(project, places):
    project.ok("setup", KEELBOAT_ENV="staging")
    project.ok("run", "orders", KEELBOAT_ENV="staging")
    assert rows(places)["staging"] == (3, 3)
    project.ok("--env", "dev", "run", "orders", KEELBOAT_ENV="staging")
    assert rows(places)["dev"] == (3, 3)
    done = project.run("--env", "stagin", "run")
    assert done.code == 2
    assert "did you mean 'staging'?" in done.err


@pytest.mark.parametrize("name", EVERY)
def test_test_mode_stays_beside_its_environment(project, places, name):
    project.ok("--env", name, "setup")
    project.ok("--env", name, "run", "--test-mode")
    assert rows(places, test=True)[name] == (3, 3)
    # Set up, and empty.
    assert rows(places)[name] == (None, 0)
    project.ok("--env", name, "run")
    before = rows(places)
    project.ok("--env", name, "run", "--test-mode")
    assert rows(places) == before
    assert before[name] == (3, 3)
    others = {other: rows(places, test=True)[other] for other in EVERY if other != name}
    assert set(others.values()) == {(None, None)}
    status = project.ok("--env", name, "status", "--json").json["tables"]
    assert {table["warehouse_rows"] for table in status} == {3, 2}


def test_no_secret_is_written_or_shown(project, account, minio):
    texts = [project.ok("--env", "prod", "setup", "--dry-run", "--json").text]
    texts += [project.ok("--env", "prod", "setup").text]
    texts += [project.ok("--env", "prod", "run", "--json", "-v").text]
    texts += [project.ok("--env", "prod", "plan", "--json").text]
    for path in (project.path / "logs").rglob("*"):
        if path.is_file():
            texts.append(path.read_text(errors="replace"))
    assert len(texts) > 5
    from minio import SECRET_KEY

    for secret in (account.password, SECRET_KEY):
        for text in texts:
            assert secret not in text
            assert json.dumps(secret).strip('"') not in text


def test_the_older_variables_alone_go_the_whole_way(project, places):
    """No file: MySQL to MinIO to Snowflake, by the environment's variables."""
    (project.path / "keelboat.yaml").unlink()
    project.ok("setup")
    project.ok("run")
    database = project.variables["SNOWFLAKE_DATABASE"]
    assert places.account.sql(f"SELECT count(*) FROM {database}.RAW.ORDERS") == [(3,)]
    project.variables |= {"SNOWFLAKE_LOAD": "stage", "SNOWFLAKE_SCHEMA": "raw_data"}
    project.ok("setup")
    project.ok("load")
    assert places.account.sql(f"SELECT count(*) FROM {database}.RAW_DATA.ORDERS") == [
        (3,)
    ]
    assert len(project.ok("status", "--json").json["tables"]) == 2
    project.ok("verify")
    project.ok("vacuum", "--dry-run")
