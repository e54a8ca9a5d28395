"""Stopped while dbt is at work: Ctrl-C, a supervisor's SIGTERM, kill -9."""

import os
import signal
import time

from slow_dbt import SLOW
from visits_shop import VISITS

ENDS_WITHIN = 15  # Seconds; the slow model alone takes longer.


def children_of(pid: int) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue  # It ended meanwhile.
        if parent == pid:
            found.append(int(name))
    return found


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def start_and_wait_for_the_slow_model(project):
    """The program in the midst of a build, and its children."""
    log = project.path / "logs" / "keelboat.log"
    before = log.stat().st_size if log.exists() else 0

    def building() -> bool:
        assert process.poll() is None, process.communicate()
        if not log.exists():
            return False
        with log.open("rb") as file:
            file.seek(before)
            return b"transform.started" in file.read()

    process = project.start("run", **SLOW)
    wait_until(building, 120, "dbt never began to build")
    time.sleep(2)  # The quick model is done and the slow one has begun.
    children = children_of(process.pid)
    assert children, "there is no dbt"
    return process, children


def mart(project) -> list[tuple]:
    return project.warehouse("SELECT visits, computed FROM analytics.slow")


def test_stopped_in_the_midst_of_a_build(dbt_project):
    project = dbt_project
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process, children = start_and_wait_for_the_slow_model(project)
        began = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        took = time.monotonic() - began
        assert took < ENDS_WITHIN, f"{number.name}: {took:.1f} s"
        run = project.ok("history", "--json").json["runs"][0]
        if number == signal.SIGKILL:
            assert process.returncode == -signal.SIGKILL
            assert run["status"] == "died"
        else:
            assert process.returncode == 130, err
            assert run["status"] == "interrupted"
        wait_until(
            lambda those=children: not any(alive(child) for child in those),
            ENDS_WITHIN,
            f"dbt outlived its parent after {number.name}",
        )
        # What was loaded before dbt began is there, whole.
        assert project.warehouse("SELECT count(*) FROM raw.visits") == [(VISITS,)]
    project.ok("run")
    assert mart(project) == [(VISITS, True)]
    project.ok("vacuum", "--older-than", "0s")
    lake = project.path / "lake"
    assert [len(list((lake / t).glob("*.parquet"))) for t in ("visits", "customers")] == [
        1,
        1,
    ]
