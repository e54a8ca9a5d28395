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


def installed(folder: Path) -> Path:
    """An environment that holds the wheel and what it depends on."""
    # Without isolation the build sees the Arrow that the compiler's cache knows.
    run(uv(), "build", "--wheel", "--no-build-isolation", "--python", sys.executable,
        "--out-dir", folder, ".", cwd=_ROOT)  # fmt: skip
    [wheel] = folder.glob("keelboat-*.whl")
    fresh = folder / "fresh"
    run(uv(), "venv", "--no-python-downloads", "--python", sys.executable, fresh)
    run(uv(), "pip", "install", "--python", fresh / "bin/python", wheel)
    return fresh


@pytest.mark.timeout(3000)  # One test: the wheel takes its time, and is built once.
def test_the_wheel_works_in_a_fresh_environment(server, project, tmp_path):
    fresh = installed(tmp_path)
    fetches(fresh, tmp_path)
    carries_tables_to_duckdb(fresh, server, project, tmp_path)


def fetches(fresh: Path, tmp_path: Path) -> None:
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


def carries_tables_to_duckdb(fresh: Path, server, project, tmp_path: Path) -> None:
    def keelboat(*command: str) -> str:
        return run(fresh / "bin/keelboat", "-C", project.path, *command,
                   cwd=tmp_path, env=watched)  # fmt: skip

    # The dynamic linker tells what it opens: nothing of the checkout that made the wheel.
    linked = tmp_path / "linked"
    linked.mkdir()
    watched = project.environment(LD_DEBUG="files", LD_DEBUG_OUTPUT=str(linked / "by"))
    keelboat("check", "source")
    keelboat("extract")
    assert project.lake_rows("orders") == 3
    assert not (project.path / "warehouse.duckdb").exists()
    keelboat("load")
    orders = "SELECT id, customer, price::VARCHAR FROM raw.orders ORDER BY id"
    expected = [(1, "Ana", "10.50"), (2, "João", None), (3, "Zoë 🚢", "99999999.99")]
    assert project.warehouse(orders) == expected
    told = "".join(file.read_text() for file in linked.iterdir())
    assert f"{fresh}/lib" in told and "/keelboat/lib/libduckdb.so" in told
    assert str(_ROOT / "build") not in told and str(_ROOT / ".venv") not in told

    server.execute("INSERT INTO orders VALUES (4, 'Eve', 1, NULL, '2024-02-01')", "shop")
    keelboat("run")
    assert project.warehouse(orders) == [*expected, (4, "Eve", "1.00")]
    script = (
        "import keelboat, sys\n"
        "print(keelboat.read_lake('orders', project=sys.argv[1]).to_arrow().num_rows)\n"
        "keelboat.run(sys.argv[1])\n"
    )
    out = run(fresh / "bin/python", "-I", "-c", script, project.path,
              cwd=tmp_path, env=project.environment())  # fmt: skip
    assert out.split()[0] == "4"
