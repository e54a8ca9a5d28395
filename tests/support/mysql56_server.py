"""A private MySQL 5.6 for one test module; `scripts/bootstrap test` brings the program."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import private_server
from database.mariadb import ServerError, as_user, find_program
from ports import free_port

_PROGRAM = private_server.ROOT / "build" / "deps" / "mysql56" / "server"
_START_SECONDS = 60


class Mysql56:
    """A running server, with what tests use of `database.mariadb.Server`."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path):
        self.port = port
        self._process = process
        self._log = log

    def execute(self, sql: str, database: str = "") -> str:
        """Run statements as root; returns rows as tab-separated lines without a header."""
        command = [
            find_program("mariadb", "mysql"),
            "--no-defaults",
            "--host=127.0.0.1",
            f"--port={self.port}",
            "--user=root",
            "--default-character-set=utf8mb4",
            "--batch",
            "--skip-column-names",
            *([database] if database else []),
        ]
        done = subprocess.run(
            command, input=sql, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ServerError(f"running SQL: {done.stderr.strip()}")
        return done.stdout

    def wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.execute("SELECT 1")
            except ServerError:
                time.sleep(0.1)
            else:
                return
        log = self._log.read_text(errors="replace")
        raise ServerError(f"MySQL 5.6 did not start:\n{log[-2000:]}")


@contextmanager
def mysql56_server(home: Path, *settings: str):
    """A server without any database of its own; everything goes when the block ends."""
    if not (_PROGRAM / "mysqld").exists():
        raise ServerError(f"{_PROGRAM} is not there: run: scripts/bootstrap test")
    shutil.copytree(_PROGRAM / "data" / "mysql", home / "data")
    port = free_port()
    command = [
        str(_PROGRAM / "mysqld"),
        "--no-defaults",
        f"--basedir={_PROGRAM}",
        f"--lc-messages-dir={_PROGRAM / 'share'}",
        f"--character-sets-dir={_PROGRAM / 'share' / 'charsets'}",
        f"--datadir={home / 'data'}",
        f"--tmpdir={home}",
        # Relative to the data: a socket's path may have 107 characters only.
        "--socket=server.sock",
        f"--pid-file={home / 'server.pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--character-set-server=utf8mb4",
        "--innodb-log-file-size=32M",
        "--innodb-flush-log-at-trx-commit=0",
        "--performance-schema=OFF",
        *as_user(),
        *settings,
    ]
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Its library for asynchronous input and output lies beside it.
            env={**os.environ, "LD_LIBRARY_PATH": str(_PROGRAM)},
        )
    try:
        server = Mysql56(process, port, log)
        server.wait()
        quoted = private_server.PASSWORD.replace("'", "''")
        user = private_server.USER
        server.execute(f"CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{quoted}'")
        yield server
    finally:
        process.kill()
        process.wait()
