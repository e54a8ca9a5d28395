"""`keelboat` on the PATH: the program inside the package."""

import os
import sys

from ._surroundings import binary


def main() -> None:
    program = binary()
    os.execv(program, ["keelboat", *sys.argv[1:]])
