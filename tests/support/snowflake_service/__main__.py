"""python -m snowflake_service [--port 8084] [--database OLIST]: prints `ready URL`."""

import argparse
import ctypes
import logging
import signal
import tempfile
import warnings

from .account import ACCOUNT, DATABASE, PASSWORD, ROLE, TOKEN, USER, WAREHOUSE

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="snowflake_service", description="A service that answers as Snowflake does."
    )
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--database", default=DATABASE, help="made when it starts")
    asked = parser.parse_args()
    # What sqlglot leaves out and how fakesnow fetches is nobody's concern here.
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with tempfile.TemporaryDirectory(prefix="snowflake-stages-") as folder:
        # fakesnow chooses the place of its stages when it is imported.
        tempfile.tempdir = folder
        from .server import Server

        server = Server(asked.port, asked.database)
        print(f"ready {server.url}", flush=True)
        print(f"account {ACCOUNT} user {USER} password {PASSWORD} token {TOKEN}")
        print(f"role {ROLE} warehouse {WAREHOUSE} database {asked.database}", flush=True)
        server.serve()


if __name__ == "__main__":
    main()
