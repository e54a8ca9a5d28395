"""HTTP over a bare socket: shows every chunk, and how a body ended."""

import json
import socket
import zlib
from dataclasses import dataclass, field
from urllib.parse import urlencode

GROWTH = 2
POSTGRES = 5


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    chunks: list[bytes] = field(default_factory=list)
    # How the body ended: "length", "last chunk", "closed" or "reset".
    end: str = ""
    # Whether the server closed the connection after it.
    closed: bool = False
    cookies: list[str] = field(default_factory=list)

    @property
    def raw(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def body(self) -> bytes:
        if self.headers.get("content-encoding") != "gzip":
            return self.raw
        return zlib.decompressobj(31).decompress(self.raw)

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    @property
    def rows(self) -> list:
        return self.json()["data"]["rows"]


class PlainClient:
    def __init__(self, server):
        self.server = server
        self.headers = {"X-API-KEY": server.api_key}

    def get(self, path: str, **options) -> Answer:
        return self.ask("GET", path, **options)

    def post(self, path: str, body=None, **options) -> Answer:
        return self.ask("POST", path, body, **options)

    def ask(self, method: str, path: str, body=None, headers=None, keep=False) -> Answer:
        """One request on a connection of its own; `headers` replaces the API key."""
        with self.open() as connection:
            connection.send(method, path, body, headers, keep)
            return connection.receive()

    def open(self) -> "PlainConnection":
        return PlainConnection(self.server.port, self.headers)

    def dataset(self, sql: str, database: int = GROWTH, headers=None, **more) -> Answer:
        return self.post("/api/dataset", native(sql, database, **more), headers=headers)

    def export(
        self,
        form: str,
        sql: str,
        database: int = GROWTH,
        headers=None,
        query=None,
        **fields,
    ) -> Answer:
        """As a form, which every generation takes."""
        with self.open() as connection:
            connection.send_export(form, sql, database, headers, query, **fields)
            return connection.receive()

    def log_in(self, username: str, password: str) -> Answer:
        return self.post(
            "/api/session", {"username": username, "password": password}, headers={}
        )


class PlainConnection:
    def __init__(self, port: int, headers: dict[str, str]):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._headers = headers
        self._reader = self.socket.makefile("rb", buffering=1 << 20)

    def encrypt(self, context) -> None:
        self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self._reader = self.socket.makefile("rb", buffering=1 << 20)

    def __enter__(self) -> "PlainConnection":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()
        self.socket.close()

    def send(
        self, method: str, path: str, body=None, headers=None, keep: bool = True
    ) -> None:
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
        elif isinstance(body, str):
            body = body.encode()
        sent = {"Host": "standin", "Content-Type": "application/json"}
        sent |= self._headers if headers is None else headers
        if not keep:
            sent["Connection"] = "close"
        if body is not None:
            sent["Content-Length"] = str(len(body))
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {text}" for name, text in sent.items()),
        ]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))

    def send_export(
        self, form, sql, database=GROWTH, headers=None, query=None, **fields
    ) -> None:
        query = query or native(sql, database)
        body = urlencode({"query": json.dumps(query), "format_rows": "false", **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.send(
            "POST",
            f"/api/dataset/{form}",
            body,
            {**self._headers, **(headers or {}), **kind},
        )

    def receive(self) -> Answer:
        """Waits for the whole answer, and a moment for the connection's end."""
        first, lines = self._line().decode("latin-1"), []
        while line := self._line().decode("latin-1"):
            lines.append(line)
        pairs = [tuple(line.split(": ", 1)) for line in lines]
        headers = {name.lower(): text for name, text in pairs}
        answer = Answer(int(first.split()[1]), headers)
        answer.cookies = [text for name, text in pairs if name == "Set-Cookie"]
        try:
            self._receive_body(answer)
        except ConnectionResetError:
            answer.end = "reset"
        except EOFError:
            answer.end = "closed"
        answer.closed = answer.end in ("reset", "closed") or self._is_closed()
        return answer

    def _receive_body(self, answer: Answer) -> None:
        if "content-length" in answer.headers or answer.status == 204:
            answer.chunks.append(self._take(int(answer.headers.get("content-length", 0))))
            answer.end = "length"
            return
        assert answer.headers["transfer-encoding"] == "chunked"
        while size := int(self._line(), 16):
            answer.chunks.append(self._take(size))
            assert self._take(2) == b"\r\n"
        assert self._take(2) == b"\r\n"
        answer.end = "last chunk"

    def _line(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError
        return line[:-2]

    def _take(self, size: int) -> bytes:
        found = self._reader.read(size)
        if len(found) < size:
            raise EOFError
        return found

    def _is_closed(self) -> bool:
        self.socket.settimeout(0.3)
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True
        finally:
            self.socket.settimeout(30)


def native(sql: str, database: int = GROWTH, **more) -> dict:
    return {"database": database, "type": "native", "native": {"query": sql}, **more}
