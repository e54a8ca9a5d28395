"""Comments of tables, views and columns, wherever they are said."""

from string import Template

import duckdb
from fakesnow import info_schema
from fakesnow.transforms import transforms
from sqlglot import exp

from .session import Session
from .statement import folded, literal, quoted
from .work import Work


def handle(work: Work) -> bool:
    statement = work.statement
    if statement.head == "COMMENT":
        return _comment_on(work)
    if statement.begins("ALTER", "TABLE") or statement.begins("ALTER", "VIEW"):
        return _alter_columns(work)
    return False


def take_from_create(session: Session, create: exp.Create) -> None:
    """Column comments leave the statement and are set when it is done (`set_pending`)."""
    session.pending_comments = []
    schema = create.this
    if create.kind not in ("TABLE", "VIEW") or not isinstance(schema, exp.Schema):
        return
    table = [folded_identifier(part) for part in schema.this.parts]
    names = []
    for place, column in enumerate(schema.expressions):
        if not isinstance(column, exp.ColumnDef):
            continue
        kept = []
        for constraint in column.args.get("constraints") or []:
            if isinstance(constraint.args.get("kind"), exp.CommentColumnConstraint):
                session.pending_comments.append(
                    (table, folded_identifier(column.this), constraint.args["kind"].name)
                )
            else:
                kept.append(constraint)
        column.set("constraints", kept)
        if column.kind is None:
            names.append((place, column.this.copy()))
    # A list of names with comments, before AS SELECT.
    if names and create.kind == "TABLE":
        create.set("this", schema.this)
    elif names:
        schema.set("expressions", [name for _, name in names])


def set_pending(session: Session) -> None:
    pending, session.pending_comments = session.pending_comments, []
    for table, column, text in pending:
        _set_column(session, table, column, text)


def escape_table_comments() -> None:
    """fakesnow puts a table's comment into SQL as it is."""
    original = info_schema.insert_table_comment_sql

    def insert(catalog: str, schema: str, table: str, comment: str) -> str:
        return original(catalog, schema, table, (comment or "").replace("'", "''"))

    info_schema.insert_table_comment_sql = insert


def describe_comments() -> None:
    """fakesnow's DESCRIBE TABLE leaves the columns' comments out."""
    template = transforms.SQL_DESCRIBE_TABLE.template
    without = 'NULL::VARCHAR AS "comment"'
    assert without in template
    transforms.SQL_DESCRIBE_TABLE = Template(
        template.replace(without, 'comment AS "comment"')
    )


def folded_identifier(identifier: exp.Identifier) -> str:
    return identifier.name if identifier.args.get("quoted") else identifier.name.upper()


def _comment_on(work: Work) -> bool:
    statement = work.statement
    place = 1 + 2 * (statement.words[1:3] == ["IF", "EXISTS"])
    kind = statement.words[place + 1]
    parts, end = statement.name(place + 2)
    text = statement.tokens[end + 1].value
    if kind == "COLUMN":
        _set_column(work.session, parts[:-1], parts[-1], text)
    elif kind in ("TABLE", "VIEW"):
        table = work.session.full_name(parts)
        work.session.duck.execute(
            f"COMMENT ON {kind} {quoted(*table)} IS {literal(text)}"
        )
        work.metadata().execute(info_schema.insert_table_comment_sql(*table, text))
    return work.done()


def _alter_columns(work: Work) -> bool:
    """ALTER TABLE t {ALTER|MODIFY} [COLUMN] c COMMENT 'x'[, [COLUMN] d COMMENT 'y']…"""
    statement, words = work.statement, work.statement.words
    place = 2 + 2 * (words[2:4] == ["IF", "EXISTS"])
    table, place = statement.name(place)
    if words[place : place + 1] not in (["ALTER"], ["MODIFY"]):
        return False
    found = []
    place += 1
    place += words[place : place + 1] == ["("]
    while place < len(words) and words[place] != ")":
        place += words[place] in ("COLUMN", ",")
        place += words[place : place + 1] == ["COLUMN"]
        if words[place + 1 : place + 2] != ["COMMENT"]:
            return False
        found.append((folded(statement.tokens[place]), statement.tokens[place + 2].value))
        place += 3
    for column, text in found:
        _set_column(work.session, table, column, text)
    return work.done()


def _set_column(session: Session, table: list[str], column: str, text: str) -> None:
    name = quoted(*session.full_name(table), column)
    try:
        session.duck.execute(f"COMMENT ON COLUMN {name} IS {literal(text)}")
    except duckdb.BinderException:
        if not _is_view(session, table):  # DuckDB has no comments on columns of views
            raise


def _is_view(session: Session, table: list[str]) -> bool:
    found = session.duck.execute(
        "SELECT 1 FROM duckdb_views()"
        " WHERE database_name = ? AND schema_name = ? AND view_name = ?",
        session.full_name(table),
    ).fetchone()
    return bool(found)
