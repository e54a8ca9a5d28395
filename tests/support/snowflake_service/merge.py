"""MERGE by DuckDB's own: fakesnow's several statements do not work within a transaction."""

import snowflake.connector.errors as errors
from fakesnow import transforms
from sqlglot import exp

_COUNTED = {"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"}


def keep_whole() -> None:
    """fakesnow leaves MERGE in one piece from now on."""
    transforms.merge = lambda statement: [statement]


def run_merge(cursor, merge: exp.Merge, params, run) -> None:
    """Does it and leaves Snowflake's counts as the result; `run` is fakesnow's way to
    execute one statement."""
    actions = _prepare(merge)
    sql = merge.sql(dialect="duckdb") + " RETURNING merge_action"
    rows = [row[0] for row in cursor._duck_conn.execute(sql, params).fetchall()]
    counts = exp.select(
        *(
            exp.alias_(
                exp.Literal.number(rows.count(action)),
                f"number of rows {name}",
                quoted=True,
            )
            for action, name in _COUNTED.items()
            if action in actions
        )
    )
    counts.set("merge_counts", True)
    run(counts, None)


def _prepare(merge: exp.Merge) -> set[str]:
    """Names columns as DuckDB wants them; returns what the clauses do."""
    using = merge.args["using"]
    alias = using.args.get("alias")
    source = alias.this if alias else using.this
    actions = set()
    for clause in merge.args["whens"].expressions:
        then = clause.args.get("then")
        if isinstance(then, exp.Insert):
            actions.add("INSERT")
            # Values without a table are the source's.
            for column in then.expression.find_all(exp.Column) if then.expression else ():
                if not column.table:
                    column.set("table", source.copy())
            for column in then.this.find_all(exp.Column) if then.this else ():
                column.set("table", None)
        elif isinstance(then, exp.Update):
            actions.add("UPDATE")
            for assignment in then.expressions:
                if isinstance(assignment.this, exp.Column):
                    assignment.this.set("table", None)
        else:
            actions.add("DELETE")
    return actions


def duplicate_row(error: Exception) -> Exception | None:
    """Snowflake's words for two source rows that meet one of the table."""
    if "cannot affect the same target row" not in str(error):
        return None
    return errors.ProgrammingError(
        msg="Duplicate row detected during DML action", errno=100090, sqlstate="42P18"
    )
