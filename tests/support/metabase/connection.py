"""One client connection: requests in, answers out, over HTTP/1.1."""

import email.utils
import gzip
import json
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

REASONS = {
    200: "OK",
    202: "Accepted",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_GZIP_FROM = 200  # bytes


class Refused(Exception):
    """The request is no HTTP/1.1 that this server takes."""


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def keeps_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"

    @property
    def accepts_gzip(self) -> bool:
        """As the server looks: anywhere in the header, whatever its weight."""
        accepted = self.headers.get("accept-encoding", "")
        return "gzip" in accepted or "*" in accepted

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (
            part.strip().partition("=")
            for part in self.headers.get("cookie", "").split(";")
        )
        return {name: value for name, _, value in pairs}


@dataclass
class Reply:
    """A whole answer, small enough to be sent at once."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)

    @staticmethod
    def of_json(status: int, value, headers=()) -> "Reply":
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return Reply(status, body, "application/json; charset=utf-8", list(headers))

    @staticmethod
    def of_text(status: int, text: str) -> "Reply":
        return Reply(status, text.encode(), "text/plain")


class Connection:
    """Owned by one thread; only `peer_gone` may be called from another."""

    def __init__(self, sock: socket.socket, clock):
        self.socket = sock
        self._reader = sock.makefile("rb", buffering=65536)
        self._clock = clock
        self.lose_byte = False

    def read_request(self) -> Request | None:
        """None when the client has closed."""
        if self.lose_byte:
            self.lose_byte = False
            self._reader.read(1)
        line = self._reader.readline(65537)
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise Refused(f"request line {line!r}")
        headers = {}
        while (line := self._reader.readline(65537)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        path, _, query = parts[1].partition("?")
        values = {name: texts[-1] for name, texts in parse_qs(query, True).items()}
        if headers.get("expect", "").lower() == "100-continue":
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(parts[0], unquote(path), values, headers, self._read_body(headers))

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self._reader.read(int(headers.get("content-length", "0")))
        body = b""
        while size := int(self._reader.readline().split(b";")[0], 16):
            body += self._reader.read(size)
            self._reader.readline()
        while self._reader.readline() not in (b"\r\n", b"\n", b""):
            pass
        return body

    def head(self, status: int, headers: list[tuple[str, str]]) -> bytes:
        date = email.utils.formatdate(self._clock(), usegmt=True)
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}", f"Date: {date}"]
        lines += [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, reply: Reply, request: Request | None = None, more_headers=()) -> None:
        body, headers = reply.body, [*reply.headers, *more_headers]
        if reply.content_type:
            headers.append(("Content-Type", reply.content_type))
        if request and request.accepts_gzip and len(body) >= _GZIP_FROM:
            body = gzip.compress(body, 1)
            headers.append(("Content-Encoding", "gzip"))
        if reply.status != 204:
            headers.append(("Content-Length", str(len(body))))
        self.socket.sendall(self.head(reply.status, headers) + body)

    def peer_gone(self) -> bool:
        """Whether the client has closed, or only its sending side: the server cannot tell.

        Within TLS it cannot look at all.
        """
        if isinstance(self.socket, ssl.SSLSocket):
            return False
        try:
            return self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def reset(self) -> None:
        """Ends it so that the client sees an error, not an end."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.close()

    def close(self) -> None:
        self._reader.close()
        self.socket.close()

    def finish(self) -> None:
        """Closes after an answer; what the client still sends must not turn it into a reset."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(0.2)
            end = time.monotonic() + 1
            while time.monotonic() < end and self.socket.recv(65536):
                pass
        except OSError:
            pass
        self.close()
