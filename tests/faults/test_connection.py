"""The way to the server breaks while rows are coming."""

import os
import signal
import threading

import pytest
from faulty_proxy import (
    Bandwidth,
    Call,
    Close,
    Delay,
    FaultyProxy,
    HalfClose,
    Reset,
    Stall,
)
from private_server import new_database, private_server
from visits_shop import SHOP, VISITS

MIDDLE = (
    5_000_000  # Bytes; visits has about 14,700,000, and nothing else has nearly so many.
)
# The list form of the metadata; only it has a policy for trying again.
PATIENT = {
    "tables": [
        {"source_table": name, "strategy": "full_load", "primary_key": [key]}
        for name, key in (("visits", "id"), ("customers", "name"))
    ],
    "retry_policy": {"max_retries": 100, "retry_delay": 1, "exponential_backoff": False},
}
RIGHT = (VISITS, VISITS, VISITS * (VISITS + 1) // 2)


@pytest.fixture
def proxy(server, project):
    with FaultyProxy(server.port) as running:
        project.variables["MYSQL_PORT"] = str(running.port)
        yield running


def notice_silence_soon(project) -> None:
    """Where a test wants it: a busy server may be silent for a while, too."""
    project.replace("type: mysql\n", "type: mysql\n    read_timeout: 3s\n")


def loaded(project) -> tuple:
    sql = "SELECT count(*), count(DISTINCT id), sum(id)::BIGINT FROM raw.visits"
    return project.warehouse(sql)[0]


def lake_is_right(project) -> bool:
    visits = project.lake("visits").column("id").to_pylist()
    return sorted(visits) == list(range(1, VISITS + 1))


def files(project) -> list[str]:
    return [path.name for path in (project.path / "lake").rglob("*") if path.is_file()]


@pytest.mark.parametrize("fault", [Reset, Close, HalfClose, Stall])
def test_broken_once_in_the_middle_of_a_row(project, proxy, fault):
    if fault is Stall:
        notice_silence_soon(project)
    proxy.plan(fault(after=MIDDLE))
    done = project.ok("run")
    assert proxy.spent == 1
    assert "visits" in done.err and "trying again" in done.err
    assert lake_is_right(project)
    assert loaded(project) == RIGHT
    # What the first attempt had written is gone already.
    assert len([name for name in files(project) if name.endswith(".parquet")]) == 2
    assert not [name for name in files(project) if "tmp" in name]


def test_broken_again_and_again(project, proxy):
    project.ok("run")
    proxy.plan(*[Reset(after=MIDDLE)] * 50)
    done = project.run("run")
    assert done.code == 3, done.text
    assert "visits" in done.err and "127.0.0.1" in done.err
    assert lake_is_right(project)
    assert loaded(project) == RIGHT
    record = project.records()[0]
    assert {table["table"]: table["status"] for table in record["tables"]} == {
        "customers": "ok",
        "visits": "failed",
    }


@pytest.mark.parametrize(
    "fault",
    [
        Delay(after=MIDDLE, seconds=0.005),
        Bandwidth(after=MIDDLE, bytes_per_second=4_000_000),
    ],
    ids=["delay", "bandwidth"],
)
def test_a_slow_line_only_takes_longer(project, proxy, fault):
    proxy.plan(fault)
    done = project.ok("run")
    assert proxy.spent == 1
    assert "trying again" not in done.err
    assert lake_is_right(project)
    assert loaded(project) == RIGHT


@pytest.mark.parametrize("fault", [Close, HalfClose])
def test_a_line_that_ends_again_and_again_publishes_nothing(project, proxy, fault):
    proxy.plan(*[fault(after=MIDDLE)] * 50)
    done = project.run("run")
    assert done.code == 3, done.text
    assert "visits" in done.err and "127.0.0.1" in done.err
    assert not (project.path / "lake" / "visits" / "_delta_log").exists()
    assert not list((project.path / "lake" / "visits").rglob("*.parquet"))


def test_silence_is_named_with_the_setting_that_allows_it(project, proxy):
    notice_silence_soon(project)
    proxy.plan(*[Stall(after=MIDDLE)] * 50)
    done = project.run("run")
    assert done.code == 3, done.text
    assert "read_timeout" in done.err
    assert not (project.path / "lake" / "visits" / "_delta_log").exists()


@pytest.mark.parametrize("bytes_before", [0, 1, 40, 90, 300])
def test_broken_while_greeting_or_planning(project, proxy, bytes_before):
    proxy.plan(Reset(after=bytes_before))
    done = project.run("run")
    assert proxy.spent == 1
    # Either tried again and right, or refused with the server's name; never half.
    assert done.code in (0, 3), done.text
    if done.code == 0:
        assert loaded(project) == RIGHT
    else:
        assert str(proxy.port) in done.err
        assert not list((project.path / "lake").rglob("*.parquet"))
    project.ok("run")
    assert loaded(project) == RIGHT


def test_the_server_is_killed_and_comes_back(project, tmp_path):
    with private_server(tmp_path / "own") as own, FaultyProxy(own.port) as proxy:
        project.variables = new_database(own, "shop", SHOP)
        project.variables["MYSQL_PORT"] = str(proxy.port)
        project.write("metadata/table_metadata.json", PATIENT)
        reached = threading.Event()
        killed = threading.Event()
        proxy.plan(Call(after=MIDDLE, action=lambda: (reached.set(), killed.wait(60))))
        process = project.start("run")
        try:
            assert reached.wait(60)
            os.kill(own.pid, signal.SIGKILL)
            own.stop()
            killed.set()
            # In this thread: a server ends with the thread that started it.
            own.start()
            proxy.target = own.port
            _, err = process.communicate(timeout=180)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0, err
    assert "trying again" in err
    assert lake_is_right(project)
    assert loaded(project) == RIGHT
