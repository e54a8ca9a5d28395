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

from .places import Places, local_places, served_places
from .program import Ended, run_keelboat
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
    parser.add_argument(
        "--full",
        action="store_true",
        help="to MinIO and a stand-in for Snowflake, which this machine runs too",
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
        with (
            open_shop(options.seed, options.scale, options.data, report=say) as server,
            served_places(say) if options.full else local_places(project) as places,
        ):
            say(f"MariaDB serves the shop on 127.0.0.1:{server.port}")
            variables = {**places.variables, **server.environment}
            ended = _run(program, project, places, variables)
        if ended.code == 0:
            say(
                f"done in {time.monotonic() - begun:.0f} s, keelboat's own memory at most"
                f" {ended.peak_bytes / 2**20:.0f} MiB, the server is stopped"
            )
        else:
            say(f"keelboat ended with exit code {ended.code}; the server is stopped")
        return ended.code
    except KeyboardInterrupt:
        say("interrupted; the server is stopped")
        return 130
    except (BadDataDirectory, ServerError, ValueError) as error:
        say(f"examples/olist/demo: {error}")
        return 2


def _run(program: Path, project: Path, places: Places, variables: dict) -> Ended:
    if places.needs_setup:
        ended = run_keelboat(program, project, places.environment, variables, "setup")
        if ended.code != 0:
            return ended
    ready = time.monotonic()
    ended = run_keelboat(program, project, places.environment, variables, "run")
    took = time.monotonic() - ready
    if ended.report is not None:
        print_summary(ended.report, project, places, took)
    return ended


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
