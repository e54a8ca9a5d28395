"""Random histories of a table whose cursor is of some type; times are ticks, whole numbers."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

WINDOW = 50  # Ticks that the lookback reaches back.
FUTURE = 10**9  # A tick beyond the server's clock, where the cursor is a time.


@dataclass(frozen=True)
class Shape:
    """A type of cursor: how ticks become values, and how tables follow it."""

    column: str
    lookback: str | None
    value: Callable[[int], object]
    nullable: bool = False
    future: bool = False
    index: str = ", KEY (edited)"

    @property
    def window(self) -> int:
        return 0 if self.lookback is None else WINDOW

    def table(self) -> str:
        null = "NULL" if self.nullable else "NOT NULL"
        return (
            "CREATE TABLE visits (a INT NOT NULL, b VARCHAR(20) COLLATE utf8mb4_bin NOT NULL,"
            f" edited {self.column} {null}, note VARCHAR(40), PRIMARY KEY (a, b){self.index})"
        )

    def metadata(self, strategy: str) -> dict:
        table = {
            "load_strategy": strategy,
            "incremental_column": "edited",
            "description": "Visits",
        }
        if self.lookback is not None:
            table["lookback"] = self.lookback
        if self.nullable:
            table["null_cursor"] = "include"
        return {"visits": table}


def _time(tick: int) -> datetime:
    if tick >= FUTURE:
        return datetime(2200, 1, 1)
    return datetime(2024, 1, 1) + timedelta(microseconds=100_000 * tick + tick % 7)


def _day(tick: int) -> date:
    return date(2200, 1, 1) if tick >= FUTURE else date(1990, 1, 1) + timedelta(days=tick)


SHAPES = {
    "bigint": Shape("BIGINT", "50", lambda tick: tick - 30),
    "unsigned": Shape("BIGINT UNSIGNED", "50", lambda tick: 2**63 + tick - 30),
    "decimal": Shape("DECIMAL(30,6)", "5", lambda tick: Decimal(tick) / 10),
    "date": Shape("DATE", "50d", _day, future=True),
    "datetime": Shape("DATETIME(6)", "5s", _time, future=True),
    "null": Shape("DATETIME(6)", "5s", _time, nullable=True),
    "text": Shape("VARCHAR(20)", None, lambda tick: f"v{tick:012d}"),
    "no index": Shape("INT", "50", lambda tick: tick, index=""),
}


@dataclass
class TypedHistory:
    """One writer. `rows` is what the source holds, by key: (a, b, edited, note)."""

    shape: Shape
    connection: object
    random: random.Random
    now: int = 0
    rows: dict[tuple, tuple] = field(default_factory=dict)
    # What the lake's newest commit has read, and from where on the next one reads.
    seen: dict[tuple, tuple] = field(default_factory=dict)
    open_from: str | None = None

    def edit(self, count: int) -> None:
        kinds = [self.insert] * 6 + [self.update] * 5 + [self.twice, self.delete_recent]
        if self.shape.lookback is not None:
            kinds.append(self.set_back)
        if self.shape.nullable:
            kinds += [self.forget] * 2
        if self.shape.future:
            kinds.append(self.postpone)
        for _ in range(count):
            self.random.choice(kinds)()

    def insert(self) -> None:
        key = (self.random.randrange(60), self.random.choice("xyzÄß") * 3)
        self._write(key, self._tick())

    def update(self) -> None:
        if key := self._any(self.rows):
            self._write(key, self._tick())

    def twice(self) -> None:
        """Two edits at the same value of the cursor."""
        if key := self._any(self.rows):
            tick = self._tick()
            self._write(key, tick)
            self._write(key, tick)

    def delete_recent(self) -> None:
        """Deletes what the next increment reads again."""
        recent = {k: row for k, row in self.rows.items() if self.in_tail(row)}
        if key := self._any(recent):
            self._delete(key)

    def delete_old(self) -> None:
        old = {k: row for k, row in self.rows.items() if not self.in_tail(row)}
        if key := self._any(old):
            self._delete(key)

    def set_back(self) -> None:
        """Sets back the cursor of a row that lies in the open tail."""
        tail = {
            k: row
            for k, row in self.rows.items()
            if self.seen.get(k) == row and self.in_tail(row)
        }
        if key := self._any(tail):
            self._write(key, 0)

    def forget(self) -> None:
        """A row loses its value of the cursor."""
        if key := self._any(self.rows):
            self._write(key, None)

    def postpone(self) -> None:
        if key := self._any(self.rows):
            self._write(key, FUTURE)

    def in_tail(self, row: tuple) -> bool:
        """Whether the next increment looks at the row, wherever it was last."""
        if row[2] is None or self.open_from is None:
            return True
        return row[2] >= self.edge()

    def edge(self) -> object:
        """`open_from` as a value of the cursor."""
        example = self.shape.value(0)
        if isinstance(example, datetime):
            return datetime.fromisoformat(self.open_from)
        if isinstance(example, date):
            return date.fromisoformat(self.open_from)
        return type(example)(self.open_from)

    def committed(self, configuration: dict) -> None:
        """The lake has read the source as it is now."""
        self.seen = dict(self.rows)
        self.open_from = configuration.get("keelboat.open_from")

    def _tick(self) -> int:
        self.now += self.random.choice((0, 0, 1, 3, 20))
        return self.now

    def _any(self, rows: dict) -> tuple | None:
        return self.random.choice(sorted(rows)) if rows else None

    def _write(self, key: tuple, tick: int | None) -> None:
        value = None if tick is None else self.shape.value(tick)
        row = (*key, value, f"note {self.random.random()}")
        self._execute("REPLACE INTO visits VALUES (%s, %s, %s, %s)", row)
        self.rows[key] = row

    def _delete(self, key: tuple) -> None:
        self._execute("DELETE FROM visits WHERE a = %s AND b = %s", key)
        del self.rows[key]

    def _execute(self, sql: str, values: tuple) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
        self.connection.commit()
