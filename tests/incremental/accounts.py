"""Two tables of accounts, and people who move money from one to the other all the time."""

import random
import threading
from contextlib import contextmanager
from dataclasses import dataclass

import pymysql

ACCOUNTS = 20_000
TOTAL = 2 * ACCOUNTS * 1000

TABLES = f"""
CREATE TABLE cash (id INT PRIMARY KEY, amount BIGINT NOT NULL);
CREATE TABLE bank (
  id INT PRIMARY KEY, amount BIGINT NOT NULL, moved DATETIME(6) NOT NULL, pad CHAR(60) NOT NULL,
  KEY (moved));
INSERT INTO cash SELECT seq, 1000 FROM seq_1_to_{ACCOUNTS};
INSERT INTO bank SELECT seq, 1000, UTC_TIMESTAMP(6) - INTERVAL 1 DAY, repeat('p', 60)
  FROM seq_1_to_{ACCOUNTS};
"""

METADATA = {
    "cash": {"load_strategy": "full", "description": "Cash", "partitions": 3},
    "bank": {
        "load_strategy": "incremental",
        "incremental_column": "moved",
        "description": "Bank",
        # Longer than a transfer takes on any machine, and so short that most rows are in
        # closed files.
        "lookback": "15s",
    },
}


@dataclass
class Movers:
    """Counts the transfers made so far; ends with the block that started it."""

    transfers: int = 0


def _move(settings: dict, seed: int, stop: threading.Event, movers: Movers) -> None:
    choose = random.Random(seed)
    connection = pymysql.connect(**settings, autocommit=False)
    with connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        while not stop.is_set():
            amount = choose.randrange(-50, 50)
            # The smaller table first, so that what waits for a lock waits in one order.
            cursor.execute(
                "UPDATE cash SET amount = amount - %s WHERE id = %s",
                (amount, choose.randrange(ACCOUNTS) + 1),
            )
            stop.wait(choose.choice((0, 0.001, 0.005)))
            cursor.execute(
                "UPDATE bank SET amount = amount + %s, moved = UTC_TIMESTAMP(6)"
                " WHERE id = %s",
                (amount, choose.randrange(ACCOUNTS) + 1),
            )
            connection.commit()
            movers.transfers += 1


@contextmanager
def moving_money(server, people: int = 3):
    """Transfers without a pause until the block ends; each is one transaction."""
    settings = {
        "unix_socket": str(server.socket),
        "user": "root",
        "database": "shop",
        "init_command": "SET innodb_lock_wait_timeout = 50",
    }
    movers = Movers()
    stop = threading.Event()
    threads = [
        threading.Thread(target=_move, args=(settings, seed, stop, movers))
        for seed in range(people)
    ]
    for thread in threads:
        thread.start()
    try:
        yield movers
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
