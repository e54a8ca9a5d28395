"""Command line of `examples/olist/server`."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from generate import BadDataDirectory

from .filled import open_shop
from .mariadb import ServerError

_DESCRIPTION = """\
Start a private MariaDB on loopback, holding the Olist shop. With a command, run it with
MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD and MYSQL_DATABASE set, stop the server
and end with the command's exit code. Without one, print those variables as `export` lines
and serve until Ctrl-C.
"""
_EXAMPLES = """\
examples:
  examples/olist/server -- build/release/keelboat -C examples/olist check
  examples/olist/server --scale 0.01
  examples/olist/server --data ~/Downloads/olist -- build/release/keelboat -C examples/olist run
"""


def add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="of the generated data (1)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="times 1,550,922 generated rows (1.0)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="load the real Kaggle CSV files in DIR instead",
    )


def run_command(command: list[str], environment: dict[str, str]) -> int:
    """Run to the end; a signal that would end us is handed on, and waited out."""
    # Ctrl-C in a terminal reaches the command by itself; it must not get it twice.
    hand_on = [signal.SIGTERM, signal.SIGHUP]
    if sys.stdin is not None and sys.stdin.isatty():
        signal.signal(signal.SIGINT, lambda *_: None)
    else:
        hand_on.append(signal.SIGINT)
    with subprocess.Popen(command, env={**os.environ, **environment}) as child:
        for number in hand_on:
            signal.signal(number, lambda received, _: child.send_signal(received))
        code = child.wait()
    return 128 - code if code < 0 else code


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="examples/olist/server",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_data_options(parser)
    parser.add_argument(
        "--private", action="store_true", help="work on a copy that may be changed"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command

    def say(message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        with open_shop(
            options.seed, options.scale, options.data, options.private, report=say
        ) as server:
            if command:
                return run_command(command, server.environment)
            for name, value in server.environment.items():
                print(f"export {name}={value}", flush=True)
            say("serving until Ctrl-C")
            signal.pause()
    except KeyboardInterrupt:
        return 130
    except (BadDataDirectory, ServerError, ValueError) as error:
        say(f"examples/olist/server: {error}")
        return 2
    except FileNotFoundError as error:
        say(f"examples/olist/server: {error.filename}: no such file")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
