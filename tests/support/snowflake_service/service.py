"""All that the service knows: settings, faults, sessions, stages, what happened."""

import threading
from collections import deque

from .load_history import LoadHistory
from .session import Session, Transaction
from .settings import Fault, Settings
from .stage import Stage
from .table_lock import TableLocks

_LOG_LENGTH = 50_000


class Service:
    """Thread-safe as far as several requests may run at once."""

    def __init__(self):
        self.settings = Settings()
        self.faults: list[Fault] = []
        self.locks = TableLocks(self)
        self.stages: dict[tuple[str, str, str], Stage] = {}
        self.history = LoadHistory()
        self.log: deque[dict] = deque(maxlen=_LOG_LENGTH)
        self.running: dict[str, Session] = {}  # by request id
        # Here two sessions that make the same thing at once would be an error.
        self.catalog = threading.Lock()
        self._guard = threading.Lock()

    def reset(self) -> None:
        with self._guard:
            self.settings = Settings()
            self.faults.clear()
            self.log.clear()

    def add_fault(self, fault: Fault) -> None:
        with self._guard:
            self.faults.append(fault)

    def fault_for(self, path: str, sql: str) -> Fault | None:
        with self._guard:
            return next((f for f in self.faults if f.hits(path, sql)), None)

    def note(self, event: str, **details) -> None:
        self.log.append({"event": event, **details})

    def cancel(self, request_id: str) -> None:
        if session := self.running.get(request_id):
            session.duck.interrupt()

    def end(self, session: Session) -> None:
        """What the end of a session undoes and drops."""
        with session:
            if session.transaction is Transaction.OPEN:
                session.duck.rollback()
                session.end()
            for kind, name in session.temporary:
                try:
                    session.duck.execute(f"DROP {kind} IF EXISTS {name}")
                except Exception:  # noqa: S110 - its schema went before it
                    pass
        self.locks.release(session)


def session_of(connection) -> Session:
    """The session of fakesnow's connection."""
    session = getattr(connection, "_stand_in", None)
    if session is None:
        session = connection._stand_in = Session(connection, unbound=True)
    return session
