"""Who may ask: each refusal names the account and the remedy, and is not tried again."""

import pytest
from bi_project import fails, keep_secrets, published


def test_check_tells_what_is_there(project, server):
    done = project.ok("check", "source")
    assert "Metabase over ClickHouse" in done.text
    assert "v0." in done.text
    assert server.username in done.text
    assert server.stats()["sessions"] == 0  # logged out


def test_wrong_password(project, server):
    error = fails(
        project,
        3,
        server.username,
        "METABASE_PASSWORD",
        "API key",
        METABASE_PASSWORD="s3cret!",
    )
    assert "s3cret!" not in error
    assert len(server.log("login")) == 1
    assert not published(project)


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_wrong_password_costs_one_attempt_whatever_the_command(project, server, command):
    fails(project, 3, command=(command,), METABASE_PASSWORD="s3cret!")
    assert len(server.log("login")) == 1


def test_throttled_login(project, server):
    for _ in range(10):
        project.run("check", "source", METABASE_PASSWORD="s3cret!")
    before = len(server.log("login"))
    fails(project, 3, "after too many that failed", "wait an hour", "API key")
    assert len(server.log("login")) == before + 1


def test_disabled_user(project):
    fails(project, 3, "disabled", METABASE_USERNAME="gone@example.com")


def test_second_factor(newest_project):
    fails(
        newest_project,
        3,
        "second factor",
        "METABASE_API_KEY",
        METABASE_USERNAME="careful@example.com",
    )


def test_api_key(project, server):
    project.replace(
        "    username: ${METABASE_USERNAME}\n    password: ${METABASE_PASSWORD}\n",
        "    api_key: ${METABASE_API_KEY}\n",
    )
    done = project.ok("check", "source", METABASE_API_KEY=server.api_key)
    assert "api-key-user" in done.text
    assert server.log("login") == []
    keep_secrets(project, done, METABASE_API_KEY=server.api_key)
    fails(project, 3, "METABASE_API_KEY", METABASE_API_KEY="mb_s3cret_and_wrong")


def test_expired_midway(project, server):
    # After the login and the properties: in the middle of the plan, and of the rows.
    server.fault("expire", path="POST /api/dataset$", times=1)
    server.fault("expire", path="POST /api/dataset/json", times=1)
    done = project.ok("extract")
    assert len(server.log("login")) == 3
    assert project.lake_rows("orders") == 3000
    keep_secrets(project, done)


def test_without_the_right_to_write_sql(project):
    fails(
        project,
        1,
        "write SQL",
        "Permissions",
        command=("check", "source"),
        METABASE_USERNAME="reader@example.com",
    )


def test_without_any_database(project):
    fails(
        project,
        1,
        "sees no database",
        command=("check", "source"),
        METABASE_USERNAME="outsider@example.com",
    )


def test_still_starting(project, server):
    server.set(initializing=True)
    fails(project, 3, "initializing", command=("check", "source"))


def test_variables_alone_are_enough(server, project):
    (project.path / "keelboat.yaml").unlink()
    done = project.ok("check", "source")
    assert "Growth Team" in done.text
