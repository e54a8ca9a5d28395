"""No space left: the message names the place and the remedy, what was there stays readable,
and a run after making room is right."""

import pytest
from small_disk import SmallDisk
from visits_shop import VISITS

MIB = 1 << 20

_ROWS = """
import json, sys
import duckdb
from deltalake import DeltaTable
lake, warehouse = sys.argv[1:]
rows = DeltaTable(lake + "/visits").to_pyarrow_table()
with duckdb.connect(warehouse, read_only=True) as connection:
    loaded = connection.execute(
        "SELECT count(*), count(DISTINCT id), sum(id) FROM raw.visits").fetchone()
files = [str(path) for path in __import__("pathlib").Path(lake).rglob("*")
         if path.is_file() and ("-tmp-" in path.name or path.suffix == ".parquet")]
print(json.dumps({"lake": rows.num_rows, "warehouse": loaded, "files": files}))
"""

RIGHT = [VISITS, VISITS, VISITS * (VISITS + 1) // 2]


@pytest.fixture
def disk(project, tmp_path):
    """A disk with room for two copies of the lake, and the project's programs inside."""
    with SmallDisk(tmp_path / "disk", 48 * MIB) as mounted:
        project.prefix = mounted.prefix
        yield mounted


def refuses(project, place: str, code: int = 1, command=("run",)) -> None:
    done = project.run(*command)
    assert done.code == code, f"{done.code}\n{done.text}"
    error = "".join(done.err.split())  # Long paths are wrapped.
    assert place in error, done.err
    assert "free" in error and "space" in error, done.err  # The remedy.


def rows(project, disk, lake=None, warehouse=None):
    return disk.python(
        _ROWS,
        str(lake or project.path / "lake"),
        str(warehouse or project.path / "warehouse.duckdb"),
    )


def test_the_lake_is_full(project, disk):
    lake = disk.folder / "lake"
    project.replace("{url: ./lake}", "{url: " + str(lake) + "}")
    project.ok("run")
    disk.fill(leave=3 * MIB)
    refuses(project, "lake/visits")
    found = rows(project, disk, lake=lake)
    assert found["lake"] == VISITS and found["warehouse"] == RIGHT
    disk.free()
    project.ok("run")
    project.ok("vacuum", "--older-than", "0s")
    found = rows(project, disk, lake=lake)
    assert found["lake"] == VISITS and found["warehouse"] == RIGHT
    assert len(found["files"]) == 2, found["files"]


def test_a_lake_without_a_byte_left(project, disk):
    lake = disk.folder / "lake"
    project.replace("{url: ./lake}", "{url: " + str(lake) + "}")
    disk.fill(leave=0)
    refuses(project, "lake")
    disk.free()
    project.ok("run")
    assert rows(project, disk, lake=lake)["warehouse"] == RIGHT


def test_the_warehouse_is_full(project, disk):
    warehouse = disk.folder / "warehouse.duckdb"
    project.replace("path: warehouse.duckdb", f"path: {warehouse}")
    project.ok("run")
    disk.fill(leave=2 * MIB)
    refuses(project, "warehouse.duckdb")
    assert rows(project, disk, warehouse=warehouse)["warehouse"] == RIGHT
    disk.free()
    project.ok("run")
    assert rows(project, disk, warehouse=warehouse)["warehouse"] == RIGHT


def test_a_new_warehouse_on_a_full_disk(project, disk):
    warehouse = disk.folder / "warehouse.duckdb"
    project.replace("path: warehouse.duckdb", f"path: {warehouse}")
    disk.fill(leave=0)
    refuses(project, "warehouse.duckdb")
    disk.free()
    project.ok("run")
    assert rows(project, disk, warehouse=warehouse)["warehouse"] == RIGHT


def test_the_logs_are_full(project, disk):
    (project.path / "logs").symlink_to(disk.folder)
    disk.fill(leave=0)
    refuses(project, "logs")
    disk.free()
    project.ok("run")
    assert rows(project, disk)["warehouse"] == RIGHT
