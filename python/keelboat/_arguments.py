"""What a caller gives, looked at before anybody is asked."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping

from .errors import ConfigError

# The largest numbers that the module takes. More rows, or connections, there are not.
_MOST = 2**63 - 1
_MOST_WORKERS = 2**31 - 1


def source(given: object) -> str:
    """A source's name or URL, without the blanks that pasting brings."""
    if not isinstance(given, str):
        # Its type alone: it may hold a password.
        raise TypeError(
            f"a source is a name, a URL or a keelboat.Source, not {_kind(given)}"
        )
    text = given.strip()
    if not text:
        raise ConfigError("the source is empty: give a name of keelboat.yaml, or a URL")
    return text


def database(given: object) -> str:
    """A database's name, or its number in Metabase."""
    if given is None or isinstance(given, str):
        return given or ""
    return str(whole("database", given, "a name or a number"))


def whole(
    name: str, given: object, what: str = "a whole number", most: int = _MOST
) -> int:
    """An integer of any make, no larger than the module takes."""
    number = None
    if not isinstance(given, bool):
        try:
            number = operator.index(given)
        except TypeError:
            pass
    if number is None:
        raise TypeError(f"{name} is {what}, not {given!r}")
    return max(-1, min(number, most))


def wholes(**given: object) -> dict[str, int | None]:
    """Whole numbers by name; None stays."""
    return {
        name: None
        if value is None
        else whole(name, value, most=_MOST_WORKERS if name == "workers" else _MOST)
        for name, value in given.items()
    }


def text(name: str, given: object) -> str | None:
    if given is not None and not isinstance(given, str):
        raise TypeError(f"{name} is a text, not {given!r}")
    return given


def seconds(given: object) -> float | None:
    """A timeout; None: there is none."""
    if given is None:
        return None
    try:
        timeout = math.nan if isinstance(given, str | bool) else float(given)
    except TypeError:
        timeout = math.nan
    if not timeout > 0:
        raise ValueError(f"timeout is seconds, more than none of them: not {given!r}")
    return timeout


def parameters(given: object) -> Mapping[str, object]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"params is values by their names, not {_kind(given)}")
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"the name of a parameter is a text, not {name!r}")
    return given


def _kind(given: object) -> str:
    return "None" if given is None else f"of type {type(given).__name__}"
