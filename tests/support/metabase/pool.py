"""The two things requests wait for: a thread to stream on and a connection to the database."""

import threading
import time
from contextlib import contextmanager

from .failure import QueryFailed
from .settings import Settings


class Slots:
    """Counts what is taken; the number of places may change while it runs."""

    def __init__(self):
        self._changed = threading.Condition()
        self.taken = 0
        self.waiting = 0
        self.most_taken = 0

    def take(self, places, given_up, seconds: float | None = None) -> bool:
        """False after `seconds`, or once `given_up()`. `places()` is asked again and again."""
        end = None if seconds is None else time.monotonic() + seconds
        with self._changed:
            self.waiting += 1
            try:
                while self.taken >= places():
                    if given_up() or (end is not None and time.monotonic() >= end):
                        return False
                    self._changed.wait(0.02)
            finally:
                self.waiting -= 1
            self.taken += 1
            self.most_taken = max(self.most_taken, self.taken)
            return True

    def give_back(self) -> None:
        with self._changed:
            self.taken -= 1
            self._changed.notify()


class Pool:
    """Connections to one database."""

    def __init__(self):
        self.slots = Slots()

    @contextmanager
    def checkout(self, settings, given_up):
        """`settings()` gives the present ones."""
        now: Settings = settings()
        seconds = None
        if now.generation.pool_gives_up:
            seconds = now.pool_checkout_timeout_ms / 1000
            full = self.slots.taken + now.pool_held >= now.pool_size
            if full and self.slots.waiting >= now.pool_max_pending:
                raise QueryFailed(
                    "Too many queries are waiting for a connection to this database.",
                    "connection-pool-checkout-queue-full",
                    status=503,
                )
        if not self.slots.take(lambda: _places(settings()), given_up, seconds):
            raise QueryFailed(
                "An attempt by a client to checkout a Connection has timed out.",
                "connection-pool-checkout-timeout",
                status=503,
            )
        try:
            yield
        finally:
            self.slots.give_back()


def _places(settings: Settings) -> int:
    return settings.pool_size - settings.pool_held
