"""A service in a process of its own, for as long as a block lasts. Standard library only."""

import http.client
import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from .account import ACCOUNT, DATABASE, PASSWORD, ROLE, TOKEN, USER, WAREHOUSE

_SUPPORT = Path(__file__).resolve().parents[1]
_PYTHON = _SUPPORT.parents[1] / "build" / "deps" / "snowflake" / "bin" / "python"


class Snowflake:
    """A running service: where it is, who may log in, and the switches for its faults."""

    account, user, password, token = ACCOUNT, USER, PASSWORD, TOKEN
    role, warehouse, database = ROLE, WAREHOUSE, DATABASE

    def __init__(self, url: str, pid: int):
        self.url, self.pid = url, pid
        self.host = urlsplit(url).hostname
        self.port = urlsplit(url).port

    @property
    def environment(self) -> dict[str, str]:
        """The older pipeline's variables, and those of a private endpoint."""
        return {
            "SNOWFLAKE_ACCOUNT": self.account,
            "SNOWFLAKE_USER": self.user,
            "SNOWFLAKE_PASSWORD": self.password,
            "SNOWFLAKE_WAREHOUSE": self.warehouse,
            "SNOWFLAKE_DATABASE": self.database,
            "SNOWFLAKE_ROLE": self.role,
            "SNOWFLAKE_HOST": self.host,
            "SNOWFLAKE_PORT": str(self.port),
            "SNOWFLAKE_PROTOCOL": "http",
        }

    def set(self, **settings) -> None:
        """Turns what `Settings` lists."""
        self._control("PUT", "settings", settings)

    def fault(self, kind: str, **details) -> None:
        """Adds a rule; see `Fault`."""
        self._control("POST", "faults", {"kind": kind, **details})

    def reset(self) -> None:
        """Settings and faults as at the start, an empty log. Tables and sessions stay."""
        self._control("POST", "reset")

    def log(self, event: str | None = None) -> list[dict]:
        """What happened since the last reset, or only one kind of event."""
        found = json.loads(self._control("GET", "log"))
        return [each for each in found if event in (None, each["event"])]

    def statements(self) -> list[str]:
        return [each["sql"] for each in self.log("query")]

    def sql(self, statement: str, **session) -> list[tuple]:
        """Runs a statement past all locks, faults and rights; for looking and preparing."""
        return [tuple(row) for row in self.answer(statement, **session)["rows"]]

    def answer(self, statement: str, **session) -> dict:
        """As `sql`, with the names of the columns: {"columns": […], "rows": [[…]]}."""
        request = {"database": self.database, **session, "sql": statement}
        return json.loads(self._control("POST", "sql", request))

    def _control(self, method: str, what: str, body=None) -> bytes:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/stand-in/{what}", text)
            reply = connection.getresponse()
            answer = reply.read()
        finally:
            connection.close()
        if reply.status >= 300:
            raise ValueError(f"{method} {what}: {answer.decode()}")
        return answer


@contextmanager
def snowflake(database: str = DATABASE, port: int = 0):
    """A service with one empty database; ends with the block."""
    if not _PYTHON.exists():
        raise RuntimeError(f"{_PYTHON} is not there: run: scripts/bootstrap test")
    command = [str(_PYTHON), "-m", "snowflake_service"]
    command += ["--database", database, "--port", str(port)]
    with tempfile.TemporaryDirectory(prefix="snowflake-") as folder:
        process = subprocess.Popen(
            command,
            cwd=_SUPPORT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": folder, "HOME": folder},
        )
        try:
            line = process.stdout.readline()
            if not line.startswith("ready "):
                raise RuntimeError(f"the service did not start: {' '.join(command)}")
            yield Snowflake(line.split()[1], process.pid)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
