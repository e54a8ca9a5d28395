"""Command line of `bench/run`."""

import argparse
import datetime
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import machine, report
from .measure import LIMIT_SECONDS, TIMED_OUT, measure
from .source import copy_reference, describe, server_pid, server_version, warm
from .verify import Verifier

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "bench" / "scenarios"
WORK = ROOT / "build" / "bench"
KEELBOAT = ROOT / "build" / "release" / "keelboat"
_EXAMPLES = """\
examples:
  bench/run                                  everything, three rounds; results in bench/results/
  bench/run --tool keelboat --rounds 1       one look at keelboat alone, nothing kept
  bench/run --task olist_mysql_to_duckdb --scale 0.1
"""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Move the Olist shop out of MySQL with several tools, check that each"
        " wrote the source's rows, and compare the times of those that did.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--task", action="append", help="only this task; may be repeated")
    parser.add_argument("--tool", action="append", help="only this tool; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool (3)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the generated shop (1.0)"
    )
    parser.add_argument(
        "--results", type=Path, help="where results go (bench/results/<date>-<cpu>)"
    )
    parser.add_argument("--in-server", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def scenarios(options: argparse.Namespace) -> list[Path]:
    found = [
        path
        for path in sorted(SCENARIOS.glob("*/*"))
        if path.suffix in (".py", ".sh")
        and (not options.task or path.parent.name in options.task)
        and (not options.tool or path.stem in options.tool)
    ]
    if not found:
        raise SystemExit("bench/run: no scenario has that task and tool")
    return found


def package_folder(name: str) -> Path:
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


def command_of(scenario: Path) -> list[str]:
    return [sys.executable if scenario.suffix == ".py" else "bash", str(scenario)]


def reference_path(tables, scale: float) -> Path:
    """Keyed by what the source holds, so another shop gets another copy."""
    shape = repr([(t.name, t.rows, t.columns) for t in tables]) + repr(scale)
    for part in ("generate", "database"):
        for file in sorted((ROOT / "examples" / "olist" / part).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                shape += hashlib.sha256(file.read_bytes()).hexdigest()
    return WORK / f"reference-{hashlib.sha256(shape.encode()).hexdigest()[:12]}.duckdb"


def run_one(
    scenario: Path, number: int, tables, verifier: Verifier, pid: int
) -> report.Run:
    task, tool = scenario.parent.name, scenario.stem
    output, scratch = WORK / "output", WORK / "scratch"
    for folder in (output, scratch):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    log = WORK / f"{task}-{tool}.log"
    environment = os.environ | {
        "BENCH_OUTPUT": str(output),
        "BENCH_TABLES": " ".join(table.name for table in tables),
        "BENCH_WORK": str(scratch),
        "KEELBOAT": str(KEELBOAT),
        "LIBDUCKDB": str(ROOT / "build" / "deps" / "duckdb" / "libduckdb.so"),
        # The program itself: the package's own launcher looks for it on the network.
        "SLING": str(package_folder("sling_linux_amd64") / "bin" / "sling-linux-amd64"),
        "DUCKDB_EXTENSIONS": str(
            package_folder("duckdb_extension_httpfs") / "extensions"
        ),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SCENARIOS),
    }
    measured = measure(command_of(scenario), environment, scratch, log, output, pid)
    if measured.exit_code == TIMED_OUT:
        wrong = f"not done after {LIMIT_SECONDS} s"
        return report.Run(task, tool, number, measured, wrong, "")
    if measured.exit_code != 0:
        said = log.read_text(errors="replace").strip().splitlines()
        wrong = f"exit code {measured.exit_code} ({said[-1][:200] if said else 'silent'})"
        return report.Run(task, tool, number, measured, wrong, "")
    verdict = verifier.check(output)
    shutil.rmtree(output, ignore_errors=True)
    return report.Run(
        task, tool, number, measured, "; ".join(verdict.wrong), ", ".join(verdict.notes)
    )


def write_results(runs: list[report.Run], options: argparse.Namespace) -> Path:
    today = datetime.date.today().isoformat()
    folder = (
        options.results or ROOT / "bench" / "results" / f"{today}-{machine.cpu_slug()}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    report.write_raw(runs, folder / "raw.csv")
    (folder / "summary.md").write_text(report.summary(runs))
    versions = machine.versions(KEELBOAT) | {"MariaDB": server_version()}
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    lines = [
        f"# Results of {today}",
        "",
        f"- Machine: {machine.cpu_model()}, {os.cpu_count()} CPUs,"
        f" {machine.memory_gb():.0f} GB, {machine.operating_system()}",
        "- Server and client on the same machine; buffer pool warm.",
        f"- keelboat at commit {commit}; "
        + ", ".join(f"{k} {v}" for k, v in versions.items()),
        f"- Command: `make bench` = `bench/run --rounds {options.rounds}"
        f" --scale {options.scale:g}`; each tool's own is its file in `bench/scenarios/`.",
        "- Rounds are interleaved: every tool once, then every tool again.",
        "",
        "`summary.md` has the medians, `raw.csv` every run. What the columns mean:"
        " `bench/README.md`.",
    ]
    (folder / "README.md").write_text("\n".join(lines) + "\n")
    return folder


def bench(options: argparse.Namespace) -> int:
    tables = describe()
    reference = reference_path(tables, options.scale)
    if not reference.exists():
        print("copying the source as reference", file=sys.stderr, flush=True)
        copy_reference(tables, reference)
    verifier = Verifier(tables, reference)
    pid = server_pid()
    warm(tables)
    runs = []
    for number in range(1, options.rounds + 1):
        for scenario in scenarios(options):
            run = run_one(scenario, number, tables, verifier, pid)
            runs.append(run)
            m = run.measurement
            print(
                f"{number}/{options.rounds} {run.task:24} {run.tool:16} {m.wall_seconds:7.2f} s"
                f"  client {m.client_cpu_seconds:6.2f} s  server {m.server_cpu_seconds:6.2f} s"
                f"  {m.peak_rss_mb:6.0f} MB  {'WRONG: ' + run.wrong if run.wrong else 'right'}",
                file=sys.stderr,
                flush=True,
            )
    print(report.summary(runs))
    whole = not options.task and not options.tool and options.scale == 1.0
    if options.results or whole:
        print(f"written to {write_results(runs, options)}", file=sys.stderr)
    own_wrong = any(run.wrong for run in runs if run.tool == "keelboat")
    return 1 if own_wrong else 0


def main() -> int:
    options = parse()
    scenarios(options)
    if options.in_server:
        return bench(options)
    WORK.mkdir(parents=True, exist_ok=True)
    server = [
        str(ROOT / "examples" / "olist" / "server"),
        "--scale",
        str(options.scale),
        "--",
    ]
    again = [sys.executable, "-m", "harness", "--in-server", *sys.argv[1:]]
    return subprocess.run(server + again, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
