"""A program in a terminal of its own: what it drew, and how it left the terminal."""

import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
from fcntl import ioctl

from processes import wait_until

# Nothing that a program writes.
_END = b"\0that is all\0"
_CODE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])")
INTERRUPT = b"\x03"


class OwnTerminal:
    """Runs `command` as the foreground program of a new terminal; `with` ends it."""

    def __init__(self, command: list[str], env: dict[str, str], columns=100, rows=40):
        self._keyboard, other = pty.openpty()
        ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._other = other
        self.modes_before = termios.tcgetattr(other)
        self._seen = bytearray()
        self.process = subprocess.Popen(
            command,
            stdin=other,
            stdout=other,
            stderr=other,
            env=env,
            start_new_session=True,
            preexec_fn=self._take_terminal,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "OwnTerminal":
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._other)
        self._reader.join(10)
        os.close(self._keyboard)

    @staticmethod
    def _take_terminal() -> None:
        ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._keyboard, 65536)
            except OSError:
                return  # Nobody has the other end open any more.
            if not piece:
                return
            self._seen += piece

    def type(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def wait(self, seconds: float) -> int:
        code = self.process.wait(seconds)
        # What it wrote is read once that is read which comes behind.
        os.write(self._other, _END)
        wait_until(lambda: _END in self._seen, 60, "the terminal is not read")
        return code

    @property
    def modes(self) -> list:
        return termios.tcgetattr(self._other)

    @property
    def text(self) -> str:
        """Everything that was written, with its codes; the last character may be on its way."""
        return bytes(self._seen).replace(_END, b"").decode(errors="replace")

    def screen(self) -> tuple[list[str], int]:
        """The lines as they stand, and the column of the cursor.

        Fails on a code that it does not know, so that a program that hides the cursor,
        say, has to come with a test that it shows it again.
        """
        lines, row, column = [""], 0, 0
        rest = self.text
        while rest:
            if code := _CODE.match(rest):
                number, letter = code.groups()
                if (number, letter) == ("2", "K"):
                    lines[row] = ""
                elif (number, letter) == ("", "J"):
                    lines[row] = lines[row][:column]
                    del lines[row + 1 :]
                elif letter == "F":
                    row, column = max(0, row - int(number)), 0
                else:
                    assert letter == "m", f"an unknown code: {code.group()!r}"
                rest = rest[code.end() :]
                continue
            assert rest[0] != "\x1b", f"half a code is left: {rest!r}"
            if rest[0] == "\n":
                row += 1
                if row == len(lines):
                    lines.append("")
            elif rest[0] == "\r":
                column = 0
            else:
                lines[row] = lines[row][:column].ljust(column) + rest[0]
                column += 1
            rest = rest[1:]
        return lines, column
