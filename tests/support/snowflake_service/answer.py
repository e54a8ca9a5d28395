"""Results of statements that the service answers itself."""

import sqlglot

from .statement import literal, quoted

SUCCESS = "Statement executed successfully."


def answer(run, columns: dict[str, str], rows: list[tuple]) -> None:
    """Makes rows the cursor's result. `columns` are names and DuckDB types; `run` executes
    one parsed statement, as fakesnow's cursor does."""
    names = ", ".join(quoted(name) for name in columns)
    types = list(columns.values())
    lines = [
        "(" + ", ".join(_cell(c, t) for c, t in zip(row, types, strict=True)) + ")"
        for row in rows
    ]
    nothing = "(" + ", ".join(_cell(None, kind) for kind in types) + ")"
    sql = f"SELECT * FROM (VALUES {', '.join(lines or [nothing])}) AS t({names})"
    if not rows:
        sql += " WHERE false"
    run(sqlglot.parse_one(sql, read="duckdb"))


def status(run, text: str = SUCCESS) -> None:
    answer(run, {"status": "VARCHAR"}, [(text,)])


def _cell(value, kind: str) -> str:
    text = value if isinstance(value, str) or value is None else str(value)
    return f"CAST({literal(text)} AS {kind})"
