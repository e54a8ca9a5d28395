"""One stand-in for all tests of a worker, and `keelboat fetch` against it."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pytest
from metabase import metabase

KEELBOAT = Path(__file__).parents[2] / "build" / "release" / "keelboat"
GROWTH = "2"
POSTGRES = "5"


@dataclass
class Fetched:
    code: int
    err: str
    rows: pa.Table | None
    facts: dict


class Fetcher:
    """Runs the command, reads the file that it wrote."""

    def __init__(self, server, folder):
        self.server = server
        self._folder = folder
        self._count = 0

    def hastily(self, *arguments: str) -> Fetched:
        """The same by a source that asks no question again: for faults that stay."""
        (self._folder / "keelboat.yaml").write_text(
            "sources:\n"
            f"  hasty: {{type: metabase, url: '{self.server.url}',"
            " api_key: '${METABASE_API_KEY}', retries: 0}\n"
        )
        return self(*arguments, source="hasty")

    def __call__(
        self, *arguments: str, database: str = GROWTH, source: str = ""
    ) -> Fetched:
        self._count += 1
        file = self._folder / f"{self._count}.arrow"
        environment = {**os.environ, "METABASE_API_KEY": self.server.api_key}
        done = subprocess.run(
            [
                *(KEELBOAT, "fetch", source or self.server.url, *arguments),
                *("--database", database, "-o", file, "--json"),
            ],
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert self.server.api_key not in done.stdout + done.stderr
        facts = json.loads(done.stdout) if done.stdout.strip() else {}
        if done.returncode != 0:
            assert not file.exists()
            return Fetched(done.returncode, done.stderr, None, facts)
        with pa.ipc.open_file(file) as reader:
            rows = reader.read_all()
        rows.validate(full=True)
        return Fetched(0, done.stderr, rows, facts)

    def ok(self, *arguments: str, database: str = GROWTH) -> pa.Table:
        fetched = self(*arguments, database=database)
        assert fetched.code == 0, fetched.err
        return fetched.rows


@pytest.fixture(scope="session")
def standin():
    with metabase(profile="v63", orders=120_000) as server:
        yield server


@pytest.fixture(params=["v48", "v55", "v63"])
def server(request, standin):
    standin.set(profile=request.param)
    yield standin
    standin.reset()


@pytest.fixture
def fetch(server, tmp_path):
    return Fetcher(server, tmp_path)
