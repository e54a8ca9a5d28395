"""The analyst's one line, against a private Metabase of 3 million orders.

usage: demo.py [--orders N] [--latency-ms MS] [--profile v48|v55|v63]
Starts the server (tests/support/metabase) on this machine and stops it again.
"""

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "build/release/python")]

import keelboat  # noqa: E402
from metabase import metabase  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=3_000_000)
    parser.add_argument("--latency-ms", type=int, default=150)
    parser.add_argument("--profile", default="v55", choices=("v48", "v55", "v63"))
    given = parser.parse_args()
    print(
        f"starting a Metabase over ClickHouse with {given.orders:,} orders …", flush=True
    )
    with metabase(
        profile=given.profile, orders=given.orders, latency_ms=given.latency_ms
    ) as server:
        os.environ["METABASE_URL"] = server.url
        os.environ["METABASE_USERNAME"] = server.username
        os.environ["METABASE_PASSWORD"] = server.password
        os.environ.pop("METABASE_API_KEY", None)
        print(
            f"it answers as release {given.profile[1:]} does, {given.latency_ms} ms late\n\n"
            ">>> df = keelboat.get_orders_fast()"
        )
        began = time.monotonic()
        df = keelboat.get_orders_fast()
        took = time.monotonic() - began
        seen = server.stats()
    distinct = df["order_id"].nunique()
    print(f"\n{df.head(3).to_string(max_colwidth=20)}\n")
    print(f"rows      {len(df):>12,}   {distinct:,} different orders, none missing")
    print(f"columns   {df.shape[1]:>12}   {', '.join(map(str, df.columns[:6]))}, …")
    print(f"time      {took:>10.1f} s   {len(df) / took:,.0f} rows a second")
    memory = df.memory_usage(deep=True).sum() / 1e6
    print(f"memory    {memory:>9,.0f} MB   of the DataFrame")
    print(
        f"requests  {seen['counts']['request']:>12}   {seen['counts']['login']} login, "
        f"at most {seen['most_streaming']} answers at once, "
        f"{seen['sessions']} sessions left behind"
    )
    return 0 if len(df) == distinct == given.orders else 1


if __name__ == "__main__":
    sys.exit(main())
