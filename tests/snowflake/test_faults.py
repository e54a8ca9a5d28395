"""What goes wrong on the way to Snowflake: named, undone, and mended by the next run."""

import shutil
import signal
import time

import pytest
import snowflake.connector
from processes import wait_until
from project_folder import ProjectFolder

# Nobody waits long in a test.
QUICK = {"idle_abort_seconds": 0.5}


def ids(raw, schema: str = "RAW") -> list[int]:
    return [row[0] for row in raw.orders(schema)]


def add_order(server, number: int) -> None:
    server.execute(
        f"INSERT INTO orders VALUES ({number}, 'Rui', 7, NULL, '2024-02-{number:02} 00:00:00')",
        "shop",
    )


@pytest.mark.parametrize(
    ("changes", "words", "code"),
    [
        ({"SNOWFLAKE_PASSWORD": "wrong"}, "password", 3),
        ({"SNOWFLAKE_USER": "NOBODY"}, "NOBODY", 3),
        ({"SNOWFLAKE_ACCOUNT": "org-elsewhere"}, "account", 3),
    ],
)
def test_who_cannot_get_in_is_told_why(project, service, changes, words, code):
    project.variables |= changes
    done = project.run("run", "--json")
    assert done.code == code, done.text
    assert words in done.err
    assert service.password not in done.text


COMMANDS = ["check", "setup", "run", "load"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SNOWFLAKE_WAREHOUSE", "NO_SUCH_WH", "set 'warehouse'"),
        ("SNOWFLAKE_ROLE", "NO_SUCH_ROLE", "set 'role'"),
        ("KEELBOAT_SNOWFLAKE_DRIVER", "/nowhere/driver.so", "KEELBOAT_SNOWFLAKE_DRIVER"),
    ],
)
def test_what_has_to_be_set_is_named_by_every_command(project, name, value, words):
    """Exit code 2: it is not one table that fails."""
    project.ok("setup")
    project.ok("extract")
    for command in COMMANDS:
        done = project.run(command, **{name: value})
        assert done.code == 2, (command, done.text)
        assert value in done.err and words in done.err, (command, done.text)


def test_a_suspended_warehouse_is_named_by_every_command(project, service):
    """Exit code 3: the service cannot be used right now."""
    project.ok("setup")
    project.ok("extract")
    service.set(suspended=[service.warehouse])
    for command in COMMANDS:
        done = project.run(command)
        assert done.code == 3, (command, done.text)
        assert service.warehouse in done.err, (command, done.text)
    service.set(suspended=[])
    project.ok("run")


@pytest.mark.parametrize("load", ["put", "stage"])
def test_a_rejected_row_names_file_row_and_column(project, raw, service, load):
    project.replace("load: put", f"load: {load}")
    project.ok("extract")
    service.fault(
        "error",
        sql="^COPY INTO",
        code="100071",
        sqlstate="22000",
        message="Failed to cast variant value \"x\" to FIXED\n  File 'orders/part-7.parquet',"
        ' line 42\n  Row 42, column "ORDERS"["PRICE":3]',
    )
    done = project.run("load", "--json")
    assert done.code == 1, done.text
    for word in ("part-7.parquet", "42", "PRICE"):
        assert word in done.err
    assert len(raw.ledger()) == 1
    project.ok("load")
    assert ids(raw) == [1, 2, 3]


def test_a_file_that_vanishes_between_upload_and_copy(
    project, raw, service, minio, bucket
):
    project.replace("load: put", "load: stage")
    project.ok("extract")
    aside = minio.home / "aside"
    files = [name for name in minio.objects(bucket) if "customers/" in name]
    (victim,) = [name for name in files if name.endswith(".parquet")]
    shutil.move(minio.home / "data" / bucket / victim, aside)
    done = project.run("load", "--json")
    assert done.code == 1, done.text
    assert victim.split("/")[-1] in done.err
    assert set(raw.ledger()) == {"orders"}
    shutil.move(aside, minio.home / "data" / bucket / victim)
    project.ok("load")
    assert set(raw.ledger()) == {"orders", "customers"}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503, "times": 2},
        {"kind": "cut", "times": 2},
        {"kind": "cut_after", "times": 1},
    ],
    ids=["503", "before", "after"],
)
@pytest.mark.parametrize("statement", ["^COPY INTO", "^COMMIT"])
def test_a_short_interruption_is_waited_out(project, raw, service, statement, fault):
    service.fault(sql=statement, **fault)
    project.ok("run")
    assert ids(raw) == [1, 2, 3]
    assert raw.ledger()["orders"][1] == 3


# Killed at these statements of the load of a table that is there already.
MOMENTS = ["^COPY INTO", "^BEGIN", "^UPDATE", "^DELETE", "^INSERT INTO", "^COMMIT"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_load_leaves_the_old_state_and_the_next_one_mends_it(
    project, raw, service, server, moment
):
    project.ok("run")
    service.set(**QUICK)
    before = raw.ledger(), raw.orders()
    add_order(server, 4)
    project.ok("extract")
    service.fault("hang", sql=moment, times=0)
    process = project.start("load")
    wait_until(lambda: service.log("fault"), 60, f"{moment} is never said")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (raw.ledger(), raw.orders()) == before
    service.reset()
    service.set(**QUICK)
    project.ok("load")
    assert ids(raw) == [1, 2, 3, 4]
    project.ok("verify")


def test_killed_after_the_commit_there_is_nothing_left_to_do(
    project, raw, service, server
):
    project.ok("run")
    add_order(server, 4)
    project.ok("extract")
    service.fault("hang_after", sql="^COMMIT", times=0)
    process = project.start("load", "orders")
    wait_until(lambda: service.log("fault"), 60, "nothing was committed")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert ids(raw) == [1, 2, 3, 4]
    service.reset()
    project.ok("load", "orders")
    assert not [s for s in service.statements() if s.startswith(("COPY", "INSERT"))]


def test_a_lock_of_a_dead_client_is_waited_out(project, raw, service, server):
    project.ok("run")
    service.set(**QUICK)
    add_order(server, 4)
    dead = snowflake.connector.connect(
        account=service.account,
        user=service.user,
        password=service.password,
        host=service.host,
        port=service.port,
        protocol="http",
        warehouse=service.warehouse,
        database=service.database,
        schema="RAW",
    )
    dead.cursor().execute("BEGIN")
    dead.cursor().execute("UPDATE ORDERS SET PRICE = 0")
    project.ok("run")
    assert ids(raw) == [1, 2, 3, 4]
    assert str(raw.orders()[0][2]) == "10.50"


def test_two_loads_of_one_table_at_once(project, raw, service, server, tmp_path):
    project.ok("run")
    add_order(server, 4)
    project.ok("extract")
    # Another machine with the same lake and warehouse.
    twin = ProjectFolder(tmp_path / "twin", dict(project.variables))
    shutil.copytree(project.path, twin.path)
    both = [each.start("load", "--json") for each in (project, twin)]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert ids(raw) == [1, 2, 3, 4]
    project.ok("verify")


def test_two_runs_of_one_project_exclude_each_other(project, service):
    service.fault("hang", sql="^COPY INTO")
    first = project.start("run")
    try:
        wait_until(lambda: service.log("fault"), 60, "no COPY")
        done = project.run("run")
        assert done.code == 3, done.text
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()


def test_a_ledger_that_is_gone_is_not_guessed(project, raw):
    project.ok("run")
    raw("DROP TABLE RAW._KEELBOAT_LEDGER")
    done = project.run("load", "--json")
    assert done.code in (1, 2), done.text
    assert "ORDERS" in done.err
    assert ids(raw) == [1, 2, 3]


def test_a_ledger_of_a_newer_keelboat_stops_this_one(project, raw, server):
    project.ok("run")
    raw("UPDATE RAW._KEELBOAT_LEDGER SET FORMAT = 2")
    add_order(server, 4)
    done = project.run("run", "--json")
    assert done.code in (1, 2), done.text
    assert "newer" in done.err
    assert ids(raw) == [1, 2, 3]


def test_an_interrupt_ends_a_load_at_once(project, raw, service, server):
    project.ok("run")
    add_order(server, 4)
    before = raw.orders()
    service.fault("hang", sql="^COPY INTO")
    process = project.start("run")
    wait_until(lambda: service.log("fault"), 60, "no COPY")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - began < 30
    assert raw.orders() == before
    service.reset()
    project.ok("run")
    assert ids(raw) == [1, 2, 3, 4]
