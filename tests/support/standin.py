"""What every stand-in server of the tests can be told, from outside. Standard library only."""

import http.client
import json
import ssl
from urllib.parse import urlsplit


class Standin:
    """A running stand-in: where it is, its process, and the switches for its faults."""

    def __init__(self, url: str, pid: int):
        self.url, self.pid = url, pid
        self.host = urlsplit(url).hostname
        self.port = urlsplit(url).port

    def set(self, **settings) -> None:
        """Turns what `Settings` lists; requests that already run keep what they saw."""
        self._control("PUT", "settings", settings)

    def fault(self, kind: str, **details) -> None:
        """Adds a rule; see `Fault`."""
        self._control("POST", "faults", {"kind": kind, **details})

    def log(self, event: str | None = None) -> list[dict]:
        """What happened since the last reset, or only one kind of event."""
        found = json.loads(self._control("GET", "log"))
        return [each for each in found if event in (None, each["event"])]

    def _control(self, method: str, what: str, body=None) -> bytes:
        if self.url.startswith("https:"):
            # No secrets here, and any certificate will do.
            blind = ssl.create_default_context()
            blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=120, context=blind
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
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
