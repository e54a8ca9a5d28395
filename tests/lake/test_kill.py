"""kill -9 before every call that changes the disk, and writers in several processes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

OLD, NEW = 50, 70


def rows(count: int, first: int = 0) -> pa.Table:
    return pa.table({"id": pa.array(range(first, first + count), pa.int64())})


def ids(lake, table="orders") -> list[int]:
    return sorted(
        DeltaTable(lake.path(table)).to_pyarrow_table().column("id").to_pylist()
    )


def data_files(lake) -> list[Path]:
    """Everything but the log, hidden files too."""
    return [
        path
        for path in lake.folder.rglob("*")
        if path.is_file() and "_delta_log" not in path.parts
    ]


def until_it_lives(lake, act, check):
    """Kills `act` at the first, second … call until it gets through; counts the deaths."""
    for kill_at in range(1, 200):
        try:
            act("--kill-at", kill_at)
        except lake.Killed:
            check(kill_at)
        else:
            return kill_at - 1
    raise AssertionError("it never got through")


@pytest.mark.parametrize("versions", [0, 1, 10])
def test_a_killed_load_leaves_the_old_table_or_the_new(versions, lake):
    """0: the table's first load; 10: the commit that brings a checkpoint."""
    old, new = lake.stage(rows(OLD)), lake.stage(rows(NEW))

    def act(*kill):
        lake.call("write", "orders", new, *kill)

    def reset():
        lake.call("drop", "orders")
        assert not lake.path("orders").exists()
        for _ in range(versions):
            lake.call("write", "orders", old)

    def check(kill_at):
        snapshot = lake.snapshot("orders")
        if snapshot is None:
            assert versions == 0
        else:
            assert snapshot["version"] in (versions - 1, versions), kill_at
            expected = NEW if snapshot["version"] == versions else OLD
            assert ids(lake) == list(range(expected)), kill_at
        # The same load once more, and what the dead left goes with a vacuum.
        act()
        assert ids(lake) == list(range(NEW))
        lake.call("vacuum", "orders", 0)
        assert [path.name for path in data_files(lake)] == [
            file["path"] for file in lake.snapshot("orders")["files"]
        ]
        reset()

    reset()
    assert until_it_lives(lake, act, check) >= 10


def test_a_killed_advance_leaves_the_old_tail_or_the_new(lake):
    closed, tail = lake.stage(rows(10, 50)), lake.stage(rows(5, 60))

    def act(*kill):
        lake.call("write", "orders", closed, "--advance", "--tail", tail, *kill)

    def reset():
        lake.call("drop", "orders")
        lake.write("orders", rows(50), "--tail", lake.stage(rows(3, 50)))

    def check(kill_at):
        snapshot = lake.snapshot("orders")
        expected = 65 if snapshot["version"] == 1 else 53
        assert ids(lake) == list(range(expected)), kill_at
        if snapshot["version"] == 0:
            act()
            assert ids(lake) == list(range(65))
        lake.call("vacuum", "orders", 0)
        assert sorted(path.name for path in data_files(lake)) == [
            file["path"] for file in lake.snapshot("orders")["files"]
        ]
        reset()

    reset()
    assert until_it_lives(lake, act, check) >= 10


def test_a_killed_vacuum_harms_nothing(lake):
    for first in range(4):
        lake.write("orders", rows(10, first))

    def act(*kill):
        lake.call("vacuum", "orders", 0, *kill)

    def check(_):
        assert ids(lake) == list(range(3, 13))

    assert until_it_lives(lake, act, check) >= 3
    assert len(data_files(lake)) == 1


def test_a_killed_drop_leaves_an_older_version_or_nothing(lake):
    for first in range(3):
        lake.write("orders", rows(10, first))

    def act(*kill):
        lake.call("drop", "orders", *kill)

    def check(_):
        snapshot = lake.snapshot("orders")
        if snapshot is not None:
            assert ids(lake) == list(range(snapshot["version"], snapshot["version"] + 10))

    assert until_it_lives(lake, act, check) >= 1
    assert not lake.path("orders").exists()


def test_processes_in_a_race_lose_nothing(lake):
    writers, commits = 4, 25

    def write_all(writer: int):
        for commit in range(commits):
            data = lake_inputs[writer * commits + commit]
            lake.call("write", "orders", data, "--append", "--retry")

    lake_inputs = [lake.stage(rows(1, number)) for number in range(writers * commits)]
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write_all, range(writers)))
    assert lake.snapshot("orders")["version"] == writers * commits - 1
    assert ids(lake) == list(range(writers * commits))
    assert len(data_files(lake)) == writers * commits
