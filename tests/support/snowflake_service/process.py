"""A service in a process of its own, for as long as a block lasts. Standard library only."""

import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from standin import Standin

from .account import ACCOUNT, DATABASE, PASSWORD, ROLE, TOKEN, USER, WAREHOUSE

_SUPPORT = Path(__file__).resolve().parents[1]
_PYTHON = _SUPPORT.parents[1] / "build" / "deps" / "snowflake" / "bin" / "python"


class Snowflake(Standin):
    """A running service: where it is, who may log in, and the switches for its faults."""

    account, user, password, token = ACCOUNT, USER, PASSWORD, TOKEN
    role, warehouse, database = ROLE, WAREHOUSE, DATABASE

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

    def reset(self) -> None:
        """Settings and faults as at the start, an empty log. Tables and sessions stay."""
        self._control("POST", "reset")

    def statements(self) -> list[str]:
        return [each["sql"] for each in self.log("query")]

    def sql(self, statement: str, **session) -> list[tuple]:
        """Runs a statement past all locks, faults and rights; for looking and preparing."""
        return [tuple(row) for row in self.answer(statement, **session)["rows"]]

    def answer(self, statement: str, **session) -> dict:
        """As `sql`, with the names of the columns: {"columns": […], "rows": [[…]]}."""
        request = {"database": self.database, **session, "sql": statement}
        return json.loads(self._control("POST", "sql", request))


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
