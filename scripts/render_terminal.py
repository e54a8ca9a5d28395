# /// script
# requires-python = ">=3.11"
# dependencies = ["pyte==0.8.2", "rich==14.1.0"]
# ///
"""Run a command in a terminal of its own and draw what it left on the screen as SVG.

    build/deps/uv/bin/uv run --script scripts/render_terminal.py docs/images/demo.svg -- make demo

Cursor movements are carried out as a terminal would, so a progress board appears as it
stood at the end. Lines before `--from` and after `--until` are left out. Ends with the
command's exit code, and writes nothing unless that is 0.
"""

import argparse
import os
import pty
import re
import struct
import sys
import termios
from fcntl import ioctl
from io import StringIO
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import pyte
from rich.color import ANSI_COLOR_NAMES
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROWS = 60
HISTORY = 10_000
# Colours for a light and a dark page alike: the window brings its own background.
THEME = TerminalTheme(
    background=(22, 27, 34),
    foreground=(201, 209, 217),
    normal=[
        (72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34),
        (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196),
    ],
    bright=[
        (110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65),
        (121, 192, 255), (210, 168, 255), (86, 212, 221), (255, 255, 255),
    ],
)  # fmt: skip
# rich's own frame loads a font from a web site; this one asks for nothing.
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>@TITLE@</title>
<style>
.{unique_id}-matrix {{
  font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 16px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
# pyte's names of colours -> rich's.
_SPELLING = {"brown": "yellow", "brightbrown": "bright_yellow"}


def record(command: list[str], columns: int) -> tuple[int, list[dict]]:
    """The command's exit code, and every line that scrolled by or is still shown."""
    screen = pyte.HistoryScreen(columns, ROWS, history=HISTORY, ratio=0.001)
    stream = pyte.ByteStream(screen)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="", LANG="C.UTF-8")
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"render_terminal: {command[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux's end of file on a terminal whose other side is closed
            break
        if not data:
            break
        stream.feed(data)
    _, status = os.waitpid(pid, 0)
    shown = [screen.buffer[row] for row in range(ROWS)]
    return os.waitstatus_to_exitcode(status), [*screen.history.top, *shown]


def color(name: str) -> str | None:
    if name == "default":
        return None
    name = _SPELLING.get(name, name)
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return f"#{name}"
    name = re.sub(r"^bright(?!_)", "bright_", name)
    return name if name in ANSI_COLOR_NAMES else None


def style_of(cell: pyte.screens.Char) -> Style:
    return Style(
        color=color(cell.fg),
        bgcolor=color(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def as_text(line: dict, columns: int) -> Text:
    """One line; cells of one style become one piece, which keeps the picture small."""
    text = Text()
    cells = (line[column] for column in range(columns))
    for style, piece in groupby(cells, key=style_of):
        text.append("".join(cell.data for cell in piece), style)
    text.rstrip()
    return text


def cut(lines: list[Text], first: str | None, last: str | None) -> list[Text]:
    """From the first line that matches `first` up to the last one before `last`."""
    begin, end = 0, len(lines)
    if first:
        begin = next((i for i, t in enumerate(lines) if re.search(first, t.plain)), None)
        if begin is None:
            sys.exit(f"render_terminal: no line matches --from {first!r}")
    if last:
        found = (i for i in range(begin, end) if re.search(last, lines[i].plain))
        end = next(found, None)
        if end is None:
            sys.exit(f"render_terminal: no line matches --until {last!r}")
    while end > begin and not lines[end - 1].plain.strip():
        end -= 1
    return lines[begin:end]


def draw(lines: list[Text], columns: int, title: str) -> str:
    console = Console(
        width=columns, record=True, file=StringIO(), color_system="truecolor",
        force_terminal=True, legacy_windows=False,
    )  # fmt: skip
    for line in lines:
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    console.print()  # the window's edge would cut the last line's descenders
    # A fixed id: the same screen gives the same file.
    svg = console.export_svg(
        title=title, theme=THEME, code_format=FRAME, unique_id="terminal"
    )
    svg = svg.replace("@TITLE@", escape(title), 1)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, help="the SVG file")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--title", help="above the window; default: the command")
    parser.add_argument("--from", dest="first", metavar="REGEX")
    parser.add_argument("--until", dest="last", metavar="REGEX")
    parser.add_argument("command", nargs="+", metavar="-- COMMAND")
    options = parser.parse_args()
    code, cells = record(options.command, options.columns)
    lines = [as_text(line, options.columns) for line in cells]
    if code != 0:
        print("\n".join(line.plain for line in lines).strip(), file=sys.stderr)
        print(f"render_terminal: the command ended with {code}", file=sys.stderr)
        return code if code > 0 else 128 - code
    chosen = cut(lines, options.first, options.last)
    title = options.title or " ".join(options.command)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(draw(chosen, options.columns, title), encoding="utf-8")
    print(f"render_terminal: {len(chosen)} lines in {options.output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
