"""What can go wrong: one class per kind of error."""

from __future__ import annotations

import builtins

__all__ = [
    "Error",
    "ConfigError",
    "AuthError",
    "DeniedError",
    "NotFoundError",
    "UnavailableError",
    "ThrottledError",
    "TimeoutError",
    "DataError",
    "ContractError",
    "ConflictError",
    "CancelledError",
    "UnsupportedError",
    "InternalError",
    "RunError",
    "FetchWarning",
]


class Error(Exception):
    """Something that keelboat could not do; the message says what and what to do about it.

    Attributes:
        kind: the kind's name: "config", "auth", "unavailable", …
        details: facts for programs, e.g. {"column": "price"}; never a secret.
        retryable: whether the same call may succeed after a pause.
    """

    kind: str = "internal"
    retryable: bool = False

    def __init__(self, message: str, details: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.details: dict[str, str] = dict(details or {})


class ConfigError(Error):
    """The configuration, a parameter or the query itself is wrong."""

    kind = "config"


class AuthError(Error):
    """The login was refused."""

    kind = "auth"


class DeniedError(Error):
    """Logged in, but a right on one thing is missing."""

    kind = "denied"


class NotFoundError(Error):
    """A database, table, column, query or file does not exist."""

    kind = "not_found"


class UnavailableError(Error):
    """A server could not be reached, or went away; the retries are used up."""

    kind = "unavailable"
    retryable = True


class ThrottledError(Error):
    """A server asks to be left alone for a while."""

    kind = "throttled"
    retryable = True


class TimeoutError(Error, builtins.TimeoutError):
    """A deadline passed."""

    kind = "timeout"
    retryable = True


class DataError(Error):
    """A value or a row cannot be carried exactly, or an answer is not complete."""

    kind = "data"


class ContractError(Error):
    """Rows break their contract."""

    kind = "contract"


class ConflictError(Error):
    """Somebody else changed or holds the same thing."""

    kind = "conflict"


class CancelledError(Error):
    """The work was stopped."""

    kind = "cancelled"


class UnsupportedError(Error):
    """A feature that keelboat refuses to guess at."""

    kind = "unsupported"


class InternalError(Error):
    """A broken invariant of keelboat: a bug."""

    kind = "internal"


class RunError(Error):
    """A run in which something failed. `report` is what `keelboat run --json` tells."""

    kind = "run"

    def __init__(self, message: str, report: dict | None = None) -> None:
        super().__init__(message)
        self.report = report or {}


class FetchWarning(UserWarning):
    """Something to know of the rows that were fetched."""


_KINDS = {
    kind.kind: kind
    for kind in (
        ConfigError,
        AuthError,
        DeniedError,
        NotFoundError,
        UnavailableError,
        ThrottledError,
        TimeoutError,
        DataError,
        ContractError,
        ConflictError,
        CancelledError,
        UnsupportedError,
        InternalError,
    )
}


def _of_kind(kind: str, message: str, details: dict[str, str] | None = None) -> Error:
    return _KINDS.get(kind, InternalError)(message, details)
