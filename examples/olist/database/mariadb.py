"""One MariaDB server process with its own data directory.

The server listens on loopback only, reads no option file, and ends with its parent: by
`stop()`, or by the kernel's parent-death signal when the parent was killed.
"""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

DATABASE = "olist"
USER = "keelboat"
_PR_SET_PDEATHSIG = 1
_START_SECONDS = 60
_STOP_SECONDS = 60
_SETTINGS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--innodb-buffer-pool-size=512M",
    "--innodb-buffer-pool-dump-at-shutdown=OFF",
    "--innodb-buffer-pool-load-at-startup=OFF",
    "--innodb-log-file-size=64M",
    "--innodb-flush-log-at-trx-commit=2",
    "--max-connections=64",
)
# The first start puts a log of the size it is told in the place of this one.
_FIRST_LOG = ("--innodb-log-file-size=8M",)
# For a fill whose result is thrown away when anything goes wrong.
FILL_SETTINGS = (
    "--innodb-log-file-size=384M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--innodb-flush-method=nosync",
    "--local-infile=ON",
)


class ServerError(Exception):
    """MariaDB is missing, did not start, or refused a statement; the message says which."""


def find_program(*names: str) -> str:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise ServerError(
        f"{names[0]} is not on this machine: run: sudo apt-get install -y mariadb-server"
    )


def as_user() -> list[str]:
    """MariaDB refuses to run as root unless told so by name."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def create_data_directory(directory: Path) -> None:
    """A new, empty system database in `directory` (which is created)."""
    # A scratch folder of its own: a server that starts removes the temporary tables it
    # finds in a shared one, also those that another server is using.
    with tempfile.TemporaryDirectory(prefix="keelboat-olist-") as scratch:
        command = [
            find_program("mariadb-install-db", "mysql_install_db"),
            "--no-defaults",
            f"--datadir={directory}",
            f"--tmpdir={scratch}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *_FIRST_LOG,
            *as_user(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise ServerError(f"creating {directory}: {output}")


@dataclass
class Server:
    """A running server. Use as a context manager, or call `start` and `stop`.

    Not for use from several threads. After `stop`, or a failed `start`, no process is left.
    """

    data: Path
    settings: tuple[str, ...] = ()
    port: int = 0
    password: str = field(default="", repr=False)
    _process: subprocess.Popen | None = None
    _home: Path | None = None

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def socket(self) -> Path:
        """Local socket on which root needs no password."""
        return self._home / "server.sock"

    @property
    def environment(self) -> dict[str, str]:
        """What keelboat.yaml reads to reach this server."""
        return {
            "MYSQL_HOST": "127.0.0.1",
            "MYSQL_PORT": str(self.port),
            "MYSQL_USER": USER,
            "MYSQL_PASSWORD": self.password,
            "MYSQL_DATABASE": DATABASE,
        }

    def start(self) -> "Server":
        # A socket's path may have 107 characters, so it cannot live beside the data.
        self._home = Path(tempfile.mkdtemp(prefix="keelboat-olist-"))
        try:
            for _ in range(3):
                self.port = _free_port()
                if self._launch():
                    return self
                if "Can't start server: Bind on TCP/IP port" not in self._log():
                    break
            raise ServerError(
                f"MariaDB did not start on {self.data}:\n{self._log()[-2000:]}"
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def client(self, *arguments: str) -> list[str]:
        """Command line of the `mariadb` client, connected as root."""
        program = find_program("mariadb", "mysql")
        # The host is named because MYSQL_HOST in the environment would choose another.
        options = [
            "--no-defaults",
            "--host=localhost",
            f"--socket={self.socket}",
            "--user=root",
        ]
        return [program, *options, "--default-character-set=utf8mb4", *arguments]

    def execute(self, sql: str, database: str = "") -> str:
        """Run statements as root; returns rows as tab-separated lines without a header."""
        command = self.client(
            "--batch", "--skip-column-names", *([database] if database else [])
        )
        done = subprocess.run(
            command, input=sql, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ServerError(f"running SQL: {done.stderr.strip()}")
        return done.stdout

    def admit_reader(self) -> None:
        """(Re)create the account keelboat uses: it may read the shop and nothing else."""
        self.password = secrets.token_urlsafe(18)
        self.execute(
            f"CREATE OR REPLACE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{self.password}';"
            f"GRANT SELECT, SHOW VIEW ON {DATABASE}.* TO '{USER}'@'127.0.0.1';"
        )

    def _log(self) -> str:
        path = self._home / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _launch(self) -> bool:
        command = [
            find_program("mariadbd", "mysqld"),
            "--no-defaults",
            f"--datadir={self.data}",
            f"--socket={self.socket}",
            f"--pid-file={self._home / 'server.pid'}",
            f"--tmpdir={self._home}",
            f"--port={self.port}",
            *as_user(),
            *_SETTINGS,
            *self.settings,
        ]
        with (self._home / "server.log").open("wb") as log:
            # Its own session: Ctrl-C in the terminal reaches keelboat, not the server,
            # which has to outlive a clean stop.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._greets():
                return True
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()
        self._process = None
        return False

    def _greets(self) -> bool:
        """True once the server answers a connection with its handshake."""
        try:
            with socket.create_connection(
                ("127.0.0.1", self.port), timeout=5
            ) as connection:
                return len(connection.recv(5)) == 5 and self.socket.exists()
        except OSError:
            return False
