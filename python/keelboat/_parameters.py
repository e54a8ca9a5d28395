"""Python values as parameters of a query."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping

from .errors import ConfigError


def _datetime(name: str, value: datetime.datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    if getattr(value, "nanosecond", 0):
        raise ConfigError(
            f"parameter {name}: servers take microseconds, not nanoseconds: round it"
        )
    return value.isoformat(" ")


def typed(name: str, value: object) -> tuple[str, str]:
    """A value's type and text, as the queries' front matter names them."""
    item = getattr(value, "item", None)
    if callable(item) and type(value).__module__ == "numpy":
        value = item()
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
        for name, value in (params or {}).items()
        if value is not None
    }
