"""The body of a streamed answer: chunked, maybe gzipped, committed as late as the server does."""

import time
import zlib

from .connection import Connection
from .settings import Fault

BUFFER_BYTES = 32 * 1024


class Ended(Exception):
    """The body was cut on purpose: nothing more can be sent."""

    def __init__(self, keeps_connection: bool):
        super().__init__("cut")
        self.keeps_connection = keeps_connection


class StreamedBody:
    """Status and headers leave with the first byte, so they may change until `committed`."""

    def __init__(self, connection: Connection, gzipped: bool, cut: Fault | None):
        self.status = 200
        self.headers: list[tuple[str, str]] = []
        self.committed = False
        self.sent_bytes = 0
        self._connection = connection
        # A gzip stream whose parts can be read as they come.
        self._deflater = zlib.compressobj(6, zlib.DEFLATED, 31) if gzipped else None
        self._pending = bytearray()
        self._cut = cut

    @property
    def takes_chunks(self) -> bool:
        """Whether the engine may frame rows itself: nothing between it and the wire."""
        return self._deflater is None and self._cut is None

    def write(self, data: bytes) -> None:
        """Held back until 32 KiB are together."""
        self._pending += data
        if len(self._pending) >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        data = bytes(self._pending)
        self._pending.clear()
        if self._deflater:
            data = self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        self._send_chunk(data)

    def write_rows(self, data: bytes) -> None:
        """Rows that end where lines do, each flushed."""
        for row in data.splitlines(keepends=True):
            self._pending += row
            self.flush()

    def write_chunks(self, data: bytes) -> None:
        """Rows that already are chunks."""
        if self._pending:
            self.flush()
        self._commit()
        self._connection.socket.sendall(data)
        self.sent_bytes += len(data)

    def discard(self) -> None:
        """Forgets what was written; only before anything was sent."""
        assert not self.committed
        self._pending.clear()

    def finish(self) -> None:
        data = bytes(self._pending)
        self._pending.clear()
        if self._deflater:
            data = self._deflater.compress(data) + self._deflater.flush()
        self._send_chunk(data)
        self._connection.socket.sendall(b"0\r\n\r\n")

    def finish_early(self) -> None:
        """A good last chunk after a body that is none."""
        self._commit()
        self._connection.socket.sendall(b"0\r\n\r\n")

    def _commit(self) -> None:
        if not self.committed:
            self.committed = True
            headers = [*self.headers, ("Transfer-Encoding", "chunked")]
            if self._deflater:
                headers.append(("Content-Encoding", "gzip"))
            self._connection.socket.sendall(self._connection.head(self.status, headers))

    def _send_chunk(self, data: bytes) -> None:
        self._commit()
        cut = self._cut
        ends = cut is not None and self.sent_bytes + len(data) > cut.after_bytes
        if ends:
            data = data[: cut.after_bytes - self.sent_bytes]
        if data:
            self._connection.socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))
            self.sent_bytes += len(data)
        if ends:
            self._end(cut)

    def _end(self, cut: Fault) -> None:
        if cut.how == "clean":
            self._connection.socket.sendall(b"0\r\n\r\n")
            raise Ended(keeps_connection=True)
        if cut.how == "stall":
            # As long as the client can bear it.
            end = time.monotonic() + cut.seconds
            while time.monotonic() < end and not self._connection.peer_gone():
                time.sleep(0.05)
        if cut.how == "close":
            self._connection.finish()
        else:
            self._connection.reset()
        raise Ended(keeps_connection=False)
