"""A TCP proxy in front of a server that breaks connections on demand.

    with FaultyProxy(server.port) as proxy:
        proxy.plan(Reset(after=1_000_000))
        ...connect to proxy.port

Each planned fault is spent once, on the first connection that the server has sent `after`
bytes to; later connections pass through. `spent` says how many did their work.
`cut_all` ends whatever is open at that moment. While the server is down connections are
refused (`refused` counts them), or wait within `holding`.
"""

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

_PIECE = 16 * 1024


@dataclass(frozen=True)
class Fault:
    """What happens once `after` bytes have come from the server on one connection."""

    after: int


@dataclass(frozen=True)
class Reset(Fault):
    """The connection is reset (RST): a router that forgot it, a server that was killed."""


@dataclass(frozen=True)
class Close(Fault):
    """The connection ends politely (FIN) in the middle of whatever was being sent."""


@dataclass(frozen=True)
class Stall(Fault):
    """Nothing comes any more, and the connection stays open."""


@dataclass(frozen=True)
class HalfClose(Fault):
    """Nothing more comes (FIN), while what the client sends still reaches the server."""


@dataclass(frozen=True)
class Delay(Fault):
    """From here on every piece comes later: a long or a busy line."""

    seconds: float


@dataclass(frozen=True)
class Bandwidth(Fault):
    """From here on no more than so much comes in a second: a thin line."""

    bytes_per_second: int


@dataclass(frozen=True)
class Call(Fault):
    """The connection pauses while `action` runs, then goes on."""

    action: Callable[[], None]


class FaultyProxy:
    """Accepts on loopback and forwards to `target`; ends every connection when left."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.spent = 0
        self.refused = 0
        self._open = threading.Event()
        self._open.set()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "FaultyProxy":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._spawn(self._accept)
        return self

    def __exit__(self, *_) -> None:
        self._ending.set()
        self._open.set()
        with self._lock:
            ends = [self._listener, *self._sockets]
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def plan(self, *faults: Fault) -> None:
        with self._lock:
            self._faults += faults

    def cut_all(self) -> None:
        """Ends every connection there is; new ones pass through."""
        with self._lock:
            ends, self._sockets = self._sockets, []
        for end in ends:
            with contextlib.suppress(OSError):
                # The thread that serves it wakes up and closes both sides.
                end.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def holding(self):
        """New connections wait until the block ends."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def _spawn(self, work: Callable, *arguments) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.wait()
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                server.settimeout(None)
            except OSError:
                client.close()  # As if the proxy were the server: it is down.
                self.refused += 1
                continue
            with self._lock:
                self._sockets += [client, server]
            self._spawn(self._serve, client, server)

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        # One thread for both ways: a socket that another thread waits on does not close.
        passed = 0
        slow: list[Delay | Bandwidth] = []
        with contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if client in ready:
                    piece = client.recv(_PIECE)
                    if not piece:
                        break
                    server.sendall(piece)
                if server in ready:
                    piece = server.recv(_PIECE)
                    if not piece:
                        break
                    fault = self._due(passed + len(piece))
                    head = len(piece) if fault is None else max(0, fault.after - passed)
                    self._hold_up(slow, head)
                    client.sendall(piece[:head])
                    if isinstance(fault, Delay | Bandwidth):
                        slow.append(fault)
                    elif fault is not None and not self._goes_on(fault, client, server):
                        break
                    client.sendall(piece[head:])
                    passed += len(piece)
        client.close()
        server.close()

    def _hold_up(self, slow: list, size: int) -> None:
        for fault in slow:
            wait = (
                fault.seconds
                if isinstance(fault, Delay)
                else size / fault.bytes_per_second
            )
            # Ends early with the proxy.
            self._ending.wait(wait)

    def _goes_on(
        self, fault: Fault, client: socket.socket, server: socket.socket
    ) -> bool:
        match fault:
            case Call(action=action):
                action()
                return True
            case HalfClose():
                client.shutdown(socket.SHUT_WR)
                while piece := client.recv(_PIECE):
                    server.sendall(piece)
            case Stall():
                self._ending.wait()
            case Reset():
                at_once = struct.pack("ii", 1, 0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        return False

    def _due(self, passed: int) -> Fault | None:
        with self._lock:
            if self._faults and passed >= self._faults[0].after:
                self.spent += 1
                return self._faults.pop(0)
        return None
