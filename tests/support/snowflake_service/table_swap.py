"""ALTER TABLE … SWAP WITH, CREATE OR REPLACE … CLONE, TRUNCATE."""

from .statement import quoted
from .work import Work

_ASIDE = "_SWAPPED_ASIDE"


def handle(work: Work) -> bool:
    statement = work.statement
    if statement.begins("ALTER", "TABLE"):
        place = statement.place("SWAP")
        return place > 0 and _swap(work, place)
    if statement.begins("CREATE", "OR", "REPLACE"):
        place = statement.place("CLONE")
        return place > 0 and _clone(work, place)
    if statement.head == "TRUNCATE":
        return _truncate(work)
    return False


def _swap(work: Work, place: int) -> bool:
    one, _ = work.statement.name(2)
    other, _ = work.statement.name(place + 2)
    one, other = work.session.full_name(one), work.session.full_name(other)
    duck = work.session.duck
    for table, name in ((one, _ASIDE), (other, one[2]), ([*one[:2], _ASIDE], other[2])):
        duck.execute(f"ALTER TABLE {quoted(*table)} RENAME TO {quoted(name)}")
    return work.done()


def _clone(work: Work, place: int) -> bool:
    target, _ = work.statement.name(place - 1 - 2 * _dots_before(work, place))
    source, _ = work.statement.name(place + 1)
    target, source = work.session.full_name(target), work.session.full_name(source)
    work.session.duck.execute(
        f"CREATE OR REPLACE TABLE {quoted(*target)} AS SELECT * FROM {quoted(*source)}"
    )
    return work.done()


def _dots_before(work: Work, place: int) -> int:
    dots, at = 0, place - 2
    while work.statement.tokens[at] == ".":
        dots, at = dots + 1, at - 2
    return dots


def _truncate(work: Work) -> bool:
    words = work.statement.words
    place = 1 + (words[1:2] == ["TABLE"])
    exists = words[place : place + 2] == ["IF", "EXISTS"]
    parts, _ = work.statement.name(place + 2 * exists)
    table = work.session.full_name(parts)
    duck = work.session.duck
    if exists and not _is_there(duck, table):
        return work.done()
    duck.execute(f"DELETE FROM {quoted(*table)}")
    work.service.history.forget(duck, table)
    return work.done()


def _is_there(duck, table: list[str]) -> bool:
    return bool(
        duck.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?"
            " AND table_name = ?",
            table,
        ).fetchone()
    )
