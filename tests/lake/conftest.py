"""A lake to write with keelboat's own code and to read with other people's."""

import json
import os
import signal
import subprocess
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.ipc
import pytest
from deltalake import DeltaTable

ROOT = Path(__file__).resolve().parents[2]
PRESET = os.environ.get("KEELBOAT_PRESET", "release")
TOOL = ROOT / "build" / PRESET / "tests" / "lake" / "lake_tables"


class LakeError(Exception):
    def __init__(self, kind: str, message: str):
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class Killed(Exception):
    """The tool ended itself, as asked."""


class Lake:
    """Calls the test tool `lake_tables` on one folder."""

    Error = LakeError
    Killed = Killed

    def __init__(self, folder: Path, scratch: Path):
        self.folder = folder
        self.scratch = scratch
        self._files = 0

    def call(self, command: str, table: str, *arguments: object) -> dict:
        words = [str(TOOL), command, str(self.folder), table, *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
        if done.returncode == -signal.SIGKILL:
            raise Killed()
        assert done.returncode in (0, 1), (words, done)
        answer = json.loads(done.stdout)
        if done.returncode == 1:
            raise LakeError(**answer)
        return answer

    def stage(self, data: pa.Table, batch_rows: int | None = None) -> Path:
        """Puts rows where the tool can read them."""
        self._files += 1
        path = self.scratch / f"input-{self._files}.arrow"
        with pa.ipc.new_file(str(path), data.schema) as writer:
            writer.write_table(data, max_chunksize=batch_rows)
        return path

    def write(
        self, table: str, data: pa.Table, *arguments: object, batch_rows=None
    ) -> dict:
        return self.call("write", table, self.stage(data, batch_rows), *arguments)

    def snapshot(self, table: str, *version: int) -> dict:
        return self.call("snapshot", table, *version)

    def tables(self) -> list[str]:
        return self.call("tables", "")

    def path(self, table: str) -> Path:
        return self.folder / table

    def log(self, table: str, version: int) -> list[dict]:
        """The actions of a commit as they stand on disk."""
        path = self.path(table) / "_delta_log" / f"{version:020}.json"
        return [json.loads(line) for line in path.read_text().splitlines()]


def read_deltalake(lake: Lake, table: str, version: int | None = None) -> pa.Table:
    return pa.table(DeltaTable(lake.path(table), version=version).to_pyarrow_table())


def read_polars(lake: Lake, table: str, version: int | None = None) -> pa.Table:
    return polars.scan_delta(str(lake.path(table)), version=version).collect().to_arrow()


def read_duckdb(lake: Lake, table: str, version: int | None = None) -> pa.Table:
    """Reads the files that a snapshot lists, as keelboat's warehouse does."""
    snapshot = lake.snapshot(table, *([] if version is None else [version]))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    uris = [file["uri"] for file in snapshot["files"]]
    return connection.execute(
        "SELECT * FROM read_parquet($files, union_by_name = true)", {"files": uris}
    ).to_arrow_table()


READERS = {"deltalake": read_deltalake, "polars": read_polars, "duckdb": read_duckdb}


@pytest.fixture(params=READERS)
def read(request):
    """Reads a table with one of several independent readers."""
    return READERS[request.param]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Lake(tmp_path / "lake", scratch)
