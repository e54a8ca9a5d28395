"""Runs one statement by Snowflake's rules: warehouse, transaction, locks, errors."""

import time
from contextlib import nullcontext

import duckdb
import snowflake.connector.errors as errors

from . import account_object, comment, copy_into, stage_object, table_swap
from .merge import duplicate_row
from .session import Session, Transaction
from .statement import Statement
from .work import Work

_HANDLERS = (
    account_object.handle,
    stage_object.handle,
    copy_into.handle,
    comment.handle,
    table_swap.handle,
)
_CATALOG_RETRIES = 100
_ALLOWED_AFTER_FAILURE = (
    "ROLLBACK",
    "SELECT",
    "SHOW",
    "DESCRIBE",
    "DESC",
    "USE",
    "ALTER",
)


def execute(work: Work) -> None:
    """Leaves the result in the work's cursor; raises errors of the connector only."""
    session, statement = work.session, work.statement
    with session:
        try:
            if not session.unbound:
                account_object.require_warehouse(work)
            if _settled_by_transaction(work):
                return
            catalog = work.service.catalog if statement.is_ddl else nullcontext()
            with work.service.locks.held(session, statement), catalog:
                _run(work)
                _close_transaction(session, statement)
        except Exception as error:
            _lose_transaction(session)
            raise _as_snowflake_says(error) from error


def _settled_by_transaction(work: Work) -> bool:
    """What the state of the transaction asks for before the statement; True: all is done."""
    session, statement = work.session, work.statement
    begins = statement.head == "BEGIN" or statement.begins("START", "TRANSACTION")
    if session.transaction is Transaction.FAILED:
        if statement.is_ddl:
            session.end()
        elif statement.head not in _ALLOWED_AFTER_FAILURE:
            raise errors.ProgrammingError(
                msg="An error or another session ended this transaction: ROLLBACK it.",
                errno=625,
                sqlstate="57014",
            )
    if session.transaction is Transaction.OPEN:
        if begins:
            return work.done()
        if statement.is_ddl:
            session.duck.commit()
            session.end()
            work.service.locks.release(session)
    elif statement.is_dml and not session.connection._autocommit:
        session.duck.begin()
        session.begin()
    return False


def _run(work: Work) -> None:
    alone = work.session.transaction is not Transaction.OPEN
    if alone and work.statement.begins("INSERT", "OVERWRITE"):
        # fakesnow makes two statements of it.
        _run_as_one(work)
        return
    for attempt in range(_CATALOG_RETRIES):
        try:
            _dispatch(work)
            return
        except duckdb.TransactionException as error:
            # Two sessions that make objects at once: here an error, there a short wait.
            if (
                not alone
                or "onflict" not in str(error)
                or attempt == _CATALOG_RETRIES - 1
            ):
                raise
            time.sleep(0.05)


def _run_as_one(work: Work) -> None:
    work.session.duck.begin()
    try:
        _dispatch(work)
    except Exception:
        work.session.duck.rollback()
        raise
    work.session.duck.commit()


def _dispatch(work: Work) -> None:
    if any(handle(work) for handle in _HANDLERS):
        return
    if "DYNAMIC" in work.statement.words[1:4]:
        raise NotImplementedError("dynamic tables")  # would become ordinary ones
    work.forward(work.statement.sql)
    comment.set_pending(work.session)


def _close_transaction(session: Session, statement: Statement) -> None:
    if statement.head == "BEGIN" or statement.begins("START", "TRANSACTION"):
        session.begin()
    elif statement.head in ("COMMIT", "ROLLBACK"):
        session.end()


def _lose_transaction(session: Session) -> None:
    if session.transaction is not Transaction.OPEN:
        return
    try:
        session.duck.execute("SELECT 1")
    except duckdb.Error:  # DuckDB has dropped it
        session.fail()


def _as_snowflake_says(error: Exception) -> Exception:
    """The clients repeat an HTTP 500 for minutes, so nothing may become one."""
    if isinstance(error, (errors.ProgrammingError, errors.OperationalError)):
        return error
    text = str(error).split("\n")[0]
    if isinstance(error, duckdb.ConstraintException) and "NOT NULL" in text:
        return errors.ProgrammingError(
            msg=f"NULL result in a non-nullable column ({text})",
            errno=100072,
            sqlstate="22000",
        )
    if isinstance(error, duckdb.InterruptException):
        return errors.ProgrammingError(
            msg="SQL execution canceled", errno=604, sqlstate="57014"
        )
    if isinstance(error, duckdb.TransactionException):
        return errors.ProgrammingError(msg=text, errno=625, sqlstate="57014")
    if isinstance(error, duckdb.CatalogException):
        return errors.ProgrammingError(
            msg=f"SQL compilation error:\nObject does not exist or not authorized. ({text})",
            errno=2003,
            sqlstate="42S02",
        )
    if merged := duplicate_row(error):
        return merged
    return errors.ProgrammingError(
        msg=f"The stand-in cannot do this: {type(error).__name__}: {error}",
        errno=2,
        sqlstate="0A000",
    )
