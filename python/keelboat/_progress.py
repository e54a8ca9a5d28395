"""A bar in terminals and notebooks; nothing where nobody looks."""

from __future__ import annotations

import sys
import time

_FRAME = 0.1  # Seconds between two drawings.
_CELLS = 24


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    shell = shell.get_ipython() if shell else None
    return shell is not None and hasattr(shell, "kernel")


def _count(number: float) -> str:
    return f"{int(number):,}"


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError


class Progress:
    """Rows, bytes and rate of one fetch. `shown=None`: where there is someone to look."""

    def __init__(self, label: str, shown: bool | None = None) -> None:
        self._label = label
        self._notebook = _in_notebook()
        terminal = getattr(sys.stderr, "isatty", lambda: False)()
        self._shown = (self._notebook or terminal) if shown is None else shown
        self._handle = None
        self._drawn = 0.0
        self._began = time.monotonic()
        self.rows = 0
        self.bytes = 0
        self.expected: int | None = None

    def __enter__(self) -> Progress:
        self._draw()
        return self

    def __exit__(self, kind, *_) -> None:
        self._draw("stopped" if kind else "done")
        if self._shown and not self._notebook:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def add(self, rows: int, size: int) -> None:
        self.rows += rows
        self.bytes += size
        if time.monotonic() - self._drawn >= _FRAME:
            self._draw()

    def restart(self) -> None:
        self.rows = self.bytes = 0

    def line(self, end: str = "") -> str:
        took = max(time.monotonic() - self._began, 1e-9)
        text = f"{self._label}: "
        if self.expected and not end:
            share = min(1.0, self.rows / self.expected)
            full = int(share * _CELLS)
            text += f"|{'█' * full}{'·' * (_CELLS - full)}| {share:4.0%} "
        text += f"{_count(self.rows)} rows  {_size(self.bytes)}"
        text += f"  {_count(self.rows / took)} rows/s  {took:.1f} s"
        return text + (f"  {end}" if end == "stopped" else "")

    def _draw(self, end: str = "") -> None:
        self._drawn = time.monotonic()
        if not self._shown:
            return
        text = self.line(end)
        if self._notebook:
            from IPython.display import display

            bundle = {"text/plain": text}
            if self._handle is None:
                self._handle = display(bundle, raw=True, display_id=True)
            else:
                self._handle.update(bundle, raw=True)
            return
        sys.stderr.write("\r\x1b[2K" + text)
        sys.stderr.flush()
