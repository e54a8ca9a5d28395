"""One ClickHouse engine in this process: typed, streamed and cancelled queries."""

import itertools
import json
import threading
from pathlib import Path

import chdb

from .cell import quoted

# A subquery's order must survive the outer query; text must be as Jackson writes it.
SETTINGS = (
    "query_plan_remove_redundant_sorting = 0, optimize_duplicate_order_by_and_distinct = 0,"
    " output_format_json_escape_forward_slashes = 0, enable_time_time64_type = 1,"
    " print_pretty_type_names = 0,"
    " function_sleep_max_microseconds_per_block = 600000000"
)


class EngineError(Exception):
    """What the engine said about a query."""


class Cancelled(Exception):
    """The query was cancelled from outside."""


class Stream:
    """The blocks of one running query; `cancel` may be called from any thread."""

    _numbers = itertools.count(1)

    def __init__(self, engine: "Engine", database: str, sql: str):
        self._engine = engine
        self._mark = f"/* run {next(self._numbers)} */ "
        self._connection = engine.connect()
        self.cancelled = threading.Event()
        self._result = None
        self._ended = False
        try:
            self._connection.query(f"USE {database}")
            self._result = self._connection.send_query(self._mark + sql, "RawBLOB")
        except RuntimeError as error:
            self.close()
            raise EngineError(str(error)) from None

    def __iter__(self):
        """Rows of a block and their bytes, as they come."""
        while True:
            try:
                block = self._result.fetch()
            except Exception as error:  # the engine's binding raises several kinds
                if self.cancelled.is_set():
                    raise Cancelled from None
                raise EngineError(
                    str(error).removeprefix("Streaming query failed: ")
                ) from None
            if self.cancelled.is_set():
                raise Cancelled
            if block is None:
                self._ended = True
                return
            yield block.rows_read(), block.bytes()

    def cancel(self) -> None:
        self.cancelled.set()
        self._engine.kill(self._mark)

    def close(self) -> None:
        if self._result is not None:
            if not self._ended:  # else the engine would finish what it is at
                self._engine.kill(self._mark)
            self._result.cancel()
        self._connection.close()


class Engine:
    """Tables live in `folder`; every connection sees the same."""

    def __init__(self, folder: Path, threads: int):
        self._address = str(folder)
        self._threads = threads
        self._own = chdb.connect(self._address)
        self._lock = threading.Lock()

    def connect(self):
        connection = chdb.connect(self._address)
        connection.query(f"SET max_threads = {self._threads}")
        return connection

    def execute(self, sql: str) -> None:
        with self._lock:
            self._run(self._own, sql, "CSV")

    def rows(self, sql: str) -> list[list]:
        """All rows of a small query."""
        with self._lock:
            text = self._run(self._own, sql, "JSONCompactEachRow")
        return [json.loads(line) for line in text.splitlines()]

    def columns(self, sql: str, database: str, zone: str) -> list[tuple[str, str]]:
        """Names and types of what a query will return; the query itself does not run."""
        connection = self.connect()
        try:
            self._run(connection, f"USE {database}", "CSV")
            self._run(
                connection, f"EXPLAIN AST {sql}", "CSV"
            )  # unwrapped, for its own errors
            text = self._run(
                connection,
                f"DESCRIBE (\n{sql}\n) SETTINGS {SETTINGS}, session_timezone = {quoted(zone)}",
                "JSONCompactEachRow",
            )
        finally:
            connection.close()
        return [tuple(json.loads(line)[:2]) for line in text.splitlines()]

    def table_of(self, statement: str, database: str) -> str:
        """What a SHOW or DESCRIBE returns, as a table expression of strings."""
        connection = self.connect()
        try:
            self._run(connection, f"USE {database}", "CSV")
            text = self._run(connection, statement, "JSONCompactStringsEachRowWithNames")
        finally:
            connection.close()
        lines = text.splitlines()
        names = json.loads(lines[0]) if lines else ["statement"]
        structure = ", ".join(f"`{name}` String" for name in names)
        data = quoted("\n".join(lines[1:]))
        return f"SELECT * FROM format(JSONCompactEachRow, {quoted(structure)}, {data})"

    def kill(self, mark: str) -> None:
        connection = chdb.connect(self._address)
        try:
            connection.query(f"KILL QUERY WHERE startsWith(query, {quoted(mark)}) ASYNC")
        finally:
            connection.close()

    def running(self) -> int:
        """Queries that tests may see running."""
        return self.rows(
            "SELECT count() FROM system.processes WHERE startsWith(query, '/* run')"
        )[0][0]

    def close(self) -> None:
        self._own.close()

    @staticmethod
    def _run(connection, sql: str, form: str) -> str:
        try:
            return connection.query(sql, form).bytes().decode(errors="replace")
        except RuntimeError as error:
            raise EngineError(str(error)) from None
