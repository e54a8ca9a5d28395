"""Fail when a hand-written file has grown past 800 lines: split it by nouns."""

import sys

from project_files import ROOT, list_files

LIMIT = 800
SUFFIXES = (
    ".h",
    ".cc",
    ".py",
    ".cmake",
    "CMakeLists.txt",
    "Makefile",
    ".sql",
    ".js",
    ".css",
)


def main() -> int:
    too_long = []
    files = list_files(*SUFFIXES)
    for path in files:
        lines = len((ROOT / path).read_bytes().splitlines())
        if lines > LIMIT:
            too_long.append(f"{path}: {lines} lines, the limit is {LIMIT}: split it")
    print("\n".join(too_long) or f"{len(files)} files within {LIMIT} lines")
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
