"""The project's Markdown pages, taken apart."""

import re
from dataclasses import dataclass
from pathlib import Path

from project_files import ROOT, list_files

_FENCE = re.compile(r"^```[^\n]*\n.*?^```$", re.MULTILINE | re.DOTALL)
_TESTED = re.compile(r"^<!-- tested -->\n```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Link:
    """A link as written; `line` is where."""

    target: str
    line: int


def pages() -> list[Path]:
    """Every Markdown file of the project, relative to its root."""
    return list_files(".md")


def read(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def links(text: str) -> list[Link]:
    prose = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
    return [
        Link(found[1], prose.count("\n", 0, found.start()) + 1)
        for found in _LINK.finditer(prose)
    ]


def anchors(text: str) -> set[str]:
    """What `page.md#…` may name: the headings, spelled as web pages of code hosts do."""
    prose = _FENCE.sub("", text)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(prose)
    }


def runnable_blocks(text: str) -> list[str]:
    """The blocks that the page promises to be tested, in order."""
    return _TESTED.findall(text)
