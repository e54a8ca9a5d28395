"""Metabase to pandas, to Arrow and to Parquet: `bench/run metabase`.

The stand-in server of the tests plays Metabase, on a real ClickHouse engine. One thread of the
engine works for a query, because with more the old script's unordered pages repeat and skip
rows, and what is wrong has no time.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import duckdb

from . import report
from .__main__ import (
    KEELBOAT,
    ROOT,
    SCENARIOS,
    WORK,
    head_commit,
    scenarios_of,
    write_results,
)
from .datasets import CACHE
from .measure import TIMED_OUT, measure
from .source import SourceTable
from .verify import Verifier

sys.path.append(str(ROOT / "tests" / "support"))

from metabase import metabase  # noqa: E402

_TASKS = ("metabase_to_pandas", "metabase_to_arrow", "metabase_to_parquet")
_DATABASE = "Growth Team Clickhouse Connection"
_LATENCIES = (150, 0)
_PYTHON = ROOT / ".venv" / "bin" / "python"
# Floats are compared as FLOAT: the old script makes them so. Times as their text in UTC.
_COLUMNS = {
    "order_id": "UBIGINT",
    "vendor_id": "UINTEGER",
    "customer_id": "UBIGINT",
    "city": "VARCHAR",
    "status": "VARCHAR",
    "created_at": "TIMESTAMP",
    "delivered_at": "TIMESTAMP",
    "order_date": "DATE",
    "item_count": "UTINYINT",
    "total": "FLOAT",
    "discount": "FLOAT",
    "note": "VARCHAR",
}
_REFERENCE = """
import sys
from pathlib import Path
from metabase.engine import Engine
from metabase.sample import create_tables
engine = Engine(Path(sys.argv[1]), 2)
create_tables(engine, int(sys.argv[2]), 1)
engine.execute("SET session_timezone = 'UTC'")
engine.execute(
    f"SELECT * FROM shop.orders INTO OUTFILE '{sys.argv[3]}' FORMAT Parquet"
    " SETTINGS output_format_parquet_string_as_string = 1"
)
engine.close()
"""


def _reference(orders: int) -> Path:
    """The rows as the engine itself writes them, without any Metabase."""
    path = CACHE / f"metabase-{orders}.duckdb"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = WORK / "metabase-reference"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = folder / "orders.parquet"
    subprocess.run(
        [_PYTHON, "-c", _REFERENCE, folder / "engine", str(orders), rows],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests" / "support")},
        check=True,
    )
    making = path.with_suffix(".making")
    making.unlink(missing_ok=True)
    with duckdb.connect(str(making)) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"CREATE TABLE orders AS SELECT * FROM '{rows}'")
    making.rename(path)
    shutil.rmtree(folder)
    return path


def _compile_python() -> None:
    """No scenario compiles what it imports: pip did so when it installed it."""
    for place in (ROOT / ".venv" / "lib", KEELBOAT.parent / "python" / "keelboat"):
        subprocess.run(
            [_PYTHON, "-m", "compileall", "-q", "-j", "0", place],
            stdout=subprocess.DEVNULL,  # Some packages ship files for other Pythons.
        )


def _environment(server, output: Path, scratch: Path) -> dict:
    return os.environ | {
        "BENCH_OUTPUT": str(output),
        "KEELBOAT": str(KEELBOAT),
        "METABASE_URL": server.url,
        "METABASE_USERNAME": server.username,
        "METABASE_PASSWORD": server.password,
        "METABASE_DATABASE": _DATABASE,
        "PYTHONPATH": f"{SCENARIOS}:{KEELBOAT.parent / 'python'}",
        "TMPDIR": str(scratch),
    }


def _run(
    scenario: Path, server, verifier: Verifier, orders: int, label: str, number: int
):
    output, scratch = WORK / "output", WORK / "scratch"
    for folder in (output, scratch):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    # -P: a scenario called keelboat.py must not be what `import keelboat` finds.
    command = [str(_PYTHON), "-P"] if scenario.suffix == ".py" else ["bash"]
    command.append(str(scenario))
    log = WORK / f"{scenario.parent.name}-{scenario.stem}.log"
    started = time.time()
    measured = measure(
        command, _environment(server, output, scratch), scratch, log, output, server.pid
    )
    own = output / "measured.json"
    if own.exists():  # Writing the file to be checked is no part of the task.
        told = json.loads(own.read_text())
        measured = replace(
            measured,
            wall_seconds=told["ended"] - started,
            client_cpu_seconds=told["client_cpu_seconds"],
            peak_rss_mb=told["peak_rss_mb"],
        )
    wrong, notes = [], []
    if measured.exit_code == 0:
        verdict = verifier.check(output)
        wrong, notes = verdict.wrong, verdict.notes
    elif measured.exit_code == TIMED_OUT:
        wrong = ["not done in time"]
    else:
        said = log.read_text(errors="replace").strip().splitlines()
        wrong = [f"exit code {measured.exit_code} ({said[-1][:200] if said else ''})"]
    shutil.rmtree(output, ignore_errors=True)
    return report.Run(
        f"{scenario.parent.name}/{label}",
        scenario.stem,
        number,
        measured,
        orders,
        "; ".join(wrong),
        ", ".join(notes),
        head_commit(),
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run metabase", description=__doc__)
    parser.add_argument("--task", action="append", choices=_TASKS)
    parser.add_argument("--tool", action="append", help="only this tool; may be repeated")
    parser.add_argument("--latency", action="append", type=int, help="ms (150 and 0)")
    parser.add_argument("--profile", default="v55", help="generation of the server (v55)")
    parser.add_argument("--orders", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, help="where results go")
    parser.set_defaults(subcommand=["metabase"])
    options = parser.parse_args()
    tasks = [task for task in _TASKS if not options.task or task in options.task]
    chosen = scenarios_of(tasks, options.tool)
    WORK.mkdir(parents=True, exist_ok=True)
    _compile_python()
    table = SourceTable("orders", options.orders, _COLUMNS, "order_id")
    verifier = Verifier([table], _reference(options.orders))
    runs = []
    with metabase(options.profile, options.orders, _PYTHON, threads=1) as server:
        for latency in options.latency or _LATENCIES:
            server.set(latency_ms=latency)
            for number in range(1, options.rounds + 1):
                for scenario in chosen:
                    label = f"{options.profile}-{latency}ms"
                    run = _run(scenario, server, verifier, options.orders, label, number)
                    runs.append(run)
                    print(run.line(options.rounds), file=sys.stderr, flush=True)
    print(report.summary(runs))
    if options.results:
        write_results(runs, options, {"Metabase": f"the stand-in, {options.profile}"})
    return 1 if any(run.wrong for run in runs if run.tool == "keelboat") else 0


if __name__ == "__main__":
    raise SystemExit(main())
