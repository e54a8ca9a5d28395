"""A server in a process of its own, for as long as a block lasts."""

import http.client
import json
import ssl
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from .account import ADMIN, ANALYST, API_KEY, PASSWORD

_SUPPORT = Path(__file__).resolve().parents[1]


class Metabase:
    """A running server: where it is, who may log in, and the switches for its faults."""

    username = ANALYST.email
    admin = ADMIN.email
    password = PASSWORD
    api_key = API_KEY

    def __init__(self, url: str, pid: int):
        self.url = url
        self.pid = pid
        self.port = urlsplit(url).port

    def set(self, **settings) -> None:
        """Turns what `Settings` lists; requests that already run keep what they saw."""
        self._control("PUT", "settings", settings)

    def fault(self, kind: str, **details) -> None:
        """Adds a rule; see `Fault`."""
        self._control("POST", "faults", {"kind": kind, **details})

    def reset(self) -> None:
        """Back to how it was started; sessions end, the log is empty."""
        self._control("POST", "reset")

    def execute(self, sql: str) -> None:
        """Runs a statement in the engine, in no database; what it writes stays."""
        self._control("POST", "execute", {"sql": sql})

    def expire_sessions(self) -> None:
        self._control("POST", "expire")

    def log(self, event: str | None = None) -> list[dict]:
        """What happened since the last reset, or only one kind of event."""
        found = json.loads(self._control("GET", "log"))
        return [each for each in found if event in (None, each["event"])]

    def stats(self) -> dict:
        return json.loads(self._control("GET", "stats"))

    def _control(self, method: str, what: str, body=None) -> bytes:
        if self.url.startswith("https:"):
            blind = (
                ssl.create_default_context()
            )  # no secrets here, and any certificate will do
            blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=blind
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
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
