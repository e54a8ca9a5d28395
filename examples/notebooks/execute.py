"""Runs the notebooks here against a private Metabase and keeps their output in them.

usage: execute.py [--check] [--orders N]      --check: run, and write nothing
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

from metabase import metabase  # noqa: E402


def execute(path: Path) -> nbformat.NotebookNode:
    """The notebook with its output; the first error in a cell is raised."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(FOLDER))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # Times of the day.
    return notebook


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--orders", type=int, default=40_000)
    given = parser.parse_args()
    package = str(ROOT / "build/release/python")
    os.environ["PYTHONPATH"] = package
    with metabase(profile="v55", orders=given.orders) as server:
        os.environ["METABASE_URL"] = server.url
        os.environ["METABASE_USERNAME"] = server.username
        os.environ["METABASE_PASSWORD"] = server.password
        for path in sorted(FOLDER.glob("*.ipynb")):
            notebook = execute(path)
            pictures = sum(
                "image/png" in output.get("data", {})
                for cell in notebook.cells
                for output in cell.get("outputs", [])
            )
            print(f"{path.name}: {pictures} pictures")
            if not given.check:
                nbformat.write(notebook, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
