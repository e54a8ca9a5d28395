"""A client's query, as far as the engine can run it: SQL with its tags filled in."""

import re
from dataclasses import dataclass

from .catalog import BY_ID, Catalog
from .cell import quoted
from .failure import QueryFailed

_TAG = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.S)
_OPERATORS = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class BadQuery(ValueError):
    """Not a query at all."""


@dataclass
class Query:
    database: int
    sql: str
    dialect: str
    schema: str
    native: bool
    aggregated: bool = False
    keys: tuple[str, ...] = ()  # columns of an MBQL query that are keys
    statement: bool = False  # SHOW and the like, which cannot be a subquery


def resolve(query: dict, catalog: Catalog) -> Query:
    if not isinstance(query, dict) or not isinstance(query.get("database"), int):
        raise BadQuery(
            "`database` is required for all queries whose type is not `internal`."
        )
    database = query["database"]
    if database not in BY_ID:
        raise QueryFailed(f"Database {database} does not exist.", "invalid-query")
    _, dialect, schema = BY_ID[database]
    if query.get("type") == "query":
        return _from_mbql(query, database, catalog)
    if stages := query.get("stages"):
        native = {
            "query": stages[0].get("native"),
            "template-tags": stages[0].get("template-tags"),
        }
    else:
        native = query.get("native") or {}
    if not isinstance(native.get("query"), str):
        raise BadQuery("a native query needs its SQL")
    sql = fill_in(
        native["query"], native.get("template-tags") or {}, query.get("parameters") or []
    )
    sql = sql.rstrip().removesuffix(";")
    statement = (
        re.match(r"\s*(SHOW|DESCRIBE|DESC|EXPLAIN|EXISTS)\b", sql, re.I) is not None
    )
    return Query(database, sql, dialect, schema, native=True, statement=statement)


def fill_in(sql: str, tags: dict, parameters: list) -> str:
    """Puts values where tags stand; a clause in [[ ]] goes when its tag has none."""
    values = {}
    for name, tag in tags.items():
        if tag.get("default") is not None:
            values[name] = _literal(tag["default"], tag.get("type"))
    for parameter in parameters:
        target = parameter.get("target") or []
        if (
            len(target) == 2
            and target[0] == "variable"
            and target[1][0] == "template-tag"
        ):
            name = target[1][1]
            if parameter.get("value") is not None:
                kind = tags.get(name, {}).get("type") or parameter.get("type")
                values[name] = _literal(parameter["value"], kind)

    def fill(text: str) -> str:
        def value(found: re.Match) -> str:
            name = found[1]
            if name not in values:
                raise QueryFailed(
                    f'You\'ll need to pick a value for "{name}" before this query can run.',
                    "missing-required-parameter",
                )
            return values[name]

        return _TAG.sub(value, text)

    def optional(found: re.Match) -> str:
        names = {each[1] for each in _TAG.finditer(found[1])}
        return found[1] if names <= values.keys() else ""

    return fill(_OPTIONAL.sub(optional, sql))


def _literal(value, kind: str | None) -> str:
    if isinstance(value, list):
        return ", ".join(_literal(each, kind) for each in value)
    if kind and kind.startswith("number"):
        if not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", str(value)):
            raise QueryFailed(f"{value!r} is not a number", "invalid-parameter")
        return str(value)
    if kind and kind.startswith("date"):
        return f"toDate({quoted(str(value))})"
    return quoted(str(value))


def _from_mbql(query: dict, database: int, catalog: Catalog) -> Query:
    inner = query.get("query") or {}
    found = catalog.find_table(inner.get("source-table", 0))
    if found is None or found[0] != database:
        raise QueryFailed(
            f"Table {inner.get('source-table')} does not exist.", "invalid-query"
        )
    _, schema, table = found
    columns = catalog.columns(schema, table)
    names = {
        inner["source-table"] * 100 + at: column[0] for at, column in enumerate(columns)
    }

    def field(clause) -> str:
        if not isinstance(clause, list) or clause[0] != "field" or clause[1] not in names:
            raise QueryFailed(f"Invalid field: {clause}", "invalid-query")
        return f"`{names[clause[1]]}`"

    def condition(clause) -> str:
        operator, *arguments = clause
        if operator in ("and", "or"):
            return "(" + f" {operator.upper()} ".join(map(condition, arguments)) + ")"
        if operator in ("is-null", "not-null"):
            return (
                f"{field(arguments[0])} IS {'NOT ' if operator == 'not-null' else ''}NULL"
            )
        if operator == "between":
            return f"{field(arguments[0])} BETWEEN {value(arguments[1])} AND {value(arguments[2])}"
        if operator not in _OPERATORS:
            raise QueryFailed(f"Invalid filter: {operator}", "unsupported-feature")
        return f"{field(arguments[0])} {_OPERATORS[operator]} {value(arguments[1])}"

    def value(each) -> str:
        return str(each) if isinstance(each, int | float) else quoted(str(each))

    def aggregate(clause) -> str:
        if clause == ["count"]:
            return "count() AS count"
        if len(clause) == 2 and clause[0] in ("min", "max", "sum", "avg"):
            return f"{clause[0]}({field(clause[1])}) AS {clause[0]}"
        raise QueryFailed(f"Invalid aggregation: {clause}", "unsupported-feature")

    if aggregations := inner.get("aggregation"):
        wanted = ", ".join(map(aggregate, aggregations))
    elif inner.get("fields"):
        wanted = ", ".join(map(field, inner["fields"]))
    else:
        wanted = ", ".join(f"`{name}`" for name, _, _ in columns)
    sql = f"SELECT {wanted} FROM {schema}.{table}"
    if inner.get("filter"):
        sql += f" WHERE {condition(inner['filter'])}"
    if orders := inner.get("order-by"):
        sql += " ORDER BY " + ", ".join(
            f"{field(each)} {way.upper()}" for way, each in orders
        )
    if inner.get("limit") is not None:
        sql += f" LIMIT {int(inner['limit'])}"
    return Query(
        database,
        sql,
        BY_ID[database][1],
        schema,
        native=False,
        aggregated=bool(aggregations),
        keys=tuple(name for name, _, is_key in columns if is_key),
    )
