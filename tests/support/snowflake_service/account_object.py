"""Warehouses, roles and sessions: statements that say who works where."""

import snowflake.connector.errors as errors

from .statement import folded
from .work import Work

_SILENT = {"ROLE", "USER", "RESOURCE", "NETWORK", "STORAGE", "INTEGRATION"}


def handle(work: Work) -> bool:
    statement, words = work.statement, work.statement.words
    if statement.begins("ALTER", "SESSION") and words[2:3] in (["SET"], ["UNSET"]):
        return _alter_session(work)
    if statement.begins("USE", "WAREHOUSE"):
        return _use_warehouse(work)
    if statement.begins("USE", "ROLE"):
        return _use_role(work)
    if statement.head in ("GRANT", "REVOKE"):
        return work.done()
    if statement.head in ("CREATE", "ALTER", "DROP"):
        kind = next((w for w in words[1:4] if w not in ("OR", "REPLACE")), "")
        if kind == "WAREHOUSE":
            return _change_warehouse(work)
        if kind in _SILENT:
            return work.done()
    return False


def require_warehouse(work: Work) -> None:
    """Statements that compute need a warehouse that runs or may be resumed."""
    statement, words = work.statement, work.statement.words
    computes = statement.is_dml or (
        statement.head in ("SELECT", "WITH") and "FROM" in words
    )
    if statement.begins("CREATE") and "TABLE" in words and "SELECT" in words:
        computes = True
    if not computes:
        return
    if not work.session.warehouse:
        raise errors.ProgrammingError(
            msg="No active warehouse selected in the current session.  "
            "Select an active warehouse with the 'use warehouse' command.",
            errno=606,
            sqlstate="57P03",
        )
    if work.session.warehouse in work.service.settings.suspended:
        raise errors.ProgrammingError(
            msg=f"Warehouse '{work.session.warehouse}' cannot be resumed because resource "
            "monitor 'MONTHLY' has exceeded its quota.",
            errno=90073,
            sqlstate="22000",
        )


def _alter_session(work: Work) -> bool:
    statement = work.statement
    if statement.words[2] == "UNSET":
        for token in statement.tokens[3:]:
            work.session.parameters.pop(token.upper(), None)
        return work.done()
    for name, value in statement.options(3).items():
        if name == "AUTOCOMMIT":
            work.session.connection.autocommit(str(value).upper() == "TRUE")
        work.session.parameters[name] = str(value)
    return work.done()


def _use_role(work: Work) -> bool:
    (name,), _ = work.statement.name(2)
    if name not in work.service.settings.roles:
        raise _unknown()
    work.session.role = name
    return work.done()


def _use_warehouse(work: Work) -> bool:
    (name,), _ = work.statement.name(2)
    if name not in work.service.settings.warehouses:
        raise _unknown()
    work.session.warehouse = name
    return work.done()


def _unknown() -> errors.ProgrammingError:
    return errors.ProgrammingError(
        msg="SQL compilation error:\nObject does not exist, or operation cannot be "
        "performed.",
        errno=2043,
        sqlstate="02000",
    )


def _change_warehouse(work: Work) -> bool:
    words = [w for w in work.statement.words if w not in ("IF", "NOT", "EXISTS")]
    name = folded(work.statement.tokens[work.statement.words.index(_after(words))])
    warehouses, suspended = (
        work.service.settings.warehouses,
        work.service.settings.suspended,
    )
    if words[0] == "CREATE" and name not in warehouses:
        warehouses.append(name)
    elif words[0] == "DROP" and name in warehouses:
        warehouses.remove(name)
    elif "SUSPEND" in words and name not in suspended:
        suspended.append(name)
    elif "RESUME" in words and name in suspended:
        suspended.remove(name)
    return work.done()


def _after(words: list[str]) -> str:
    return words[words.index("WAREHOUSE") + 1]
