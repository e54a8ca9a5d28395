"""Where this service takes hold of fakesnow 0.12.1, all in one place: its private names."""

from fakesnow import transforms
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

from .comment import describe_comments, escape_table_comments
from .execution import execute
from .merge import keep_whole, run_merge
from .null_timestamp import keep_nulls
from .rewriting import rewrite
from .service import Service, session_of
from .statement import Statement
from .work import Work


def install(service: Service) -> None:
    keep_whole()
    keep_nulls()
    escape_table_comments()
    describe_comments()
    # Sums of decimals are exact; fakesnow added doubles, for the sake of sums of texts.
    transforms.numeric_agg_implicit_cast = lambda node: node
    forward, run, transform = (
        FakeSnowflakeCursor.execute,
        FakeSnowflakeCursor._execute,
        FakeSnowflakeCursor._transform,
    )

    def patched_execute(cursor, command, params=None, *args, **kwargs):
        work = Work(
            service=service,
            session=session_of(cursor._conn),
            statement=Statement(command),
            run=lambda statement: run(cursor, statement, None),
            forward=lambda sql: forward(cursor, sql, params, *args, **kwargs),
        )
        execute(work)
        return cursor

    def patched_run(cursor, statement, params=None):
        if not isinstance(statement, exp.Merge):
            return run(cursor, statement, params)
        return run_merge(
            cursor, statement, params, lambda each, given: run(cursor, each, given)
        )

    def patched_transform(cursor, statement, params):
        return transform(cursor, rewrite(session_of(cursor._conn), statement), params)

    FakeSnowflakeCursor.execute = patched_execute
    FakeSnowflakeCursor._execute = patched_run
    FakeSnowflakeCursor._transform = patched_transform
