"""Command line of `examples/olist/demo`."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from database import ServerError, open_shop
from database.__main__ import add_data_options
from database.filled import EXAMPLE
from generate import BadDataDirectory

from .program import run_keelboat
from .summary import print_summary

_DESCRIPTION = """\
Start a private MariaDB with the Olist shop, let keelboat carry it to the lake and the
warehouse and through dbt, and show what came of it. Ends with keelboat's exit code.
"""
_REPOSITORY = EXAMPLE.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="examples/olist/demo", description=_DESCRIPTION)
    add_data_options(parser)
    parser.add_argument(
        "--project",
        type=Path,
        default=EXAMPLE,
        metavar="DIR",
        help="run in another project",
    )
    options = parser.parse_args()
    project = options.project.resolve()
    program = Path(os.environ.get("KEELBOAT", _REPOSITORY / "build/release/keelboat"))
    if not program.is_file():
        say(f"examples/olist/demo: {program} is missing: run: make build")
        return 2

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        begun = time.monotonic()
        with open_shop(options.seed, options.scale, options.data, report=say) as server:
            say(f"MariaDB serves the shop on 127.0.0.1:{server.port}")
            ready = time.monotonic()
            code, report = run_keelboat(program, project, server.environment)
            took = time.monotonic() - ready
            if report is not None:
                print_summary(report, project, took)
        if code == 0:
            say(f"done in {time.monotonic() - begun:.0f} s, the server is stopped")
        else:
            say(f"keelboat ended with exit code {code}; the server is stopped")
        return code
    except KeyboardInterrupt:
        say("interrupted; the server is stopped")
        return 130
    except (BadDataDirectory, ServerError, ValueError) as error:
        say(f"examples/olist/demo: {error}")
        return 2


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
