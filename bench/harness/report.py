"""The results folder: raw.csv, summary.md, README.md."""

import csv
import statistics
from dataclasses import dataclass, fields
from pathlib import Path

from .measure import Measurement


@dataclass
class Run:
    task: str
    tool: str
    round: int
    measurement: Measurement
    rows: int
    wrong: str  # what differs from the source; empty: right
    notes: str
    commit: str

    def line(self, rounds: int) -> str:
        """What is told as soon as it is known."""
        m = self.measurement
        return (
            f"{self.round}/{rounds} {self.task:32} {self.tool:18} {m.wall_seconds:7.2f} s"
            f"  client {m.client_cpu_seconds:6.2f} s  server {m.server_cpu_seconds:6.2f} s"
            f"  {m.peak_rss_mb:6.0f} MB  {'WRONG: ' + self.wrong if self.wrong else 'right'}"
        )


def _median(runs: list[Run], name: str) -> float:
    return statistics.median(getattr(run.measurement, name) for run in runs)


_COLUMNS = ("task", "tool", "round", "commit", "rows")


def write_raw(runs: list[Run], path: Path) -> None:
    numbers = [field.name for field in fields(Measurement)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*_COLUMNS, *numbers, "wrong", "notes"])
        writer.writeheader()
        for run in runs:
            row = {name: getattr(run, name) for name in (*_COLUMNS, "wrong", "notes")}
            for name in numbers:
                row[name] = round(getattr(run.measurement, name), 3)
            writer.writerow(row)


def read_raw(path: Path) -> list[Run]:
    """What `write_raw` wrote; nothing where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            Run(
                row["task"],
                row["tool"],
                int(row["round"]),
                Measurement(
                    int(row["exit_code"]),
                    *(float(row[field.name]) for field in fields(Measurement)[1:]),
                ),
                int(row["rows"]),
                row["wrong"],
                row["notes"],
                row["commit"],
            )
            for row in csv.DictReader(file)
        ]


def summary(runs: list[Run]) -> str:
    """One table per task, fastest first; wrong answers have no time."""
    lines = ["# Summary", "", "Medians. `× keelboat` is wall time against keelboat's."]
    for task in dict.fromkeys(run.task for run in runs):
        of_task = [run for run in runs if run.task == task]
        right, wrong = {}, {}
        for tool in dict.fromkeys(run.tool for run in of_task):
            mine = [run for run in of_task if run.tool == tool]
            (wrong if any(run.wrong for run in mine) else right)[tool] = mine
        own = _median(right["keelboat"], "wall_seconds") if "keelboat" in right else None
        lines += [
            "",
            f"## {task}",
            "",
            "| tool | wall s (min) | × keelboat | million rows/s | client CPU s |"
            " server CPU s | peak RSS MB | output MB |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for tool, mine in sorted(
            right.items(), key=lambda item: _median(item[1], "wall_seconds")
        ):
            wall = _median(mine, "wall_seconds")
            fastest = min(run.measurement.wall_seconds for run in mine)
            times = f"{wall / own:.2f}" if own else ""
            lines.append(
                f"| {tool} | {wall:.2f} ({fastest:.2f}) | {times} | {mine[0].rows / wall / 1e6:.2f}"
                f" | {_median(mine, 'client_cpu_seconds'):.2f}"
                f" | {_median(mine, 'server_cpu_seconds'):.2f}"
                f" | {_median(mine, 'peak_rss_mb'):.0f} | {_median(mine, 'output_mb'):.1f} |"
            )
        for tool, mine in wrong.items():
            said = next(run.wrong for run in mine if run.wrong)
            lines.append(f"| {tool} | **wrong**: {said} | | | | | | |")
        changed = {tool: mine[0].notes for tool, mine in right.items() if mine[0].notes}
        if changed:
            lines += ["", "Right values, but other types than the source's:"]
            lines += [f"- {tool}: {notes}" for tool, notes in changed.items()]
    return "\n".join(lines) + "\n"
