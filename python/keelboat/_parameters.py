"""Python values as parameters of a query."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from typing import Any

from . import _arguments
from .errors import ConfigError

_NOT_A_TIME = object()


def _datetime(name: str, value: datetime.datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    if getattr(value, "nanosecond", 0):
        raise ConfigError(
            f"parameter {name}: servers take microseconds, not nanoseconds: round it"
        )
    return value.isoformat(" ")


def _of_numpy(name: str, value: Any) -> object:
    """Python's own value of one of NumPy's; what Python has no such value for, as it is."""
    kind = value.dtype.kind
    if value.ndim > 0 or kind == "m":
        return value
    own = value.item()
    if kind != "M" or not isinstance(own, int):
        return _NOT_A_TIME if kind == "M" and own is None else own
    # Finer than Python's moments, or beyond them: NumPy makes a number of it.
    import numpy

    own = value.astype("datetime64[us]")
    finer = numpy.datetime_data(value.dtype)[0] in ("ns", "ps", "fs", "as")
    if not finer or own != value:
        raise ConfigError(
            f"parameter {name}: {value} is no moment that servers take: they have "
            "microseconds, and years to 9999"
        )
    return own.item()


def typed(name: str, value: object) -> tuple[str, str]:
    """A value's type and text, as the queries' front matter names them."""
    if type(value).__module__ == "numpy":
        value = _of_numpy(name, value)
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, int):
        return "integer", str(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ConfigError(f"parameter {name}: {value} is no number that SQL knows")
        return "number", repr(value)
    if isinstance(value, decimal.Decimal):
        if not value.is_finite():
            raise ConfigError(f"parameter {name}: {value} is no number that SQL knows")
        return "number", f"{value:f}"
    if value is _NOT_A_TIME or isinstance(value, datetime.datetime) and value != value:
        raise ConfigError(
            f"parameter {name} is NaT, no time: None leaves a parameter out"
        )
    if isinstance(value, datetime.datetime):
        return "datetime", _datetime(name, value)
    if isinstance(value, datetime.date):
        return "date", value.isoformat()
    if isinstance(value, str):
        return "text", value
    raise ConfigError(
        f"parameter {name} is a {type(value).__name__}: give a text, number, boolean, "
        "date or datetime"
    )


def all_typed(params: Mapping[str, object] | None) -> dict[str, tuple[str, str]]:
    """Those that are None are left out, as if they were not given."""
    return {
        name: typed(name, value)
        for name, value in _arguments.parameters(params).items()
        if value is not None
    }
