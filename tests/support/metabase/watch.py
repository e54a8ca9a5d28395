"""Looks after running responses: is the client still there, is there time left."""

import threading
import time

from .connection import Connection
from .engine import Stream


class Watches:
    """One thread that polls every client, as the server polls each by reading a byte."""

    def __init__(self, poll_ms):
        self._poll_ms = poll_ms
        self._active: set[Watch] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="watches", daemon=True)
        self._thread.start()

    def add(self, watch: "Watch") -> None:
        with self._lock:
            self._active.add(watch)

    def remove(self, watch: "Watch") -> None:
        with self._lock:
            self._active.discard(watch)

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _poll(self) -> None:
        polled = time.monotonic()
        while not self._stopped.wait(min(0.1, self._poll_ms() / 1000)):
            now = time.monotonic()
            ask_clients = now - polled >= self._poll_ms() / 1000
            if ask_clients:
                polled = now
            with self._lock:
                active = list(self._active)
            for watch in active:
                watch.look(now, ask_clients)


class Watch:
    """On one response, while it runs."""

    def __init__(self, watches: Watches, connection: Connection, deadline: float):
        self._watches = watches
        self._connection = connection
        self._deadline = deadline
        self.stream: Stream | None = None
        self.gone = False
        self.timed_out = False

    def __enter__(self) -> "Watch":
        self._watches.add(self)
        return self

    def __exit__(self, *_) -> None:
        self._watches.remove(self)

    def is_over(self) -> bool:
        return self.gone or self.timed_out

    def look(self, now: float, ask_client: bool) -> None:
        if not self.is_over():
            if now >= self._deadline:
                self.timed_out = True
            elif ask_client and self._connection.peer_gone():
                self.gone = True
        # Again each time: the query may have begun only after the last look.
        if self.is_over() and (stream := self.stream) is not None:
            stream.cancel()
