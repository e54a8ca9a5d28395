"""What a parsed statement says otherwise for DuckDB: temporary objects, keys, who asks."""

from sqlglot import exp

from .account import ACCOUNT
from .comment import folded_identifier, take_from_create
from .session import Session
from .statement import quoted

_KEYS = (exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint)


def rewrite(session: Session, statement: exp.Expression) -> exp.Expression:
    if isinstance(statement, exp.Create):
        _make_ordinary(session, statement)
        _drop_keys(statement)
        take_from_create(session, statement)
    return statement.transform(lambda node: _context(session, node), copy=False)


def _make_ordinary(session: Session, create: exp.Create) -> None:
    """DuckDB's temporary objects have no database and schema; these go with the session."""
    properties = create.args.get("properties")
    if create.kind not in ("TABLE", "VIEW") or properties is None:
        return
    if properties.find(exp.TemporaryProperty) is None:
        return
    left = [
        each
        for each in properties.expressions
        if not isinstance(each, exp.TemporaryProperty)
    ]
    create.set("properties", exp.Properties(expressions=left) if left else None)
    table = create.this.this if isinstance(create.this, exp.Schema) else create.this
    parts = [folded_identifier(part) for part in table.parts]
    session.temporary.append((create.kind, quoted(*session.full_name(parts))))


def _drop_keys(create: exp.Create) -> None:
    """Snowflake notes keys and does not enforce them; a primary key's columns are NOT NULL."""
    schema = create.this
    if create.kind != "TABLE" or not isinstance(schema, exp.Schema):
        return
    required: set[str] = set()
    columns = []
    for each in schema.expressions:
        if isinstance(each, exp.ColumnDef):
            columns.append(each)
        elif key := each.find(exp.PrimaryKey):
            required |= {part.name.upper() for part in key.expressions}
    for column in columns:
        kinds = []
        for constraint in column.args.get("constraints") or []:
            kind = constraint.args.get("kind")
            if isinstance(kind, exp.PrimaryKeyColumnConstraint):
                required.add(column.name.upper())
            if not isinstance(kind, (*_KEYS, exp.Reference)):
                kinds.append(constraint)
        given = any(isinstance(c.kind, exp.NotNullColumnConstraint) for c in kinds)
        if column.name.upper() in required and not given:
            kinds.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
        column.set("constraints", kinds)
    schema.set("expressions", columns or schema.expressions)


def _context(session: Session, node: exp.Expression) -> exp.Expression:
    if not isinstance(node, exp.Func):
        return node
    name = node.name if isinstance(node, exp.Anonymous) else node.key
    known = {
        "CURRENT_WAREHOUSE": session.warehouse,
        "CURRENT_ACCOUNT": ACCOUNT.upper(),
        "CURRENT_ACCOUNT_NAME": ACCOUNT.upper(),
        "CURRENT_ORGANIZATION_NAME": "KEELBOAT",
        "CURRENT_REGION": "STAND_IN",
        "CURRENT_ROLE": session.role,
        "CURRENT_USER": session.user,
        "CURRENT_SESSION": str(session.number),
    }
    plain = name.replace("_", "").upper()
    found = next((each for each in known if each.replace("_", "") == plain), None)
    if found is None:
        return node
    value = exp.Literal.string(known[found]) if known[found] else exp.Null()
    if isinstance(node.parent, exp.Select) and node.arg_key == "expressions":
        return exp.alias_(value, f"{found}()", quoted=True)
    return value
