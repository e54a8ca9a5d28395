"""Runs one query for one client and streams the answer, good or bad."""

import contextlib
import datetime
import json
import random
import time
from dataclasses import dataclass

from .cell import Style
from .column import Column, describe
from .connection import Connection, Request
from .engine import Cancelled, EngineError, Stream
from .failure import QueryFailed
from .query import Query, resolve
from .row_query import COMPACT, LINES, row_query
from .settings import Settings
from .streamed_body import Ended, StreamedBody
from .watch import Watch


@dataclass
class Wish:
    """What the client asked for, beyond the query."""

    target: str  # api, json or csv
    query: dict
    status: int = 200
    formatted: bool = False
    byte_order_mark: bool = False
    limited: bool = True  # constraints apply
    strings: bool = True  # big integers may become such


class Run:
    def __init__(self, server, connection: Connection, request: Request, wish: Wish):
        self._server = server
        self._settings: Settings = server.settings
        self._connection = connection
        self._request = f"{request.method} {request.path}"
        self._wish = wish
        self._cut = server.fault("cut", self._request)
        self._fail = server.fault("fail", self._request)
        self.body = StreamedBody(connection, request.accepts_gzip, self._cut)
        self._started = server.now()
        self._sql = ""

    def answer(self) -> bool:
        """Whether the connection may be used again."""
        generation = self._settings.generation
        self.body.status = self._wish.status
        self.body.headers = self._headers()
        deadline = time.monotonic() + self._settings.response_timeout_ms / 1000
        with Watch(self._server.watches, self._connection, deadline) as watch:
            try:
                try:
                    self._stream(watch)
                except EngineError as error:
                    raise QueryFailed(str(error)) from None
            except QueryFailed as failure:
                self._server.log("query_failed", error_type=failure.error_type)
                return self._tell(failure)
            except Cancelled:
                return self._stop(watch)
            except Ended as end:
                return end.keeps_connection and not generation.closes_connections
            except OSError:
                self._server.log("query_cancelled", sql=self._sql)
                self._connection.close()
                return False
        return not generation.closes_connections

    def _headers(self) -> list[tuple[str, str]]:
        headers = list(self._server.common_headers())
        headers.append(("X-Accel-Buffering", "no"))
        if self._settings.generation.closes_connections:
            headers.append(("Connection", "close"))
        if self._wish.target == "api":
            return [*headers, ("Content-Type", "application/json; charset=utf-8")]
        stamp = datetime.datetime.fromtimestamp(self._started, datetime.UTC).strftime(
            "%Y-%m-%dT%H:%M:%S.%f000Z"
        )
        name = f"query_result_{stamp}.{self._wish.target}"
        kind = (
            "text/csv"
            if self._wish.target == "csv"
            else "application/json; charset=utf-8"
        )
        disposition = ("Content-Disposition", f'attachment; filename="{name}"')
        return [*headers, ("Content-Type", kind), disposition]

    # --- good answers ---------------------------------------------------------------------

    def _stream(self, watch: Watch) -> None:
        server = self._server
        given_up = watch.is_over
        if not server.threads.take(lambda: server.settings.streaming_threads, given_up):
            raise Cancelled
        try:
            query = resolve(self._wish.query, server.catalog)
            self._sql = query.sql
            with server.pools[query.database].checkout(lambda: server.settings, given_up):
                if given_up():
                    raise Cancelled
                self._stream_query(query, watch)
        finally:
            server.threads.give_back()

    def _stream_query(self, query: Query, watch: Watch) -> None:
        engine = self._server.engine
        source = query.sql
        if query.statement:
            source = engine.table_of(query.sql, query.schema)
        zone = "UTC" if query.dialect == "postgres" else self._settings.report_timezone
        described = engine.columns(source, query.schema, zone)
        columns = Column.of(described, query)
        limit = self._limit(query)
        if self._fail and self._fail.after_rows == 0:
            raise QueryFailed(self._fail.message, self._fail.error_type)
        flushes = self._flushes_rows()
        chunks = flushes and self.body.takes_chunks
        separator = LINES if self._wish.target != "api" or flushes else COMPACT
        rows_limit = min(limit, self._fail.after_rows) if self._fail else limit
        sql = row_query(
            source, columns, self._style(query), rows_limit, separator, chunks
        )
        self._server.log("query_started", sql=query.sql)
        stream = Stream(engine, query.schema, sql)
        watch.stream = stream
        try:
            rows = self._write_rows(stream, columns, separator, chunks, watch)
        finally:
            watch.stream = None
            stream.close()
        if self._fail and rows >= self._fail.after_rows:
            raise QueryFailed(self._fail.message, self._fail.error_type)
        if self._wish.target == "api":
            self._write_envelope(query, columns, rows, limit)
        self.body.finish()
        self._server.log("query_finished", sql=query.sql, rows=rows)

    def _limit(self, query: Query) -> int:
        settings = self._settings
        if not self._wish.limited:
            return max(settings.download_row_limit, 1048575)
        bare, most = (
            settings.unaggregated_query_row_limit,
            settings.aggregated_query_row_limit,
        )
        if settings.generation.honours_constraints:
            if (self._wish.query.get("middleware") or {}).get("disable-max-results?"):
                return 2**63 - 1
            asked = self._wish.query.get("constraints") or {}
            most = asked.get("max-results", most)
            bare = min(asked.get("max-results-bare-rows", bare), most)
        return most if query.aggregated else bare

    def _flushes_rows(self) -> bool:
        if self._wish.target == "api":
            return not self._settings.generation.compact
        return self._settings.flush_every_row

    def _style(self, query: Query) -> Style:
        generation = self._settings.generation
        strings = self._wish.target == "api" and self._wish.strings
        return Style(
            target=self._wish.target,
            zone=self._settings.report_timezone,
            dialect=query.dialect,
            big_numbers_as_strings=strings and generation.big_integers_as_strings,
            keys_as_strings=strings
            and not generation.big_integers_as_strings
            and not query.native,
            formatted=self._wish.formatted,
            separator=self._settings.csv_field_separator,
        )

    def _write_rows(
        self,
        stream: Stream,
        columns: list[Column],
        separator: str,
        chunks: bool,
        watch: Watch,
    ) -> int:
        total = 0
        for rows, data in stream:
            if total == 0:
                self._begin(columns)
                data = self._without_separator(data, separator, chunks)
            total += rows
            if chunks:
                self.body.write_chunks(data)
            elif self._flushes_rows():
                self.body.write_rows(data)
            else:
                self.body.write(data)
            if watch.is_over():
                raise Cancelled
        if total == 0:
            self._begin(columns)
        if self._wish.target != "csv":
            lines = self._wish.target == "json" or not self._settings.generation.compact
            self.body.write(b"\n]" if lines else b"]")
        return total

    def _begin(self, columns: list[Column]) -> None:
        """What comes before rows; sent with the first of them."""
        if self._wish.target == "csv":
            separator = self._settings.csv_field_separator
            titles = [column.display_name for column in columns]
            line = separator.join(_csv_title(title, separator) for title in titles) + "\n"
            mark = "\ufeff" if self._wish.byte_order_mark else ""
            self.body.write((mark + line).encode())
            self.body.flush()
        elif self._wish.target == "json":
            self.body.write(b"[\n")
        else:
            self.body.write(b'{"data":{"rows":[')
            if not self._settings.generation.compact:
                self.body.write(b"\n")

    def _without_separator(self, data: bytes, separator: str, chunks: bool) -> bytes:
        if self._wish.target == "csv":
            return data
        if not chunks:
            return data[len(separator) :]
        size, _, rest = data.partition(b"\r\n")
        first = rest[: int(size, 16)]
        self.body.write(first[len(separator) :])
        return rest[len(first) + 2 :]

    def _write_envelope(
        self, query: Query, columns: list[Column], rows: int, limit: int
    ) -> None:
        settings = self._settings
        cols = describe(columns, query, settings, rows)
        data = {
            "cols": cols,
            "native_form": {"query": query.sql, "params": None},
            "results_timezone": settings.report_timezone,
            "requested_timezone": settings.report_timezone,
            "results_metadata": {"columns": cols},
            "format-rows?": True,
            "insights": None,
        }
        if rows == limit:
            data["rows_truncated"] = limit
        top = {
            "database_id": query.database,
            "started_at": self._started_at(),
            "json_query": self._wish.query,
            "average_execution_time": None,
            "status": "completed",
            "context": "ad-hoc",
            "row_count": rows,
            "running_time": int((self._server.now() - self._started) * 1000),
        }
        if settings.shuffle_keys:
            data, top = _shuffled(data), _shuffled(top)
        comma = ",\n" if not settings.generation.compact else ","
        self.body.write(
            (comma + _members(data) + "}" + comma + _members(top) + "}").encode()
        )

    # --- bad answers ----------------------------------------------------------------------

    def _tell(self, failure: QueryFailed) -> bool:
        """Of three generations: by the status, within the body, or by hanging up."""
        generation, body = self._settings.generation, self.body
        for_export = self._wish.target != "api"
        told = failure.body(self._wish.query, self._sql, self._started_at(), for_export)
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        try:
            if body.committed and generation.aborts_after_rows:
                self._connection.reset()
                return False
            if not body.committed and generation.fails_by_status:
                body.discard()
                body.status = failure.status
                kind = ("Content-Type", "application/json; charset=utf-8")
                gone = ("Content-Type", "Content-Disposition")
                body.headers = [
                    *(each for each in body.headers if each[0] not in gone),
                    kind,
                ]
            elif body.committed and not for_export and generation.compact:
                text = "," + text  # the generator still is in an array
            body.write(text.encode())
            body.finish()
        except Ended as end:
            return end.keeps_connection and not generation.closes_connections
        except OSError:
            return False
        return not generation.closes_connections

    def _stop(self, watch: Watch) -> bool:
        """The client went away, or the response took too long."""
        if not watch.timed_out:
            self._server.log("query_cancelled", sql=self._sql)
            self._connection.close()
            return False
        self._server.log("response_timeout", sql=self._sql)
        if self._settings.response_timeout_ends == "reset":
            self._connection.reset()
            return False
        with contextlib.suppress(OSError):
            self.body.finish_early()
        return not self._settings.generation.closes_connections

    def _started_at(self) -> str:
        moment = datetime.datetime.fromtimestamp(self._started, datetime.UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _members(values: dict) -> str:
    """A JSON object without its braces."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _shuffled(values: dict) -> dict:
    keys = list(values)
    random.shuffle(keys)
    return {key: values[key] for key in keys}


def _csv_title(title: str, separator: str) -> str:
    if any(letter in title for letter in (separator, '"', "\n", "\r")):
        return '"' + title.replace('"', '""') + '"'
    return title
