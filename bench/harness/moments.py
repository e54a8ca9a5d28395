"""Whether what a tool reads while others write is of one moment: `bench/run moments`.

Money moves between two tables, and within each, in transactions: whoever reads one moment
always finds the same sum. Each tool reads both tables to Parquet several times, the way its
scenario does, and DuckDB adds up what it wrote.
"""

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import duckdb

from .__main__ import SCENARIOS, WORK, command_of, environment_of
from .datasets import USER, Server, create_data_directory
from .measure import LIMIT_SECONDS
from .source import connect, describe

_DATABASE = "bench"
_PASSWORD = "measured"
_ACCOUNTS = 200_000
_BALANCE = 1_000
_TABLES = ("checking", "savings")
_SUM = _ACCOUNTS * _BALANCE * len(_TABLES)
_WRITERS = 4
_TOOLS = ("keelboat", "connectorx_table", "dlt_connectorx", "pandas_chunks")


class Movements:
    """Threads that move money until they are stopped."""

    def __init__(self) -> None:
        self.done = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._move, args=(n,)) for n in range(_WRITERS)
        ]

    def __enter__(self) -> "Movements":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _move(self, seed: int) -> None:
        chance = random.Random(seed)
        with connect() as connection, connection.cursor() as cursor:
            while not self._stop.is_set():
                # One order for all, so that no two wait for each other.
                places = sorted(
                    (chance.choice(_TABLES), chance.randrange(_ACCOUNTS))
                    for _ in range(2)
                )
                amount = chance.randrange(1, 100)
                cursor.execute("BEGIN")
                for (table, account), change in zip(
                    places, (-amount, amount), strict=True
                ):
                    cursor.execute(
                        f"UPDATE {table} SET balance = balance + %s WHERE id = %s",
                        (change, account),
                    )
                cursor.execute("COMMIT")
                self.done += 1


def _fill(server: Server) -> None:
    server.execute(f"CREATE DATABASE {_DATABASE}")
    for table in _TABLES:
        server.execute(
            f"CREATE TABLE {table} (id INT PRIMARY KEY, owner VARCHAR(60) NOT NULL,"
            " balance BIGINT NOT NULL);"
            f"INSERT INTO {table} SELECT seq, CONCAT('owner ', MD5(seq)), {_BALANCE}"
            f" FROM seq_0_to_{_ACCOUNTS - 1}",
            _DATABASE,
        )
    server.execute(
        f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{_PASSWORD}';"
        f"GRANT SELECT, UPDATE, SHOW VIEW ON {_DATABASE}.* TO '{USER}'@'127.0.0.1';"
        f"GRANT RELOAD, REPLICATION CLIENT ON *.* TO '{USER}'@'127.0.0.1';"
    )


def _sum(output: Path) -> int:
    total = 0
    for table in _TABLES:
        files = [*output.rglob(f"{table}/*.parquet"), *output.rglob(f"{table}.parquet")]
        ((found,),) = duckdb.sql(
            f"SELECT sum(balance)::BIGINT FROM read_parquet({[str(f) for f in files]})"
        ).fetchall()
        total += found
    return total


def _read(scenario: Path, tables: list) -> int:
    output, scratch = WORK / "output", WORK / "scratch"
    for folder in (output, scratch):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    subprocess.run(
        command_of(scenario),
        env=environment_of(tables, output, scratch),
        cwd=scratch,
        check=True,
        capture_output=True,
        timeout=LIMIT_SECONDS,
    )
    return _sum(output)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/run moments", description=__doc__)
    parser.add_argument("--tool", action="append", help="only this tool; may be repeated")
    parser.add_argument("--reads", type=int, default=10, help="of each tool (10)")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    broken_here = False
    with tempfile.TemporaryDirectory(dir=WORK, prefix="moments-") as folder:
        home = Path(folder) / "data"
        create_data_directory(home)
        with Server(home) as server:
            _fill(server)
            os.environ.update(server.environment)
            os.environ.update(MYSQL_PASSWORD=_PASSWORD, MYSQL_DATABASE=_DATABASE)
            tables = describe()
            print("| tool | reads | wrong sums | farthest off | transactions meanwhile |")
            print("|---|---|---|---|---|")
            for tool in options.tool or _TOOLS:
                scenario = next((SCENARIOS / "mysql_to_parquet").glob(f"{tool}.*"))
                with Movements() as movements:
                    off = [_read(scenario, tables) - _SUM for _ in range(options.reads)]
                wrong = [difference for difference in off if difference]
                farthest = max(map(abs, off))
                print(
                    f"| {tool} | {len(off)} | {len(wrong)} | {farthest} | {movements.done} |",
                    flush=True,
                )
                broken_here |= tool == "keelboat" and bool(wrong)
    return 1 if broken_here else 0


if __name__ == "__main__":
    raise SystemExit(main())
