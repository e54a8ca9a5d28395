"""kill -9 at random moments of a mixed run, while others write; then everything is right."""

import random
import signal
import threading
import time
from contextlib import contextmanager

import pymysql
import pytest
from shop_project import shop_project
from three_ways import connect, expect_alike

KILLS = 10
CUSTOMERS, VISITS, ORDERS = 4_000, 30_000, 20_000

TABLES = f"""
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, balance DECIMAL(12,2));
CREATE TABLE visits (
  id BIGINT PRIMARY KEY AUTO_INCREMENT, token CHAR(64) NOT NULL, seen DATETIME(6) NOT NULL,
  KEY (seen));
CREATE TABLE orders (
  shop INT, number INT, state VARCHAR(20) NOT NULL, price DECIMAL(10,2),
  changed DATETIME(6) NOT NULL, PRIMARY KEY (shop, number), KEY (changed));
INSERT INTO customers SELECT seq, concat('customer ', seq), seq / 7 FROM seq_1_to_{CUSTOMERS};
INSERT INTO visits SELECT seq, concat(md5(seq), md5(-seq)),
  UTC_TIMESTAMP(6) - INTERVAL seq SECOND FROM seq_1_to_{VISITS};
INSERT INTO orders SELECT seq % 7, seq, 'new', seq / 3,
  UTC_TIMESTAMP(6) - INTERVAL seq SECOND FROM seq_1_to_{ORDERS};
"""

KEYS = {"customers": ["id"], "visits": ["id"], "orders": ["shop", "number"]}


def metadata(visits: str) -> dict:
    # The lookback is longer than any transaction below stays open, on any machine.
    return {
        "customers": {"load_strategy": "full", "description": "Who buys"},
        "visits": {
            "load_strategy": visits,
            "incremental_column": "seen",
            "description": "Page views",
            "lookback": "5m",
        },
        "orders": {
            "load_strategy": "hybrid",
            "incremental_column": "changed",
            "description": "What was bought",
            "lookback": "5m",
        },
    }


class Writer:
    """One application. Each call of `write` is a transaction; some stay open for a while."""

    def __init__(self, server, seed: int) -> None:
        self.random = random.Random(seed)
        self.connection = connect(server, autocommit=False)
        self.server = server

    def write(self, stop: threading.Event) -> None:
        work = self.random.choice(
            [
                self.insert,
                self.insert,
                self.update,
                self.update,
                self.pay,
                self.delete_recent,
                self.delete_old,
            ]
        )
        with self.connection.cursor() as cursor:
            work(cursor)
        if self.random.random() < 0.1:
            stop.wait(self.random.uniform(0.05, 0.4))  # A late commit.
        self.connection.commit()

    def insert(self, cursor) -> None:
        cursor.execute(
            "INSERT INTO visits (token, seen) VALUES (md5(rand()), UTC_TIMESTAMP(6))"
        )
        cursor.execute(
            "REPLACE INTO orders VALUES (%s, %s, 'new', %s, UTC_TIMESTAMP(6))",
            (
                self.random.randrange(7),
                self.random.randrange(10**6),
                self.random.random(),
            ),
        )

    def update(self, cursor) -> None:
        number = self.random.randrange(ORDERS) + 1
        # The same microsecond twice, now and then.
        for _ in range(self.random.choice((1, 1, 2))):
            cursor.execute(
                "UPDATE orders SET state = %s, changed = UTC_TIMESTAMP(6)"
                " WHERE shop = %s AND number = %s",
                (f"state {self.random.randrange(10**6)}", number % 7, number),
            )
        cursor.execute(
            "UPDATE visits SET token = md5(rand()), seen = UTC_TIMESTAMP(6) WHERE id = %s",
            (self.random.randrange(VISITS) + 1,),
        )

    def pay(self, cursor) -> None:
        cursor.execute(
            "UPDATE customers SET balance = balance + 1 WHERE id = %s",
            (self.random.randrange(CUSTOMERS) + 1,),
        )

    def delete_recent(self, cursor) -> None:
        cursor.execute("SELECT max(id) FROM visits")
        cursor.execute("DELETE FROM visits WHERE id = %s", cursor.fetchone())
        cursor.execute("SELECT shop, number FROM orders ORDER BY changed DESC LIMIT 1")
        cursor.execute(
            "DELETE FROM orders WHERE shop = %s AND number = %s", cursor.fetchone()
        )

    def delete_old(self, cursor) -> None:
        cursor.execute(
            "DELETE FROM visits WHERE id = %s", (self.random.randrange(VISITS) + 1,)
        )
        if self.random.random() < 0.1:
            number = self.random.randrange(ORDERS) + 1
            cursor.execute(
                "DELETE FROM orders WHERE shop = %s AND number = %s", (number % 7, number)
            )


@contextmanager
def writing(server, seed: int, writers: int = 3):
    stop = threading.Event()
    made = [0] * writers

    def go_on(number: int) -> None:
        writer = Writer(server, seed * 100 + number)
        with writer.connection:
            while not stop.is_set():
                try:
                    writer.write(stop)
                    made[number] += 1
                except pymysql.err.OperationalError as error:
                    # Writers that got into each other's way: one of them gives up.
                    if error.args[0] not in (1020, 1205, 1213):
                        raise
                    writer.connection.rollback()

    threads = [threading.Thread(target=go_on, args=(i,)) for i in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=60)


@pytest.mark.parametrize("seed", [11])
def test_ten_kills_under_writing_load(server, tmp_path, seed):
    project = shop_project(server, tmp_path / "shop", TABLES, metadata("incremental"))
    moments = random.Random(seed)
    print("seed", seed)
    kills = 0
    with writing(server, seed) as made:
        began = time.monotonic()
        project.ok("run")
        longest = time.monotonic() - began
        while kills < KILLS:
            moment = moments.uniform(0, longest)
            process = project.start("run")
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            _, err = process.communicate(timeout=60)
            print(f"killed after {moment:.3f} s: {process.returncode}")
            assert process.returncode in (0, -signal.SIGKILL), err
            if process.returncode == 0:
                longest = (
                    moment  # A run takes less than that: the next is killed earlier.
                )
            else:
                kills += 1
        while sum(made) <= 200:  # A slow machine's writers need longer.
            assert time.monotonic() - began < 120, made
            time.sleep(0.1)

    # Some rows of visits were deleted long before the window: only a hybrid run sees that.
    project.write("metadata/table_metadata.json", metadata("hybrid"))
    report = project.ok("run", "--json").json
    for table, key in KEYS.items():
        rows = expect_alike(project, server, table, key, report["tables"])
        assert rows > 1000
