"""The demonstration on the real program: what it shows, how it ends, that nothing is left."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import termios
import time
from pathlib import Path

import duckdb
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = ("keelboat.yaml", "metadata", "schema", "dbt")


@pytest.fixture
def project(example, tmp_path) -> Path:
    """The example's project in a folder of its own."""
    folder = tmp_path / "olist"
    folder.mkdir()
    for part in PARTS:
        source = example / part
        if source.is_dir():
            shutil.copytree(
                source, folder / part, ignore=shutil.ignore_patterns("target", "logs")
            )
        else:
            shutil.copy(source, folder / part)
    return folder


def command(example: Path, project: Path) -> list[str]:
    assert (REPOSITORY / "build/release/keelboat").is_file(), "run: make build"
    return [str(example / "demo"), "--scale", "0.01", "--project", str(project)]


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [int(child) for child in children.read().split()]


def test_shows_the_night_and_the_marts(example, project):
    done = subprocess.run(command(example, project), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "15,579 rows in 9 tables, from MariaDB to tested marts" in done.stdout
    assert re.search(
        r"^geolocation +10,002 +[\d.]+ KB +[\d,]+ +full +ok", done.stdout, re.M
    )
    assert re.search(r"^dbt +\d+ models and \d+ tests passed", done.stdout, re.M)
    assert re.search(r"^2017-11 +75 +[\d,.]+$", done.stdout, re.M)
    assert "Top products" in done.stdout
    assert "Customer segments" in done.stdout
    # Piped: neither colours nor bars, nothing wider than a page.
    assert "\x1b" not in done.stdout
    assert not re.search("[▏▎▍▌▋▊▉█]", done.stdout)
    for name, pattern in (
        ("lake", r"^lake +(\S+)"),
        ("warehouse", r"^warehouse +(\S+)"),
        ("dbt docs", r"^dbt docs +file://(\S+)"),
        ("run record", r"^run record +(\S+)"),
    ):
        place = re.search(pattern, done.stdout, re.M)
        assert place, name
        assert Path(place[1]).exists(), name
    record = json.loads(Path(place[1]).read_text())
    assert record["status"] == "ok"
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as warehouse:
        counts = warehouse.execute(
            "SELECT (SELECT COUNT(*) FROM raw.geolocation),"
            " (SELECT COUNT(*) FROM marts.fact_orders)"
        ).fetchone()
    assert counts == (10_002, 994)


def test_stops_on_ctrl_c_in_a_terminal(example, project):
    leader, follower = pty.openpty()
    demo = subprocess.Popen(
        command(example, project),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(follower)
    seen = read_until(leader, b"keelboat run")
    children = children_of(demo.pid)
    assert len(children) == 2
    os.write(leader, b"\x03")
    seen += read_until(leader, None)
    assert demo.wait(60) == 130, seen.decode(errors="replace")
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert b"interrupted" in seen or b"exit code 130" in seen
    os.close(leader)
    # Nothing is left half-done: the next run ends well.
    done = subprocess.run(command(example, project), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("columns", [80, 100])
def test_draws_bars_on_a_terminal(example, project, columns):
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (40, columns))
    demo = subprocess.Popen(
        command(example, project), stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    seen = read_until(leader, None).decode(errors="replace")
    assert demo.wait(60) == 0, seen
    os.close(leader)
    summary = re.sub(r"\x1b\[[0-9;]*m", "", seen[seen.index("from MariaDB to") :])
    assert re.search(r"^2017-11 +75 +[\d,.]+ +█{10,}", summary, re.M), summary
    assert "━" in summary
    lines = [line for line in summary.splitlines()[:-8] if "/" not in line]
    assert max(map(len, lines)) <= columns


def test_hands_on_keelboats_exit_code(example, project):
    """A contract that no row keeps: exit code 4, and the summary says which table failed."""
    contract = project / "schema" / "sellers.json"
    contract.write_text(contract.read_text().replace("[0-9a-f]{32}", "[g-z]{32}"))
    done = subprocess.run(command(example, project), capture_output=True, text=True)
    assert done.returncode == 4, done.stderr
    assert re.search(r"^sellers .* failed", done.stdout, re.M)
    assert "keelboat ended with exit code 4; the server is stopped" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_keelboat_and_the_server(example, project, number):
    demo = subprocess.Popen(
        command(example, project), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    seen = b""
    while b"keelboat run" not in seen:
        seen += os.read(demo.stderr.fileno(), 4096)
    children = children_of(demo.pid)
    demo.send_signal(number)
    rest = demo.stderr.read()
    assert demo.wait(60) == 130, rest.decode(errors="replace")
    demo.stderr.close()
    assert len(children) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_a_missing_program_is_one_line(example, project):
    done = subprocess.run(
        command(example, project),
        env={**os.environ, "KEELBOAT": "/nowhere/keelboat"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "examples/olist/demo: /nowhere/keelboat is missing: run: make build\n"
    )


def read_until(terminal: int, text: bytes | None, seconds: float = 300) -> bytes:
    """What the terminal shows up to `text`, or to its end."""
    seen, deadline = b"", time.monotonic() + seconds
    while text is None or text not in seen:
        assert time.monotonic() < deadline, seen.decode(errors="replace")
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            return seen
        if not part:
            return seen
        seen += part
    return seen
