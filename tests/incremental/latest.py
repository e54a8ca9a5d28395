"""The latest-per-key view of a lake table, read from its log and files alone."""

import json
from pathlib import Path
from urllib.parse import unquote

import pyarrow.parquet as pq


def live_files(folder: Path) -> list[dict]:
    """The `add` actions of the newest version, from the JSON commits."""
    files = {}
    for commit in sorted((folder / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
            if "add" in action:
                files[action["add"]["path"]] = action["add"]
    return list(files.values())


def configuration(folder: Path) -> dict[str, str]:
    """The table's configuration as of the newest version."""
    found = {}
    for commit in sorted((folder / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "metaData" in action:
                found = action["metaData"]["configuration"]
    return found


def latest(folder: Path, key: list[str]) -> dict[tuple, dict]:
    """Rows by key: of several with one key the one of the highest rows_version."""
    rows = {}
    for add in sorted(live_files(folder), key=_version):
        for row in pq.read_table(folder / unquote(add["path"])).to_pylist():
            rows[tuple(row[column] for column in key)] = row
    return rows


def rows_without_key(folder: Path) -> list[dict]:
    """All rows of a table where nothing tells them apart."""
    return [
        row
        for add in live_files(folder)
        for row in pq.read_table(folder / unquote(add["path"])).to_pylist()
    ]


def _version(add: dict) -> int:
    return int((add.get("tags") or {})["keelboat.rows_version"])
