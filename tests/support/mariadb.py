"""A private MariaDB for a test: own data folder, free loopback port, no option files.

    with Mariadb() as server:
        server.run("CREATE TABLE t (id INT)")
        subprocess.run(["keelboat", "run"], env=os.environ | server.environment)

It has the database `shop` and the account `shop` with password `secret`, which may do
everything there; root has no password on the local socket. Leaving the block stops the
server and removes its files; so does the kernel when the test's process dies.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

DATABASE = "shop"
USER = "shop"
PASSWORD = "secret"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_PR_SET_PDEATHSIG = 1
_START_SECONDS = 60
_STOP_SECONDS = 60


class MariadbError(Exception):
    """MariaDB is missing, did not start, or refused a statement; the message says which."""


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise MariadbError(
            f"{name} is not on this machine: run: sudo apt-get install -y mariadb-server"
        )
    return found


def _as_user() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Mariadb:
    """One server process. Not for use from several threads at once."""

    def __init__(self, settings: Sequence[str] = ()) -> None:
        self.settings = tuple(settings)
        self.port = 0
        self._home: Path | None = None
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Mariadb":
        self._home = Path(tempfile.mkdtemp(prefix="keelboat-mariadb-"))
        try:
            self._create_data_folder()
            self.port = _free_port()
            self.start()
            self.run(
                "SET GLOBAL time_zone = '+00:00';"
                f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;"
                f"CREATE USER {USER} IDENTIFIED BY '{PASSWORD}';"
                f"GRANT ALL ON {DATABASE}.* TO {USER}",
                database="mysql",
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def socket(self) -> Path:
        """The local socket, where root needs no password."""
        return self._home / "server.sock"

    @property
    def data_folder(self) -> Path:
        return self._home / "data"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that keelboat reads to reach this server."""
        return {
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(self.port),
            "MYSQL_USER": USER,
            "MYSQL_PASSWORD": PASSWORD,
            "MYSQL_DATABASE": DATABASE,
        }

    def run(self, statements: str, database: str = DATABASE) -> list[list[str]]:
        """Runs statements as root; returns the rows as text, NULL as "NULL"."""
        command = [
            _program("mariadb"),
            "--no-defaults",
            f"--socket={self.socket}",
            "--user=root",
            "--default-character-set=utf8mb4",
            "--batch",
            "--skip-column-names",
            database,
        ]
        done = subprocess.run(
            command, input=statements, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise MariadbError(f"{done.stderr.strip()} in: {statements[:500]}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def start(self) -> None:
        """Starts the process (again), on the same port and data."""
        command = [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={self.data_folder}",
            f"--socket={self.socket}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=128M",
            "--innodb-log-file-size=96M",
            "--innodb-flush-log-at-trx-commit=2",
            "--max-allowed-packet=1G",
            *_as_user(),
            *self.settings,
        ]
        with (self._home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Ends the process politely. Does nothing when there is none."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the process as a power cut would; `start` brings it back."""
        self._end(signal.SIGKILL)

    def _create_data_folder(self) -> None:
        command = [
            _program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={self.data_folder}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            *_as_user(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise MariadbError(
                f"creating a data folder: {done.stdout}{done.stderr}"[-2000:]
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise MariadbError(f"MariaDB ended while starting: {self._log()}")
            try:
                self.run("SELECT 1", database="mysql")
                return
            except MariadbError:
                time.sleep(0.1)
        raise MariadbError(f"MariaDB did not answer within a minute: {self._log()}")

    def _log(self) -> str:
        log = self._home / "server.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
