"""A lake that somebody touched: the message names the file and what helps, nothing is made
worse, and what can be put right by a full refresh is."""

import os
import subprocess

import pytest
from own_mounts import OWN_MOUNTS
from visits_shop import VISITS


def refused(project, *words: str, codes=(1, 2), command=("run",)) -> None:
    done = project.run(*command)
    assert done.code in codes, f"{done.code}\n{done.text}"
    error = "".join(done.err.split())  # Long names are wrapped.
    for word in words:
        assert "".join(word.split()) in error, f"{word!r} is not in:\n{done.err}"
    assert "internal" not in error


def log_of(project, table: str = "visits"):
    return project.path / "lake" / table / "_delta_log"


def warehouse_rows(project) -> int:
    return project.warehouse("SELECT count(*) FROM raw.visits")[0][0]


def test_a_commit_that_is_not_json(project):
    project.ok("run")
    commit = log_of(project) / f"{0:020}.json"
    whole = commit.read_bytes()
    commit.write_bytes(whole[: len(whole) // 2])
    refused(project, "visits", commit.name)
    assert warehouse_rows(project) == VISITS
    assert commit.read_bytes() == whole[: len(whole) // 2]
    commit.write_bytes(whole)
    project.ok("run")


def test_an_empty_commit(project):
    project.ok("run")
    commit = log_of(project) / f"{0:020}.json"
    commit.write_bytes(b"")
    refused(project, "visits")
    assert warehouse_rows(project) == VISITS


def test_a_commit_is_missing_in_between(project):
    for _ in range(3):
        project.ok("extract", "visits")
    commit = log_of(project) / f"{1:020}.json"
    content = commit.read_bytes()
    commit.unlink()
    refused(project, "visits", "1")
    commit.write_bytes(content)
    project.ok("run")
    assert warehouse_rows(project) == VISITS


def test_a_parquet_file_is_missing(project):
    project.ok("extract")
    (file,) = (project.path / "lake" / "visits").glob("*.parquet")
    file.unlink()
    refused(project, "visits", file.name, command=("load",))
    project.ok("run", "--full-refresh")
    assert warehouse_rows(project) == VISITS
    assert project.lake("visits").num_rows == VISITS


@pytest.mark.parametrize("size", [0, 1000])
def test_a_parquet_file_is_cut_short(project, size):
    project.ok("extract")
    (file,) = (project.path / "lake" / "visits").glob("*.parquet")
    os.truncate(file, size)
    refused(project, "visits", file.name, command=("load",))
    tables = project.ok("status", "--json").json["tables"]
    versions = {table["table"]: table["warehouse_version"] for table in tables}
    assert versions == {"customers": 0, "visits": None}
    project.ok("run", "--full-refresh")
    assert warehouse_rows(project) == VISITS


def test_a_table_written_by_software_with_features_we_do_not_know(project):
    project.ok("run")
    (log_of(project) / f"{1:020}.json").write_text(
        '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,'
        '"readerFeatures":["rowTracking2"],"writerFeatures":["rowTracking2"]}}\n'
    )
    refused(project, "visits", "rowTracking2")
    assert warehouse_rows(project) == VISITS


def test_a_lake_that_may_not_be_written(project):
    """Root may write anywhere, so the folder is mounted for reading, for the program alone."""
    project.ok("run")
    lake = project.path / "lake"
    project.prefix = (
        *OWN_MOUNTS,
        *("sh", "-c"),
        f'mount --bind "{lake}" "{lake}" && mount -o remount,bind,ro "{lake}" && '
        'exec "$@"',
        "sh",
    )
    probe = subprocess.run(
        [*project.prefix, "touch", str(lake / "probe")], capture_output=True, text=True
    )
    assert "Read-only" in probe.stderr, probe
    refused(project, "visits", str(lake), "read-only")
    project.prefix = ()
    assert warehouse_rows(project) == VISITS
    assert project.lake("visits").num_rows == VISITS
    project.ok("run")
