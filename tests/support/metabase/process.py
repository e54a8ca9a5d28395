"""A server in a process of its own, for as long as a block lasts."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from standin import Standin

from .account import ADMIN, ANALYST, API_KEY, PASSWORD

_SUPPORT = Path(__file__).resolve().parents[1]


class Metabase(Standin):
    """A running server: where it is, who may log in, and the switches for its faults."""

    username = ANALYST.email
    admin = ADMIN.email
    password = PASSWORD
    api_key = API_KEY

    def reset(self) -> None:
        """Back to how it was started; sessions end, the log is empty."""
        self._control("POST", "reset")

    def execute(self, sql: str) -> None:
        """Runs a statement in the engine, in no database; what it writes stays."""
        self._control("POST", "execute", {"sql": sql})

    def expire_sessions(self) -> None:
        self._control("POST", "expire")

    def stats(self) -> dict:
        return json.loads(self._control("GET", "stats"))


@contextmanager
def metabase(
    profile: str = "v63",
    orders: int = 10_000,
    python: str | Path = sys.executable,
    **options,
):
    """A server that ends with the block.

    Further options are those of the command line: seed, threads, latency_ms, time_zone,
    tls_certificate and tls_key. `python` is an interpreter that has the engine.
    """
    command = [
        str(python),
        "-m",
        "metabase",
        "--profile",
        profile,
        "--orders",
        str(orders),
    ]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    process = subprocess.Popen(command, cwd=_SUPPORT, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("ready "):
            raise RuntimeError(f"the server did not start: {' '.join(command)}")
        yield Metabase(line.split()[1], process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
