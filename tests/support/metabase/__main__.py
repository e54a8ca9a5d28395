"""python -m metabase [--profile v63] [--orders 3000000] [--latency-ms 150] ..."""

import argparse
import signal
import tempfile
from pathlib import Path

from .account import ANALYST, API_KEY, PASSWORD
from .profile import PROFILES
from .server import Server
from .settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="metabase",
        description="A server that answers as Metabase does, over ClickHouse.",
    )
    parser.add_argument("--profile", choices=list(PROFILES), default="v63")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--orders", type=int, default=10_000, help="rows of the table orders"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the sample rows")
    parser.add_argument(
        "--threads", type=int, default=2, help="of the engine, for one query"
    )
    parser.add_argument("--latency-ms", type=int, default=0, help="before every answer")
    parser.add_argument("--time-zone", default="UTC", help="the server's report timezone")
    parser.add_argument("--tls-certificate", type=Path)
    parser.add_argument("--tls-key", type=Path)
    asked = parser.parse_args()
    settings = Settings(
        profile=asked.profile,
        latency_ms=asked.latency_ms,
        report_timezone=asked.time_zone,
    )
    tls = (asked.tls_certificate, asked.tls_key) if asked.tls_certificate else None
    with tempfile.TemporaryDirectory(prefix="metabase-") as folder:
        server = Server(
            Path(folder),
            settings,
            asked.orders,
            asked.seed,
            asked.threads,
            asked.port,
            tls,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.close())
        print(f"ready {server.url}", flush=True)
        print(f"user {ANALYST.email} password {PASSWORD} api key {API_KEY}", flush=True)
        server.serve()


if __name__ == "__main__":
    main()
