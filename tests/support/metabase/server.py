"""The running server: what all connections share, and the threads that serve them."""

import contextlib
import socket
import ssl
import threading
import time
from pathlib import Path

from .api import Api
from .card import CARDS
from .catalog import BY_ID, Catalog
from .connection import Connection, Refused, Reply
from .control import Control
from .engine import Engine
from .java_text import create_functions
from .pool import Pool, Slots
from .sample import create_tables
from .session import Sessions
from .settings import Fault, Settings
from .watch import Watches

_LOG_EVENTS = 10_000


class Server:
    """`folder` is its own and may be thrown away afterwards."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        orders: int = 10_000,
        seed: int = 1,
        threads: int = 2,
        port: int = 0,
        tls: tuple[Path, Path] | None = None,
    ):
        self.settings = settings
        self.engine = Engine(folder / "engine", threads)
        create_functions(self.engine)
        create_tables(self.engine, orders, seed)
        self.catalog = Catalog(self.engine)
        self.cards = CARDS
        self.sessions = Sessions(self.now)
        self.pools = {id_: Pool() for id_ in BY_ID}
        self.threads = Slots()
        self.watches = Watches(lambda: self.settings.cancel_poll_ms)
        self._first_settings = settings
        self._faults: list[Fault] = []
        self._events: list[dict] = []
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._api = Api(self)
        self._control = Control(self)
        self._tls = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*tls)
        self._socket = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def now(self) -> float:
        return time.time() + self.settings.clock_offset_seconds

    def fault(self, kind: str, request: str) -> Fault | None:
        with self._lock:
            return next(
                (
                    each
                    for each in self._faults
                    if each.kind == kind and each.meets(request)
                ),
                None,
            )

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def log(self, event: str, **details) -> None:
        with self._lock:
            self._counts[event] = self._counts.get(event, 0) + 1
            if len(self._events) < _LOG_EVENTS:
                self._events.append({"event": event, "at": time.monotonic(), **details})

    def events(self) -> list[dict]:
        with self._lock:
            return list(self._events)

    def stats(self) -> dict:
        with self._lock:
            counts = dict(self._counts)
        return {
            "counts": counts,
            "sessions": self.sessions.count(),
            "streaming": self.threads.taken,
            "most_streaming": self.threads.most_taken,
            "running_queries": self.engine.running(),
        }

    def reset(self) -> None:
        """As it was started: settings, faults, log, sessions, counts of failures."""
        with self._lock:
            self.settings = self._first_settings
            self._faults.clear()
            self._events.clear()
            self._counts.clear()
            self.sessions = Sessions(self.now)
        self.threads.most_taken = self.threads.taken

    def common_headers(self) -> list[tuple[str, str]]:
        headers = [
            ("Cache-Control", "max-age=0, no-cache, must-revalidate, proxy-revalidate"),
            ("Expires", "Tue, 03 Jul 2001 06:00:00 GMT"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if self.settings.generation.version_header:
            headers.append(("x-metabase-version", self.settings.generation.tag))
        return headers

    def serve(self) -> None:
        """Until `close` is called from another thread or by a signal."""
        while True:
            try:
                accepted, address = self._socket.accept()
            except OSError:
                return
            threading.Thread(
                target=self._serve_client, args=(accepted, address[0]), daemon=True
            ).start()

    def close(self) -> None:
        # Closing alone would not wake the thread in accept().
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.watches.close()

    def _serve_client(self, accepted: socket.socket, address: str) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.log("connected")
        try:
            if self._tls:
                accepted = self._tls.wrap_socket(accepted, server_side=True)
            connection = Connection(accepted, self.now)
        except OSError as error:
            self.log("handshake_failed", error=str(error))
            accepted.close()
            return
        try:
            while self._serve_request(connection, address):
                pass
        except (Refused, ValueError) as error:
            with contextlib.suppress(OSError):
                connection.send(Reply.of_text(400, str(error)))
        except OSError:
            pass  # the client is gone, and nothing was running for it
        with contextlib.suppress(OSError, ValueError):
            connection.close()

    def _serve_request(self, connection: Connection, address: str) -> bool:
        """Whether another request may follow."""
        request = connection.read_request()
        if request is None:
            return False
        if request.path.startswith("/stand-in/"):
            connection.send(self._control.answer(request))
            return request.keeps_alive
        line = f"{request.method} {request.path}"
        self.log(
            "request", line=line, query=request.query, body=request.body.decode("latin-1")
        )
        if self.fault("drop", line):
            connection.reset()
            return False
        if self.settings.latency_ms:
            time.sleep(self.settings.latency_ms / 1000)
        if delay := self.fault("delay", line):
            time.sleep(delay.seconds)
        if fault := self.fault("reply", line):
            body = (
                bytes.fromhex(fault.body_hex) if fault.body_hex else fault.body.encode()
            )
            headers = list(fault.headers.items())
            connection.send(Reply(fault.status, body, fault.content_type, headers))
            return request.keeps_alive
        if self.fault("expire", line):
            self.sessions.end_session_of(request)
        if write := self.fault("write", line):
            self.engine.execute(write.sql)
        answer = self._api.answer(request, address)
        if isinstance(answer, Reply):
            connection.send(answer, request, self.common_headers())
            return request.keeps_alive
        may_go_on = self._api.stream(connection, request, answer)
        connection.lose_byte = self.settings.lose_first_byte
        return may_go_on and request.keeps_alive
