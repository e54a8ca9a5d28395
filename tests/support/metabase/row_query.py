"""The SQL by which the engine writes a response's rows as text."""

import json

from .cell import Style, cell, quoted
from .clojure_map import zipmap_keys
from .column import Column
from .engine import SETTINGS

# What stands between rows; each row begins with it, the first loses it.
COMPACT = ","
LINES = ",\n"


def row_query(
    source: str,
    columns: list[Column],
    style: Style,
    limit: int,
    separator: str,
    chunks: bool,
) -> str:
    """A query of `source` with one text column; with `chunks` each row is an HTTP chunk."""
    names = [f"c{at}" for at in range(len(columns))]
    row = _row(columns, names, style, separator)
    # A row is written once, measured once.
    rows = f"SELECT {row} AS line FROM (\n{source}\n) AS answer({', '.join(names)}) LIMIT {limit}"
    line = (
        "concat(lower(hex(length(line))), '\\r\\n', line, '\\r\\n')" if chunks else "line"
    )
    zone = "UTC" if style.dialect == "postgres" else style.zone
    return f"SELECT {line} FROM ({rows}) SETTINGS {SETTINGS}, session_timezone = {quoted(zone)}"


def _row(columns: list[Column], names: list[str], style: Style, separator: str) -> str:
    cells = {
        name: cell(name, column.type_name, style, column.is_key)
        for name, column in zip(names, columns, strict=True)
    }
    if style.target == "csv":
        parts = _joined(list(cells.values()), style.separator)
        return "concat(" + ", ".join([*parts, "'\\n'"]) + ")"
    if style.target == "api":
        parts = _joined(list(cells.values()), ",")
        return "concat(" + ", ".join([quoted(separator + "["), *parts, "']'"]) + ")"
    # Of columns with one name the last counts.
    by_title = {
        column.display_name: cells[name]
        for name, column in zip(names, columns, strict=True)
    }
    parts = []
    for at, title in enumerate(zipmap_keys([column.display_name for column in columns])):
        start = separator + "{" if at == 0 else ","
        parts += [
            quoted(start + json.dumps(title, ensure_ascii=False) + ":"),
            by_title[title],
        ]
    return "concat(" + ", ".join([*parts, "'}'"]) + ")"


def _joined(parts: list[str], comma: str) -> list[str]:
    joined = []
    for at, part in enumerate(parts):
        joined += [quoted(comma), part] if at else [part]
    # concat wants two at least.
    return joined if len(joined) > 1 else [*joined, "''"]
