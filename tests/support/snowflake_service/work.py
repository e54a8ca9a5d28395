"""One statement on its way through the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answer import answer, status
from .session import Session
from .statement import Statement

if TYPE_CHECKING:
    from .service import Service


@dataclass
class Work:
    """Handlers take it and say whether the statement was theirs."""

    service: Service
    session: Session
    statement: Statement
    run: Callable  # one parsed statement of DuckDB, its result becoming the cursor's
    forward: Callable[[str], None]  # a statement of Snowflake, as fakesnow does it

    def answer(self, columns: dict[str, str], rows: list[tuple]) -> bool:
        answer(self.run, columns, rows)
        return True

    def done(self) -> bool:
        status(self.run)
        return True

    def metadata(self):
        """A connection for what belongs to no transaction of the session."""
        return self.session.duck.cursor()
