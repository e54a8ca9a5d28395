"""Stopped while dbt is at work: Ctrl-C, a supervisor's SIGTERM, kill -9."""

import signal
import time

import pytest
from processes import alive, descendants_of, wait_until
from slow_dbt import DOCS_BEGIN, SLOW_DOCS, SLOW_MODEL, watched_import
from visits_shop import VISITS, expect_no_orphans

# Seconds; what is slow takes longer. An interrupted dbt has ten to end its queries.
ENDS_WITHIN = 30
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


class Grown:
    """What was written to a log since this object was made."""

    def __init__(self, path) -> None:
        self._path = path
        self._before = path.stat().st_size if path.exists() else 0

    def text(self) -> str:
        if not self._path.exists():
            return ""
        with self._path.open("rb") as file:
            file.seek(self._before)
            return file.read().decode()


def start(project, until, what: str, *arguments: str, **variables: str):
    """The program, in the midst of what `until` tells, and the processes that it started."""
    process = project.start(*arguments, **variables)

    def come() -> bool:
        assert process.poll() is None, process.communicate()
        return until()

    try:
        wait_until(come, 120, f"it never came to {what}")
        children = descendants_of(process.pid)
        assert children, "there is no dbt"
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return process, children


def stop(project, process, children, number, within: float = ENDS_WITHIN) -> None:
    """Ends it so, and looks at what is left."""
    began = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    took = time.monotonic() - began
    assert took < within, f"{number.name}: {took:.1f} s"
    run = project.ok("history", "--json").json["runs"][0]
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
        assert run["status"] == "died"
    else:
        assert process.returncode == 130, err
        assert run["status"] == "interrupted"
    wait_until(
        lambda: not any(alive(child) for child in children),
        ENDS_WITHIN,
        f"dbt outlived its parent after {number.name}",
    )


def expect_an_undisturbed_run(project) -> None:
    project.ok("run")
    sql = "SELECT visits, computed FROM analytics.slow"
    assert project.warehouse(sql) == [(VISITS, True)]
    assert project.warehouse("SELECT count(*) FROM raw.visits") == [(VISITS,)]
    assert list((project.path / ".keelboat").rglob("static_index.html"))
    project.ok("vacuum", "--older-than", "0s")
    expect_no_orphans(project)


@pytest.mark.parametrize("command", ["run", "transform"])
def test_stopped_while_dbt_is_imported(dbt_project, tmp_path, command):
    """`run` moves rows meanwhile, `transform` waits for it."""
    project = dbt_project
    project.ok("extract")
    project.ok("load")
    variables, importing = watched_import(tmp_path)
    log = project.path / "logs" / "keelboat.log"
    for number in STOPS:
        importing.unlink(missing_ok=True)
        written = Grown(log)
        stop(
            project,
            *start(project, importing.exists, "the import", command, **variables),
            number,
        )
        assert "transform.started" not in written.text()
    expect_an_undisturbed_run(project)


def test_stopped_in_the_midst_of_a_build(dbt_project):
    project = dbt_project
    log = project.path / "logs" / "dbt.log"
    for number in STOPS:
        written = Grown(log)
        process, children = start(
            project,
            lambda written=written: "model analytics.slow" in written.text(),
            "the slow model",
            "run",
            **SLOW_MODEL,
        )
        time.sleep(0.5)  # Its query is at work by now, on most machines.
        stop(project, process, children, number)
        # What was loaded before dbt began is there, whole.
        assert project.warehouse("SELECT count(*) FROM raw.visits") == [(VISITS,)]
    expect_an_undisturbed_run(project)


def test_stopped_while_the_docs_are_generated(dbt_project):
    project = dbt_project
    log = project.path / "logs" / "dbt.log"
    for number in STOPS:
        written = Grown(log)
        process, children = start(
            project,
            lambda written=written: DOCS_BEGIN in written.text(),
            "the docs",
            "run",
            **SLOW_DOCS,
        )
        # Nothing of the warehouse is being written, so dbt's ten seconds are not waited for.
        stop(project, process, children, number, within=9)
        # Every model had been built.
        assert project.warehouse("SELECT visits FROM analytics.slow") == [(VISITS,)]
    expect_an_undisturbed_run(project)
