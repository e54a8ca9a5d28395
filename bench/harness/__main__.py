"""Command line of `bench/run`."""

import argparse
import datetime
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from . import machine, report
from .datasets import DATASETS, Dataset, serve
from .measure import LIMIT_SECONDS, TIMED_OUT, Measurement, measure
from .source import SourceTable, server_pid, server_version, warm
from .verify import Verdict, Verifier

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "bench" / "scenarios"
WORK = ROOT / "build" / "bench"
KEELBOAT = ROOT / "build" / "release" / "keelboat"
PROGRAMS = WORK / "programs"
# What is moved where, unless --task and --data say so.
_STANDARD = {
    "mysql_to_arrow": ("lineitem", "geolocation", "wide_text", "narrow_integers"),
    "mysql_to_parquet": (
        "olist",
        "lineitem",
        "geolocation",
        "wide_text",
        "narrow_integers",
    ),
    "mysql_to_duckdb": ("olist",),
}
# Who is measured where cost is followed over sizes and keys.
_FOLLOWED = ("keelboat", "keelboat_4")
_EXAMPLES = """\
examples:
  bench/run                                  everything, three rounds; results in bench/results/
  bench/run --tool keelboat --rounds 1       one look at keelboat alone, nothing kept
  bench/run --task mysql_to_duckdb --scale 0.1
  bench/run --data lineitem                  TPC-H's lineitem to Arrow and to Parquet
  bench/run --data growing                   keelboat from 1 to 16 million rows
  bench/run --data keys                      keelboat under even and under skewed keys
"""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Move data out of MySQL with several tools, check that each wrote the"
        " source's rows, and compare the times of those that did.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--task", action="append", help="only this task; may be repeated")
    parser.add_argument("--tool", action="append", help="only this tool; may be repeated")
    parser.add_argument(
        "--data",
        action="append",
        choices=sorted(DATASETS),
        help="only this data set; may be repeated",
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the data (1.0)")
    parser.add_argument(
        "--results", type=Path, help="where results go (bench/results/<date>-<cpu>)"
    )
    parser.set_defaults(subcommand=[])
    return parser.parse_args()


def scenarios(options: argparse.Namespace, dataset: Dataset) -> list[Path]:
    """What is run on a data set, by task."""
    tools = options.tool or (_FOLLOWED if dataset.each else None)

    def wanted(task: str) -> bool:
        if task not in _STANDARD or (options.task and task not in options.task):
            return False
        if dataset.each:
            return bool(options.data) and task != "mysql_to_duckdb"
        return dataset.name in _STANDARD[task] or bool(options.data and options.task)

    tasks = sorted(folder.name for folder in SCENARIOS.iterdir() if folder.is_dir())
    return scenarios_of(filter(wanted, tasks), tools)


def scenarios_of(tasks: Iterable[str], tools: list[str] | None) -> list[Path]:
    """Scenarios of these tasks, in their order; of all tools where none is named."""
    return [
        path
        for task in tasks
        for path in sorted((SCENARIOS / task).iterdir())
        if path.suffix in (".py", ".sh") and (not tools or path.stem in tools)
    ]


def package_folder(name: str) -> Path:
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


def command_of(scenario: Path) -> list[str]:
    return [sys.executable if scenario.suffix == ".py" else "bash", str(scenario)]


def environment_of(tables: list[SourceTable], output: Path, scratch: Path) -> dict:
    return os.environ | {
        "BENCH_OUTPUT": str(output),
        "BENCH_TABLES": " ".join(table.name for table in tables),
        "BENCH_KEYS": " ".join(f"{table.name}={table.key}" for table in tables),
        "BENCH_WORK": str(scratch),
        "BENCH_PROGRAMS": str(PROGRAMS),
        "KEELBOAT": str(KEELBOAT),
        "LIBDUCKDB": str(ROOT / "build" / "deps" / "duckdb" / "libduckdb.so"),
        # The program itself: the package's own launcher looks for it on the network.
        "SLING": str(package_folder("sling_linux_amd64") / "bin" / "sling-linux-amd64"),
        "DUCKDB_EXTENSIONS": str(
            package_folder("duckdb_extension_httpfs") / "extensions"
        ),
        "MYSQL_EXTENSION": str(
            next(
                package_folder("duckdb_extension_mysql_scanner").rglob(
                    "*.duckdb_extension"
                )
            )
        ),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SCENARIOS),
    }


def _leaves_files(scenario: Path) -> bool:
    return scenario.parent.name != "mysql_to_arrow"


class Bench:
    """Runs scenarios on the tables of one server."""

    def __init__(self, tables: list[SourceTable], reference: Path, label: str) -> None:
        self._tables = tables
        self._verifier = Verifier(tables, reference)
        self._pid = server_pid()
        self._commit = head_commit()
        self._label = label
        # Tools that leave nothing behind are checked once, in a run that is not measured.
        self._checked: dict[Path, Verdict] = {}

    def run(self, scenario: Path, number: int) -> report.Run:
        kept = _leaves_files(scenario)
        measured, said, output = self._execute(scenario, {})
        if measured.exit_code == TIMED_OUT:
            verdict = Verdict([f"not done after {LIMIT_SECONDS} s"])
        elif measured.exit_code != 0:
            verdict = Verdict([f"exit code {measured.exit_code} ({said})"])
        elif kept:
            verdict = self._verifier.check(output)
        else:
            verdict = self._checked[scenario]
            counted = {t.name: _rows_in(output / f"{t.name}.rows") for t in self._tables}
            if counted != {t.name: str(t.rows) for t in self._tables}:
                verdict = Verdict([f"rows: {counted}"])
        shutil.rmtree(output, ignore_errors=True)
        return report.Run(
            f"{scenario.parent.name}/{self._label}",
            scenario.stem,
            number,
            measured,
            sum(table.rows for table in self._tables),
            "; ".join(verdict.wrong),
            ", ".join(verdict.notes),
            self._commit,
        )

    def check(self, scenario: Path) -> None:
        """Before a scenario that leaves nothing behind is measured."""
        if not _leaves_files(scenario):
            self._checked[scenario] = self._check(scenario)

    def _check(self, scenario: Path) -> Verdict:
        if scenario.stem.startswith("floor_"):
            return Verdict()
        measured, said, output = self._execute(scenario, {"BENCH_VERIFY": "1"})
        if measured.exit_code != 0:
            return Verdict([f"exit code {measured.exit_code} ({said})"])
        return self._verifier.check(output)

    def _execute(self, scenario: Path, more: dict) -> tuple[Measurement, str, Path]:
        output, scratch = WORK / "output", WORK / "scratch"
        for folder in (output, scratch):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        log = WORK / f"{scenario.parent.name}-{scenario.stem}.log"
        environment = environment_of(self._tables, output, scratch) | more
        measured = measure(
            command_of(scenario), environment, scratch, log, output, self._pid
        )
        said = log.read_text(errors="replace").strip().splitlines()
        return measured, said[-1][:200] if said else "silent", output


def _rows_in(path: Path) -> str:
    return path.read_text().strip() if path.exists() else "not told"


def build_programs() -> None:
    """The floor and keelboat's library, as programs."""
    for command in (
        [
            "-S",
            ROOT / "bench" / "programs",
            "-B",
            PROGRAMS,
            f"-Dkeelboat_DIR={KEELBOAT.parent}",
        ],
        ["--build", PROGRAMS],
    ):
        done = subprocess.run(
            ["cmake", *command], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"bench/run: {(done.stdout + done.stderr)[-2000:]}")


def head_commit() -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def write_results(
    runs: list[report.Run], options: argparse.Namespace, server: dict[str, str]
) -> Path:
    """A folder that has results gets these beside them: what takes long is measured in
    pieces. A piece that is measured again takes the place of its old runs."""
    today = datetime.date.today().isoformat()
    folder = (
        options.results or ROOT / "bench" / "results" / f"{today}-{machine.cpu_slug()}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    anew = {(run.task, run.tool) for run in runs}
    before = report.read_raw(folder / "raw.csv")
    runs = [run for run in before if (run.task, run.tool) not in anew] + runs
    runs.sort(key=lambda run: run.task)
    report.write_raw(runs, folder / "raw.csv")
    (folder / "summary.md").write_text(report.summary(runs))
    commands = folder / "commands.txt"
    said = commands.read_text().splitlines() if commands.exists() else []
    command = " ".join(["bench/run", *options.subcommand, *sys.argv[1:]])
    commands.write_text("\n".join(dict.fromkeys([*said, command])) + "\n")
    if (folder / "README.md").exists():
        return folder
    versions = machine.versions(KEELBOAT) | server
    lines = [
        f"# Results of {today}",
        "",
        f"- Machine: {machine.cpu_model()}, {os.cpu_count()} CPUs,"
        f" {machine.memory_gb():.0f} GB, {machine.operating_system()}",
        "- Server and client on the same machine; buffer pool warm.",
        "- " + ", ".join(f"{k} {v}" for k, v in versions.items()),
        "- Rounds are interleaved: every tool once, then every tool again.",
        "",
        "`summary.md` has the medians, `raw.csv` every run with keelboat's commit, `commands.txt`"
        " how to repeat them; each tool's own command is its file in `bench/scenarios/`. What the"
        " columns mean: `bench/README.md`.",
    ]
    (folder / "README.md").write_text("\n".join(lines) + "\n")
    return folder


def bench_tables(options, dataset, tables, reference, label) -> list[report.Run]:
    chosen = scenarios(options, dataset)
    bench = Bench(tables, reference, label)
    runs = []
    for scenario in chosen:
        bench.check(scenario)
    for number in range(1, options.rounds + 1):
        for scenario in chosen:
            run = bench.run(scenario, number)
            runs.append(run)
            print(run.line(options.rounds), file=sys.stderr, flush=True)
    return runs


def bench(options: argparse.Namespace) -> int:
    chosen = [
        dataset
        for dataset in DATASETS.values()
        if (not options.data or dataset.name in options.data)
        and scenarios(options, dataset)
    ]
    if not chosen:
        raise SystemExit("bench/run: no scenario has that task, tool and data")
    runs = []
    for dataset in chosen:
        with serve(dataset, options.scale) as (tables, reference):
            warm(tables)
            if dataset.each:
                for table in sorted(tables, key=lambda table: table.rows):
                    runs += bench_tables(options, dataset, [table], reference, table.name)
            else:
                runs += bench_tables(options, dataset, tables, reference, dataset.name)
            server = server_version()
    print(report.summary(runs))
    narrowed = options.task or options.tool or options.data or options.scale != 1.0
    if options.results or not narrowed:
        folder = write_results(runs, options, {"MariaDB": server})
        print(f"written to {folder}", file=sys.stderr)
    own_wrong = any(run.wrong for run in runs if run.tool.startswith("keelboat"))
    return 1 if own_wrong else 0


def main() -> int:
    options = parse()
    WORK.mkdir(parents=True, exist_ok=True)
    build_programs()
    return bench(options)


if __name__ == "__main__":
    sys.exit(main())
