"""What the scenarios that read from Metabase share: where it is, and how a scenario ends."""

import json
import os
import resource
import time
from pathlib import Path

URL = os.environ["METABASE_URL"]
USERNAME = os.environ["METABASE_USERNAME"]
PASSWORD = os.environ["METABASE_PASSWORD"]
DATABASE = os.environ["METABASE_DATABASE"]
SQL = "SELECT * FROM orders"


def finish(rows, write) -> None:
    """What was asked for is in memory: the clocks stop here. `write` then puts it into a
    Parquet file, which is what tells whether it is right."""
    usage = [
        resource.getrusage(who)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    status = Path("/proc/self/status").read_text()
    peak_kb = int(status.partition("VmHWM:")[2].split()[0])
    measured = {
        "ended": time.time(),
        "client_cpu_seconds": sum(use.ru_utime + use.ru_stime for use in usage),
        "peak_rss_mb": peak_kb * 1024 / 1e6,
        "rows": rows,
    }
    output = Path(os.environ["BENCH_OUTPUT"])
    write(output / "orders.parquet")
    (output / "measured.json").write_text(json.dumps(measured))
