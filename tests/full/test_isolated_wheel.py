"""`pip install .` as a new user types it: a clean clone, an isolated build, an empty venv.

Everything is compiled anew: the headers that an isolated build sees are its own.
"""

import shutil
import subprocess
import sys

import pytest
from project_folder import ROOT
from small_shop import project, server  # noqa: F401 - fixtures


def run(*command, **settings) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, **settings
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.timeout(5400)
def test_pip_installs_a_clean_clone(tmp_path, project):  # noqa: F811
    clone, fresh = tmp_path / "clone", tmp_path / "fresh"
    run("git", "clone", "-q", ROOT, clone)
    (clone / "build").mkdir()
    # What `make deps` gets.
    (clone / "build" / "deps").symlink_to(ROOT / "build" / "deps")
    run(sys.executable, "-m", "venv", fresh)
    run(fresh / "bin/python", "-m", "pip", "install", "--quiet", ".", cwd=clone)
    shutil.rmtree(clone)

    script = (
        "import keelboat, os\n"
        "assert 'fresh' in keelboat.__file__\n"
        "source = keelboat.open_project(os.environ['SHOP']).source('shop')\n"
        "print(len(source.fetch(table='orders').to_pandas()))\n"
    )
    environment = {**project.environment(), "SHOP": str(project.path)}
    out = run(*(fresh / "bin/python", "-I", "-c", script), cwd=tmp_path, env=environment)
    assert out == "3\n"
    assert run(fresh / "bin/keelboat", "--version").startswith("keelboat ")
    assert list(fresh.glob("lib/python3*/site-packages/keelboat/lib/libduckdb.so"))
