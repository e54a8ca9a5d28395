"""What the service knows of one login beyond fakesnow's connection."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from enum import Enum


class Transaction(Enum):
    NONE = "none"
    OPEN = "open"
    # An error rolled it back. The real service keeps it open; both want a ROLLBACK.
    FAILED = "failed"


@dataclass(eq=False)
class Session:
    """One thread works in it at a time (`lock`)."""

    connection: object  # fakesnow's
    user: str = ""
    role: str = ""
    warehouse: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    number: int = field(default_factory=lambda: secrets.randbelow(1 << 40))
    transaction: Transaction = Transaction.NONE
    last_used: float = field(default_factory=time.monotonic)
    running: int = 0
    # Names of what ends with the session: ("TABLE", '"DB"."S"."T"').
    temporary: list[tuple[str, str]] = field(default_factory=list)
    # Comments of columns of an object that is being made: table, column, text.
    pending_comments: list[tuple[list[str], str, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    # Statements of a test, past all rules.
    unbound: bool = False

    @property
    def duck(self):
        return self.connection._duck_conn

    def __enter__(self) -> "Session":
        self.lock.acquire()
        self.running += 1
        return self

    def __exit__(self, *_) -> None:
        self.running -= 1
        self.last_used = time.monotonic()
        self.lock.release()

    def idle_seconds(self) -> float:
        return 0 if self.running else time.monotonic() - self.last_used

    def begin(self) -> None:
        self.transaction = Transaction.OPEN
        # fakesnow must not begin one of its own.
        self.connection._in_transaction = True

    def end(self, state: Transaction = Transaction.NONE) -> None:
        self.transaction = state
        self.connection._in_transaction = False

    def fail(self) -> None:
        """The open transaction is lost; DuckDB has dropped it or will now."""
        try:
            self.duck.rollback()
        except Exception:  # noqa: S110 - it had been dropped already
            pass
        self.end(Transaction.FAILED)

    def full_name(self, parts: list[str]) -> list[str]:
        """Database, schema and name of an object that may be named in part."""
        known = [self.connection.database or "", self.connection.schema or ""]
        return [*known[: 3 - len(parts)], *parts]
