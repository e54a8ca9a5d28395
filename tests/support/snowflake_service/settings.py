"""What a test may turn, and the rules by which the service misbehaves."""

import re
from dataclasses import dataclass, field, fields

from .account import ACCOUNT, PASSWORD, ROLE, TOKEN, USER, WAREHOUSE


@dataclass
class Settings:
    """All of the service's switches, at their defaults."""

    # Another account is answered with a page, as the real front door does; empty: any will do.
    account: str = ACCOUNT
    users: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    tokens: dict[str, str] = field(default_factory=lambda: {USER: TOKEN})
    # PEM texts; a user without one cannot log in by key pair.
    public_keys: dict[str, str] = field(default_factory=dict)
    roles: list[str] = field(default_factory=lambda: [ROLE, "PUBLIC"])
    warehouses: list[str] = field(default_factory=lambda: [WAREHOUSE])
    # Suspended, and not to be resumed by this role.
    suspended: list[str] = field(default_factory=list)
    # An open transaction that blocks others is rolled back when its session was idle for
    # so long: five minutes in the real service.
    idle_abort_seconds: float = 2
    lock_timeout_seconds: float = 20
    # Where stages with a storage integration find their bucket: endpoint, access_key, secret_key.
    integrations: dict[str, dict[str, str]] = field(default_factory=dict)

    def change(self, changes: dict) -> None:
        known = {each.name for each in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no setting {name!r}; known: {sorted(known)}")
            setattr(self, name, value)


KINDS = ("status", "hang", "hang_after", "cut", "cut_after", "error")


@dataclass
class Fault:
    """One rule. Of those that fit a request, the first that was added decides."""

    # status: an HTTP status and a page; hang: no answer for `seconds`, and nothing is done;
    # cut: the connection ends before anything is done; hang_after, cut_after: when all is
    # done; error: an error of Snowflake.
    kind: str
    path: str = "/queries/v1/query-request"  # begins with
    sql: str = ""  # pattern searched in the statement, any case
    skip: int = 0  # so many fitting requests pass first
    times: int = 1  # then so many are hit; 0: all
    status: int = 503
    seconds: float = 3600
    code: str = "000604"
    sqlstate: str = "57014"
    message: str = "SQL execution canceled"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; known: {KINDS}")
        self._pattern = re.compile(self.sql, re.IGNORECASE | re.DOTALL)
        self._seen = 0

    def hits(self, path: str, sql: str) -> bool:
        """Whether this request is hit; counts it."""
        if not path.startswith(self.path) or not self._pattern.search(sql):
            return False
        self._seen += 1
        place = self._seen - self.skip
        return place > 0 and (self.times == 0 or place <= self.times)
