"""`pip install .` in a clone: a wheel with module and program, in a fresh environment."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]


def uv() -> str:
    own = _ROOT / "build/deps/uv/bin/uv"
    found = str(own) if own.exists() else shutil.which("uv")
    assert found, "scripts/bootstrap has put no uv in place"
    return found


def run(*command: str | Path, **settings) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, **settings
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.timeout(3000)
def test_the_wheel_works_in_a_fresh_environment(tmp_path):
    # Without isolation the build sees the Arrow that the compiler's cache knows.
    run(uv(), "build", "--wheel", "--no-build-isolation", "--python", sys.executable,
        "--out-dir", tmp_path, ".", cwd=_ROOT)  # fmt: skip
    [wheel] = tmp_path.glob("keelboat-*.whl")
    fresh = tmp_path / "fresh"
    run(uv(), "venv", "--no-python-downloads", "--python", sys.executable, fresh)
    run(uv(), "pip", "install", "--python", fresh / "bin/python", wheel)
    script = (
        "import keelboat, pyarrow, pathlib\n"
        "assert 'fresh' in keelboat.__file__, keelboat.__file__\n"
        "assert (pathlib.Path(keelboat.__file__).parent / 'py.typed').exists()\n"
        "print(keelboat.CoreQueries.x_vdom(vendor_id=7))\n"
        "try:\n"
        "    keelboat.fetch('mysql://u:p@127.0.0.1:1/d', 'SELECT 1')\n"
        "except keelboat.UnavailableError:\n"
        "    print('unavailable')\n"
    )
    out = run(fresh / "bin/python", "-I", "-c", script, cwd=tmp_path)
    assert "vendor_id = 7" in out and "unavailable" in out
    assert run(fresh / "bin/keelboat", "--version").startswith("keelboat 0.")
    done = subprocess.run(
        [fresh / "bin/keelboat", "fetch", "mysql://u:p@127.0.0.1:1/d", "SELECT 1"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stderr
    # What `load` opens came with the wheel.
    [library] = fresh.glob("lib/python3*/site-packages/keelboat/lib/libduckdb.so")
    assert library.stat().st_size > 1_000_000
