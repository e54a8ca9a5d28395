"""The notebooks run, and the pictures that are committed are theirs."""

import subprocess
import sys
from pathlib import Path

import nbformat

_FOLDER = Path(__file__).resolve().parents[2] / "examples" / "notebooks"


def test_every_notebook_runs():
    done = subprocess.run(
        [sys.executable, str(_FOLDER / "execute.py"), "--check", "--orders", "5000"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "orders.ipynb: 2 pictures" in done.stdout


def test_the_committed_notebooks_have_their_output():
    for path in sorted(_FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in cells), path
        outputs = [output for cell in cells for output in cell.outputs]
        assert not any(output.output_type == "error" for output in outputs)
        assert any("image/png" in output.get("data", {}) for output in outputs)
        text = path.read_text(encoding="utf-8")
        assert "Traceback" not in text and str(Path.home()) + "/" not in text
