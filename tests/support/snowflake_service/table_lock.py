"""Locks of whole tables, as UPDATE, DELETE and MERGE take them until their transaction ends."""

import threading
import time
from contextlib import contextmanager

import snowflake.connector.errors as errors

from .session import Session, Transaction
from .statement import Statement

_LOOK_SECONDS = 0.02


class TableLocks:
    """Who changes which table. Thread-safe."""

    def __init__(self, service):
        self._service = service  # its settings may be other ones by now
        self._holders: dict[tuple[str, ...], Session] = {}
        self._changed = threading.Condition()

    @contextmanager
    def held(self, session: Session, statement: Statement):
        """Waits for the table that the statement changes; keeps it to the transaction's end."""
        table = _changed_table(session, statement)
        if table is not None:
            self._take(session, table)
        try:
            yield
        finally:
            if session.transaction is not Transaction.OPEN:
                self.release(session)

    def release(self, session: Session) -> None:
        with self._changed:
            for table in [t for t, holder in self._holders.items() if holder is session]:
                del self._holders[table]
            self._changed.notify_all()

    def held_tables(self) -> list[str]:
        with self._changed:
            return sorted(".".join(table) for table in self._holders)

    def _take(self, session: Session, table: tuple[str, ...]) -> None:
        settings = self._service.settings
        asked = float(session.parameters.get("LOCK_TIMEOUT", "inf"))
        end = time.monotonic() + min(asked, settings.lock_timeout_seconds)
        with self._changed:
            while (holder := self._holders.get(table)) not in (None, session):
                if holder.idle_seconds() > settings.idle_abort_seconds:
                    self._abort(holder)
                    continue
                if time.monotonic() > end:
                    raise errors.ProgrammingError(
                        msg="Statement was aborted because the number of waiters or the "
                        f"lock timeout was exceeded: table {'.'.join(table)} is locked by "
                        f"session {holder.number}.",
                        errno=625,
                        sqlstate="57014",
                    )
                self._changed.wait(_LOOK_SECONDS)
            self._holders[table] = session

    def _abort(self, holder: Session) -> None:
        """Rolls a silent session back, as the real service does after five minutes."""
        if not holder.lock.acquire(blocking=False):
            return  # It has just come back to life.
        try:
            holder.fail()
        finally:
            holder.lock.release()
        for table in [t for t, each in self._holders.items() if each is holder]:
            del self._holders[table]


def _changed_table(session: Session, statement: Statement) -> tuple[str, ...] | None:
    words = statement.words
    if statement.head == "UPDATE":
        place = 1
    elif statement.begins("DELETE", "FROM") or statement.begins("MERGE", "INTO"):
        place = 2
    elif statement.head == "TRUNCATE":
        place = 1 + (words[1:2] == ["TABLE"])
        place += 2 * (words[place : place + 2] == ["IF", "EXISTS"])
    elif statement.begins("INSERT", "OVERWRITE", "INTO"):
        place = 3 + (words[3:4] == ["TABLE"])
    else:
        return None
    parts, _ = statement.name(place)
    return tuple(session.full_name(parts))
