"""A result's columns, as `cols` tells them."""

from dataclasses import dataclass

from .clickhouse_type import base_type, database_type, parse, unwrap
from .query import Query
from .settings import Settings

_WIDE_INTEGERS = ("Int128", "Int256", "UInt128", "UInt256")


@dataclass(frozen=True)
class Column:
    name: str
    type_name: str
    display_name: str
    is_key: bool

    @staticmethod
    def of(described: list[tuple[str, str]], query: Query) -> "list[Column]":
        columns = []
        for name, type_name in described:
            # Of a table's own columns people see titles.
            shown = (
                name
                if query.native or query.aggregated
                else name.replace("_", " ").title()
            )
            columns.append(Column(name, type_name, shown, name in query.keys))
        return columns


def describe(
    columns: list[Column], query: Query, settings: Settings, rows: int
) -> list[dict]:
    """`rows` counts: a type that only values tell is known once there are some."""
    seen: dict[str, int] = {}
    found = []
    for column in columns:
        times = seen[column.name] = seen.get(column.name, 0) + 1
        unique = column.name if times == 1 else f"{column.name}_{times}"
        base = base_type(column.type_name, query.dialect)
        if rows and unwrap(parse(column.type_name))[0].name in _WIDE_INTEGERS:
            base = "type/BigInteger"
        base = settings.base_types.get(column.name, base)
        col = {
            "name": unique if settings.generation.unique_names else column.name,
            "display_name": column.display_name,
            "base_type": base,
            "effective_type": base,
            "source": "native" if query.native else "fields",
            "field_ref": ["field", unique, {"base-type": base}],
        }
        if settings.generation.unique_names:
            col["database_type"] = database_type(column.type_name, query.dialect)
        if column.is_key:
            col["semantic_type"] = "type/PK"
        found.append(col)
    return found
