"""The README's lines of Python, as they are, give a DataFrame."""

import re
import subprocess
import sys
from pathlib import Path

import keelboat
from metabase import metabase

_ROOT = Path(__file__).resolve().parents[2]


def test_the_readmes_lines_give_a_frame():
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"<!-- python -->\n```python\n(.*?)```", readme, re.DOTALL)
    assert sum(bool(line) for line in block.splitlines()) == 5
    with metabase(profile="v63", orders=5_000) as server:
        for old, new in (
            ("https://bi.example.org", server.url),
            ("mb_secret", server.api_key),
        ):
            assert block.count(f'"{old}"') == 1
            block = block.replace(f'"{old}"', repr(new))
        done = subprocess.run(
            [sys.executable, "-c", block + "assert len(df) == 5000"],
            env={"PYTHONPATH": str(Path(keelboat.__file__).parents[1])},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    assert "order_id" in done.stdout


def test_the_demo_counts_every_order():
    script = _ROOT / "examples" / "metabase" / "demo.py"
    done = subprocess.run(
        [sys.executable, str(script), "--orders", "70000", "--latency-ms", "5"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "70,000 different orders" in done.stdout
    assert "1 login" in done.stdout and "0 sessions left" in done.stdout
