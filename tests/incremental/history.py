"""Edits a table at random, as applications do, and remembers what it should hold."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pymysql

START = datetime(2024, 1, 1)
COLUMNS = ("a", "b", "edited", "note")

TABLE = """
CREATE TABLE visits (
  a INT NOT NULL, b VARCHAR(20) COLLATE utf8mb4_bin NOT NULL, edited DATETIME(6) NOT NULL,
  note VARCHAR(40), PRIMARY KEY (a, b), KEY (edited));
"""


def text(time: datetime) -> str:
    """As the lake's configuration writes a cursor."""
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")


@dataclass
class History:
    """One writer's history of the table `visits`. Times of edits go on from START."""

    connection: pymysql.Connection
    random: random.Random
    lookback: timedelta = timedelta(minutes=10)
    now: datetime = START
    # Rows as a reader sees them, and those of a transaction that is still open.
    rows: dict[tuple, tuple] = field(default_factory=dict)
    late: dict[tuple, tuple] = field(default_factory=dict)
    late_connection: pymysql.Connection | None = None
    # What the last run saw, and the open tail that it left.
    seen: dict[tuple, tuple] = field(default_factory=dict)
    open_from: str = ""

    def execute(self, sql: str, *values) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
        self.connection.commit()

    def tick(self) -> datetime:
        """The time of an edit: ties are common, and it never goes back."""
        if self.random.random() < 0.6:
            self.now += timedelta(microseconds=self.random.choice((1, 7, 20_000_000)))
        return self.now

    def insert(self) -> None:
        key = (self.random.randrange(60), self.random.choice("xyzÄß") * 3)
        if key in self.rows or key in self.late:
            return self.update()
        self._write(key, self.tick())

    def update(self) -> None:
        if self.rows:
            self._write(self.random.choice(sorted(self.rows)), self.tick())

    def update_twice(self) -> None:
        """Two edits within one microsecond."""
        if self.rows:
            key = self.random.choice(sorted(self.rows))
            when = self.tick()
            self._write(key, when)
            self._write(key, when)

    def delete_recent(self) -> None:
        """Deletes a row that was edited within the lookback."""
        self._delete([k for k, row in self.rows.items() if row[2] > self._window()])

    def delete_old(self) -> None:
        self._delete([k for k, row in self.rows.items() if row[2] <= self._window()])

    def set_back(self) -> None:
        """Sets the cursor of a row that lies in the open tail to a value long ago."""
        tail = [
            key
            for key, row in self.rows.items()
            if self.seen.get(key) == row and text(row[2]) >= self.open_from
        ]
        if tail:
            self._write(self.random.choice(sorted(tail)), START - timedelta(days=1))

    def after_run(self, open_from: str) -> None:
        self.seen = dict(self.rows)
        self.open_from = open_from

    def begin_late(self) -> None:
        """Inserts a row that is committed later than its time, but within the lookback."""
        if self.late_connection is not None:
            return
        key = (self.random.randrange(100, 200), "late")
        if key in self.rows:
            return
        settings = self.connection.keelboat_settings
        self.late_connection = pymysql.connect(**settings)
        row = (*key, self.tick(), "late")
        with self.late_connection.cursor() as cursor:
            cursor.execute("INSERT INTO visits VALUES (%s, %s, %s, %s)", row)
        self.late[key] = row

    def commit_late(self) -> None:
        if self.late_connection is not None:
            self.late_connection.commit()
            self.late_connection.close()
            self.late_connection = None
            self.rows.update(self.late)
            self.late.clear()

    def edit(self, count: int, *, kinds=None) -> None:
        kinds = kinds or (
            [self.insert] * 8
            + [self.update] * 6
            + [self.update_twice, self.delete_recent, self.delete_recent, self.set_back]
        )
        for _ in range(count):
            self.random.choice(kinds)()

    def _window(self) -> datetime:
        return self.now - self.lookback

    def _write(self, key: tuple, when: datetime) -> None:
        row = (*key, when, f"note {self.random.random()}")
        self.execute("REPLACE INTO visits VALUES (%s, %s, %s, %s)", *row)
        self.rows[key] = row

    def _delete(self, keys: list[tuple]) -> None:
        if keys:
            key = self.random.choice(sorted(keys))
            self.execute("DELETE FROM visits WHERE a = %s AND b = %s", *key)
            del self.rows[key]


def open_history(server, seed: int) -> History:
    settings = {
        "unix_socket": str(server.socket),
        "user": "root",
        "database": "shop",
        "charset": "utf8mb4",
    }
    connection = pymysql.connect(**settings)
    connection.keelboat_settings = settings
    return History(connection, random.Random(seed))
