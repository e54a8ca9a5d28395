"""A project folder: its sources and queries, its lake, and its runs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _core
from ._surroundings import binary, project_dir, variables
from .errors import RunError, _of_kind
from .fetching import Source
from .result import Result

__all__ = ["Parameter", "Project", "Query", "open_project", "read_lake", "run"]


@dataclass(frozen=True)
class Parameter:
    """A parameter that a query declares. `default` is None where there is none."""

    name: str
    type: str
    default: str | None
    optional: bool
    description: str


@dataclass(frozen=True)
class Query:
    """A query by its name. `file` is empty for the samples that came with keelboat."""

    name: str
    description: str
    database: str
    partition_on: str
    parameters: tuple[Parameter, ...]
    sql: str
    file: str

    @classmethod
    def _of(cls, told: dict[str, Any]) -> Query:
        parameters = tuple(Parameter(**one) for one in told.pop("parameters"))
        return cls(parameters=parameters, **told)


class Project:
    """An opened project. Nothing is connected to before it is needed."""

    def __init__(
        self, path: str | os.PathLike | None = None, *, env: str | None = None
    ) -> None:
        told = _core.describe_project(project_dir(path), env or "", variables())
        self.name: str = told["name"]
        self.dir: str = told["dir"]
        self.environment: str = told["environment"]
        #: Name to type: "mysql", "metabase".
        self.sources: dict[str, str] = told["sources"]
        #: Team to database.
        self.teams: dict[str, str] = told["teams"]
        self.lake: str = told["lake"]
        self._queries: str = told["queries"]
        self._env = env
        self._opened: dict[str, Source] = {}

    def __repr__(self) -> str:
        return f"<keelboat.Project {self.name} in {self.dir}>"

    def source(self, name: str) -> Source:
        """A source of keelboat.yaml; it logs in once for all fetches of this project."""
        if name not in self._opened:
            self._opened[name] = Source(name, project=self.dir, env=self._env)
        return self._opened[name]

    def fetch(self, source: str, query: str | None = None, **options: Any) -> Result:
        """As `keelboat.fetch`, from a source of this project."""
        return self.source(source).fetch(query, **options)

    def queries(self) -> list[Query]:
        """Every query that "@name" finds here, sorted by name."""
        return [Query._of(told) for told in _core.list_queries(self._folders())]

    def query(self, name: str) -> Query:
        """One query; NotFoundError names the nearest."""
        return Query._of(_core.find_query(name.removeprefix("@"), self._folders()))

    def read_lake(
        self, table: str, *, version: int | None = None, every_version: bool = False
    ) -> Result:
        """As `keelboat.read_lake`, from this project's lake."""
        return read_lake(
            table,
            version=version,
            every_version=every_version,
            project=self.dir,
            env=self._env,
        )

    def run(self, *tables: str, **options: Any) -> dict[str, Any]:
        """As `keelboat.run`, of this project."""
        return run(self.dir, *tables, env=self._env, **options)

    def status(self, *tables: str) -> list[dict[str, Any]]:
        """What is where, how old: a dict a table, as `keelboat status --json` tells."""
        return _call(self.dir, self._env, ["status", *tables], quiet=True)["tables"]

    def _folders(self) -> list[str]:
        return [*_core.query_folders(self.dir, variables()), self._queries]


def open_project(
    path: str | os.PathLike | None = None, *, env: str | None = None
) -> Project:
    """Opens the project in a folder: by default $KEELBOAT_PROJECT, else the working one.

    Raises:
        ConfigError: there is no keelboat.yaml, or everything that is wrong with it.
    """
    return Project(path, env=env)


def read_lake(
    table: str,
    *,
    version: int | None = None,
    every_version: bool = False,
    project: str | os.PathLike | None = None,
    env: str | None = None,
) -> Result:
    """Reads a table of the project's lake.

    Args:
        table: its name.
        version: of the table's log; default: the newest.
        every_version: an incremental table keeps older versions of its rows; True brings
            them, too. By default a key comes once, as in the warehouse.

    Raises:
        NotFoundError: no such table, or a version that the log no longer has.
    """
    folder, surroundings = project_dir(project), variables()

    def reopen(_: list[str]) -> _core.Rows:
        return _core.read_lake(
            table, folder, env or "", surroundings, version, every_version
        )

    return Result(reopen, table, False, False)


def run(
    project: str | os.PathLike | None = None,
    *tables: str,
    phase: str = "run",
    test_mode: bool = False,
    full_refresh: bool = False,
    env: str | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Carries tables from their source into lake, warehouse and marts.

    Args:
        project: its folder; default $KEELBOAT_PROJECT, else the working directory.
        tables: names; default: all.
        phase: "run", or one part of it: "extract", "load", "transform".
        test_mode: the whole way on 1,000 rows of each table, in places of its own.
        full_refresh: load everything anew.
        quiet: no progress on standard error.

    Returns:
        What `keelboat run --json` tells: "run_id", "status", "tables", "transform", …

    Raises:
        RunError: a table or a model failed; its `report` has the rest.
        ConfigError, UnavailableError, …: the run could not begin.
    """
    if phase not in ("run", "extract", "load", "transform"):
        raise ValueError("phase is 'run', 'extract', 'load' or 'transform'")
    arguments = [phase, *tables]
    if test_mode:
        arguments.append("--test-mode")
    if full_refresh:
        arguments.append("--full-refresh")
    return _call(project_dir(project), env, arguments, quiet)


def _call(folder: str, env: str | None, arguments: Sequence[str], quiet: bool) -> Any:
    """Runs the program; its progress goes where Python's standard error goes."""
    command = [binary(), "-C", folder, *arguments, "--json"]
    if env:
        command += ["--env", env]
    if quiet:
        command.append("--quiet")
    # A notebook's standard error is no file of the process.
    try:
        direct = sys.stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):
        direct = False
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if direct else subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    pump = None
    if not direct:
        pump = threading.Thread(
            target=lambda: [sys.stderr.write(line) for line in process.stderr]
        )
        pump.start()
    try:
        out = process.stdout.read()
        process.wait()
    except KeyboardInterrupt:
        # A terminal has told it already; asking twice would not let it end cleanly.
        if not (direct and sys.stderr.isatty()):
            process.send_signal(signal.SIGINT)
        process.wait()
        raise
    finally:
        if pump is not None:
            pump.join()
        process.stdout.close()
    return _report(process.returncode, out, folder)


def _report(code: int, out: str, folder: str) -> Any:
    try:
        report = json.loads(out)
    except json.JSONDecodeError:
        report = {}
    if code == 0:
        return report
    error = report.get("error") if isinstance(report, Mapping) else None
    if isinstance(error, Mapping):
        raise _of_kind(error["kind"], error["message"])
    failed = [
        f"{table['table']}: {table['error']}"
        for table in report.get("tables", [])
        if table.get("error")
    ]
    if not failed and report.get("run_id"):
        # The run as a whole failed: its record knows why.
        record = Path(folder) / "logs" / "runs" / f"{report['run_id']}.json"
        with contextlib.suppress(OSError, ValueError):
            told = json.loads(record.read_text(encoding="utf-8"))
            if told.get("error"):
                raise _of_kind(told.get("error_kind") or "internal", told["error"])
    text = "; ".join(failed) or f"keelboat ended with exit code {code}"
    raise RunError(text, report)
