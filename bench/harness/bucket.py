"""A lake in a bucket: `bench/run bucket`.

The tests' MinIO on this machine, with data on the same disk. What a bucket costs the whole run
(against the lake in a folder), and what bringing the lake to DuckDB costs (against a bare
download of the same files and DuckDB's own load of them).
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from . import report
from .__main__ import (
    KEELBOAT,
    ROOT,
    SCENARIOS,
    WORK,
    command_of,
    environment_of,
    head_commit,
    scenarios_of,
    write_results,
)
from .datasets import DATASETS, serve
from .measure import TIMED_OUT, measure
from .source import SourceTable, server_pid, server_version, warm
from .verify import Verdict, Verifier

sys.path.append(str(ROOT / "tests" / "support"))

from minio import ACCESS_KEY, SECRET_KEY, Minio, minio_server  # noqa: E402

_TASKS = ("lake_in_bucket", "bucket_to_duckdb")
_PREPARE = """
set -euo pipefail
source "$1/keelboat_bucket.sh"
make_bucket_project "$2"
exec "$KEELBOAT" -C "$2" --no-progress extract
"""


class BucketBench:
    """Runs scenarios on the tables of one server and the buckets of one MinIO."""

    def __init__(
        self, tables: list[SourceTable], reference: Path, label: str, minio: Minio
    ) -> None:
        self._tables = tables
        self._verifier = Verifier(tables, reference)
        self._label = label
        self._minio = minio
        self._commit = head_commit()
        self._names = (f"run-{number}" for number in itertools.count(1))
        self._extracted: str | None = None

    def run(self, scenario: Path, number: int) -> report.Run:
        task = scenario.parent.name
        output, scratch = WORK / "output", WORK / "scratch"
        for folder in (output, scratch):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        loads = task == "bucket_to_duckdb"
        bucket = (
            self._bucket_with_lake()
            if loads
            else self._minio.new_bucket(next(self._names))
        )
        log = WORK / f"{task}-{scenario.stem}.log"
        measured = measure(
            command_of(scenario),
            self._environment(bucket, output, scratch),
            scratch,
            log,
            output,
            self._minio.process.pid if loads else server_pid(),
        )
        own = output / "measured.json"
        if own.exists():  # A floor whose start is no part of the task.
            measured = replace(measured, **json.loads(own.read_text()))
        said = (log.read_text(errors="replace").strip().splitlines() or ["silent"])[-1]
        if measured.exit_code == TIMED_OUT:
            verdict = Verdict(["not done in time"])
        elif measured.exit_code != 0:
            verdict = Verdict([f"exit code {measured.exit_code} ({said[:200]})"])
        else:
            verdict = self._verifier.check(output)
        shutil.rmtree(output, ignore_errors=True)
        if not loads:
            shutil.rmtree(self._minio.home / "data" / bucket)
        return report.Run(
            f"{task}/{self._label}",
            scenario.stem,
            number,
            measured,
            sum(table.rows for table in self._tables),
            "; ".join(verdict.wrong),
            ", ".join(verdict.notes),
            self._commit,
        )

    def _environment(self, bucket: str, output: Path, scratch: Path) -> dict[str, str]:
        return environment_of(self._tables, output, scratch) | {
            "BENCH_BUCKET": bucket,
            "BENCH_ENDPOINT": self._minio.endpoint,
            "BENCH_ACCESS_KEY": ACCESS_KEY,
            "BENCH_SECRET_KEY": SECRET_KEY,
        }

    def _bucket_with_lake(self) -> str:
        if self._extracted is None:
            self._extracted = self._minio.new_bucket("extracted")
            with tempfile.TemporaryDirectory(dir=WORK) as project:
                subprocess.run(
                    ["bash", "-c", _PREPARE, "bash", str(SCENARIOS), project],
                    env=self._environment(self._extracted, Path(project), Path(project)),
                    stdout=subprocess.DEVNULL,
                    check=True,
                )
        return self._extracted


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run bucket", description=__doc__)
    parser.add_argument("--task", action="append", choices=_TASKS)
    parser.add_argument("--tool", action="append", help="only this tool; may be repeated")
    parser.add_argument(
        "--data", default="olist", choices=sorted(DATASETS), help="data set (olist)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the data (1.0)")
    parser.add_argument("--results", type=Path, help="where results go")
    parser.set_defaults(subcommand=["bucket"])
    options = parser.parse_args()
    tasks = [task for task in _TASKS if not options.task or task in options.task]
    chosen = scenarios_of(tasks, options.tool)
    if not KEELBOAT.exists():
        raise SystemExit("bench/run: build/release is missing: run: make build")
    WORK.mkdir(parents=True, exist_ok=True)
    home = WORK / f"minio-{os.getpid()}"
    runs = []
    try:
        with (
            serve(DATASETS[options.data], options.scale) as (tables, reference),
            minio_server(home) as minio,
        ):
            warm(tables)
            bench = BucketBench(tables, reference, options.data, minio)
            for number in range(1, options.rounds + 1):
                for scenario in chosen:
                    run = bench.run(scenario, number)
                    runs.append(run)
                    print(run.line(options.rounds), file=sys.stderr, flush=True)
            server = server_version()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(report.summary(runs))
    if options.results:
        write_results(runs, options, {"MariaDB": server, "store": "MinIO"})
    return 1 if any(run.wrong for run in runs if run.tool == "keelboat") else 0


if __name__ == "__main__":
    raise SystemExit(main())
