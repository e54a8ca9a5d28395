"""--log-format json: standard error as JSON lines wherever no bars are drawn."""

import json


def events(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def names(text: str) -> list[str]:
    return [event["event"] for event in events(text)]


def test_a_run_told_as_json_lines(project):
    done = project.ok("run", "--log-format", "json", "--json")
    lines = events(done.err)
    assert all({"time", "level", "event"} <= set(line) for line in lines)
    assert lines[0]["event"] == "run.started"
    assert lines[0]["tables"] == 2
    assert lines[-1]["event"] == "run.finished"
    run_ids = {line["run_id"] for line in lines}
    assert run_ids == {done.json["run_id"]}
    committed = {
        (line["table"], line["phase"])
        for line in lines
        if line["event"] == "table.committed"
    }
    assert len(committed) == 4
    log = (project.path / "logs" / "keelboat.log").read_text()
    assert names(log) == [name for name in names(done.err) if name != "table.progress"]


def test_failures_warnings_and_quiet(project, server):
    server.execute("INSERT INTO orders VALUES (7, 'x', 1, NULL, '2024-02-01')", "shop")
    project.write(
        "schema/orders.json",
        {"type": "object", "properties": {"customer": {"minLength": 2}}},
    )
    loud = events(project.run("run", "--log-format", "json").err)
    assert "run.started" in {line["event"] for line in loud}
    done = project.run("run", "-q", "--log-format", "json")
    assert done.code == 4
    lines = events(done.err)
    assert {line["level"] for line in lines} == {"error"}
    (failed,) = [line for line in lines if line["event"] == "table.failed"]
    assert (failed["table"], failed["kind"]) == ("orders", "contract")


def test_a_command_that_cannot_begin(project):
    done = project.run("run", "--log-format", "json", MYSQL_PASSWORD="wr0ng")
    assert done.code == 3
    last = events(done.err)[-1]
    assert last["event"] == "command.failed"
    assert last["kind"] == "auth"
    assert "wr0ng" not in done.err


def test_other_commands_speak_so_too(project):
    checks = project.ok("check", "source", "--log-format", "json")
    assert set(names(checks.err)) == {"check.passed"}
    failed = project.run("check", "source", "--log-format", "json", MYSQL_PORT="1")
    assert names(failed.err) == ["check.failed"]
    project.ok("run", "-q")
    vacuum = events(project.ok("vacuum", "--log-format", "json").err)
    assert {line["event"] for line in vacuum} == {"message"}
    assert "orders: deleted 0 files" in vacuum[1]["message"]
    assert project.ok("status", "-q", "--log-format", "json").err == ""


def test_text_stays_the_default(project):
    done = project.ok("run")
    assert "customers" in done.err and not done.err.startswith("{")
