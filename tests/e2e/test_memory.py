"""keelboat's own memory stays within run.memory's default, whatever the shape of a table."""

import os

import pytest
from shop_project import shop_project

LIMIT_MIB = 384
_COLUMNS = 200


def _wide(rows: int) -> str:
    """A table of many short texts."""
    return (
        "CREATE TABLE t (id INT PRIMARY KEY, "
        + ", ".join(f"c{i} VARCHAR(64)" for i in range(_COLUMNS))
        + "); INSERT INTO t SELECT seq, "
        + ", ".join(f"MD5(seq + {i})" for i in range(_COLUMNS))
        + f" FROM seq_1_to_{rows};"
    )


SHAPES = {
    "values of 1 MiB": (
        "CREATE TABLE t (id INT PRIMARY KEY, body LONGTEXT);"
        "INSERT INTO t SELECT seq, CONCAT(seq, REPEAT(MD5(seq), 32768)) FROM seq_1_to_500;"
    ),
    "many values of 64 KiB": (
        "CREATE TABLE t (id INT PRIMARY KEY, "
        + ", ".join(f"c{i} MEDIUMTEXT" for i in range(20))
        + "); INSERT INTO t SELECT seq, "
        + ", ".join(f"REPEAT(MD5(seq + {i}), 2048)" for i in range(20))
        + " FROM seq_1_to_400;"
    ),
    "hundreds of columns": _wide(10_000),
    "hundreds of columns, many rows": _wide(20_000),
    "millions of rows": (
        "CREATE TABLE t (id INT PRIMARY KEY, b INT, c BIGINT, d DOUBLE, e CHAR(8));"
        "INSERT INTO t SELECT seq, seq * 7, seq * 13, seq / 3, LEFT(MD5(seq), 8)"
        " FROM seq_1_to_1000000;"
    ),
}


def peak_mib(process) -> float:
    """Waits for it; its largest resident set."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_is_bounded(server, tmp_path, shape):
    metadata = {"t": {"load_strategy": "full", "description": "Rows"}}
    project = shop_project(server, tmp_path / "shop", SHAPES[shape], metadata)
    # The load of the second run takes the place of the first one's.
    for command in ["extract", "run", "run"]:
        process = project.start(command, "-q")
        peak = peak_mib(process)
        assert process.returncode == 0, process.stderr.read()
        assert peak <= LIMIT_MIB, f"{command}: {peak:.0f} MiB"
