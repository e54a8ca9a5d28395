"""kill -9 and Ctrl-C at moments spread over the whole of a run: what the next run leaves is
what an undisturbed one leaves."""

import random
import signal
import time

from faulty_proxy import Bandwidth, FaultyProxy
from processes import wait_until
from visits_shop import INCREMENTAL, VISITS, expect_no_orphans

STOPS = 16
_LOADED = (
    "SELECT count(*), count(DISTINCT id), sum(id)::BIGINT, bit_xor(hash(id, token, seen))"
    " FROM raw.visits"
)


def state(project) -> tuple:
    ids = sorted(project.lake("visits").column("id").to_pylist())
    customers = sorted(project.lake("customers").to_pylist(), key=str)
    return (
        ids == list(range(1, VISITS + 1)),
        customers,
        project.warehouse(_LOADED),
        project.warehouse("SELECT name, email FROM raw.customers ORDER BY name"),
    )


def newest_status(project) -> str:
    return project.ok("history", "--json").json["runs"][0]["status"]


def stop_while_rows_come(project, server, how: signal.Signals) -> None:
    """On a line so thin that all rows would take minutes."""
    with FaultyProxy(server.port) as proxy:
        proxy.plan(Bandwidth(after=1_000_000, bytes_per_second=100_000))
        process = project.start("run", "--full-refresh", MYSQL_PORT=str(proxy.port))
        wait_until(lambda: proxy.spent, 60, "no rows came")
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
    if how == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL, err
        assert newest_status(project) == "died"
    else:
        assert process.returncode == 130, err
        assert newest_status(project) == "interrupted"


def test_stopped_at_any_moment(project, server):
    project.write("metadata/table_metadata.json", INCREMENTAL)
    began = time.monotonic()
    project.ok("run")
    whole_run = time.monotonic() - began
    undisturbed = state(project)
    assert undisturbed[0]

    for how in (signal.SIGINT, signal.SIGKILL):
        stop_while_rows_come(project, server, how)
        assert project.lake("visits").num_rows == VISITS
    moments = random.Random(1)
    for number in range(STOPS):
        how = signal.SIGINT if number % 3 == 0 else signal.SIGKILL
        refresh = ["--full-refresh"] if number % 2 else []
        process = project.start("run", *refresh)
        time.sleep(moments.uniform(0, whole_run))
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
        # A fast machine's run may have ended by then.
        assert process.returncode in (0, 130, -signal.SIGINT, -signal.SIGKILL), err
        # Readers never see anything half done, whatever was interrupted.
        assert project.lake("visits").num_rows == VISITS
        assert newest_status(project) in ("ok", "died", "interrupted")

    project.ok("run")
    assert state(project) == undisturbed
    project.ok("vacuum", "--older-than", "0s")
    assert state(project) == undisturbed
    expect_no_orphans(project)
