"""keelboat backfill: what a window of the cursor holds afterwards, and what stays as it was."""

import json
import signal
import time

import pytest
from latest import configuration, latest, live_files, rows_without_key

# 2,400 orders, one an hour from the first of January on; the last are of the tenth of April.
ORDERS = """
CREATE TABLE orders (
  id INT PRIMARY KEY, edited DATETIME(6) NULL, amount DECIMAL(10,2), email VARCHAR(60),
  KEY (edited));
INSERT INTO orders
SELECT seq, '2024-01-01' + INTERVAL seq HOUR, seq / 4, CONCAT('u', seq, '@example.com')
FROM seq_1_to_2400;
"""
FEBRUARY = ("--from", "2024-02-01", "--to", "2024-03-01")
FIRST_OF_FEBRUARY = 31 * 24  # Its id.


def metadata(strategy: str = "incremental", **more) -> dict:
    table = {
        "load_strategy": strategy,
        "incremental_column": "edited",
        "description": "Orders",
    }
    return {"orders": {**table, **more}}


@pytest.fixture
def project(new_project, server):
    project = new_project(ORDERS, metadata())
    project.ok("run")
    # More files: March and April a second time, as edits of these months.
    server.execute(
        "UPDATE orders SET edited = '2024-04-11' + INTERVAL id * 10 SECOND WHERE id > 2000",
        "shop",
    )
    project.ok("run")
    return project


def folder(project):
    return project.path / "lake" / "orders"


def lake(project) -> dict[int, dict]:
    return {key[0]: row for key, row in latest(folder(project), ["id"]).items()}


def warehouse(project) -> dict[int, tuple]:
    rows = project.warehouse("SELECT id, edited, amount, email FROM raw.orders")
    found = {row[0]: row for row in rows}
    assert len(found) == len(rows), "a key came twice"
    return found


def agree(project) -> dict[int, dict]:
    """The lake's view, which the warehouse has too."""
    rows = lake(project)
    assert {key: tuple(row.values()) for key, row in rows.items()} == warehouse(project)
    return rows


def backfill(project, *arguments: str) -> dict:
    report = project.ok("backfill", "orders", *arguments, "--json").json
    assert report["transform"] is None
    [table] = report["tables"]
    return table


def progress(project) -> dict[str, str]:
    kept = configuration(folder(project))
    return {name: kept[f"keelboat.{name}"] for name in ("watermark", "open_from")}


def paths(project, *, tail: bool | None = None) -> set[str]:
    return {
        add["path"]
        for add in live_files(folder(project))
        if tail is None or tail == ("keelboat.open_tail" in add["tags"])
    }


def test_what_no_increment_sees_comes_right(project, server):
    before = agree(project)
    server.execute(
        f"""
        UPDATE orders SET amount = 7.77 WHERE id = {FIRST_OF_FEBRUARY + 5};
        DELETE FROM orders WHERE id IN ({FIRST_OF_FEBRUARY + 6}, {FIRST_OF_FEBRUARY + 600});
        INSERT INTO orders VALUES (9001, '2024-02-10 12:34:56.000001', 1, 'late@example.com');
        UPDATE orders SET amount = 8.88 WHERE id = {FIRST_OF_FEBRUARY - 1};
        """,
        "shop",
    )
    project.ok("run")
    assert agree(project) == before, "no cursor moved, so an increment sees none of it"
    was = progress(project)
    files = paths(project)
    tail = paths(project, tail=True)

    table = backfill(project, *FEBRUARY)
    assert table["strategy"] == "backfill"
    assert table["status"] == "ok"
    assert table["rows"] == 29 * 24 - 2 + 1
    assert table["watermark"] == was["watermark"]
    rows = agree(project)
    assert str(rows[FIRST_OF_FEBRUARY + 5]["amount"]) == "7.77"
    assert FIRST_OF_FEBRUARY + 6 not in rows
    assert FIRST_OF_FEBRUARY + 600 not in rows
    assert rows[9001]["email"] == "late@example.com"
    assert rows[FIRST_OF_FEBRUARY - 1] == before[FIRST_OF_FEBRUARY - 1]
    assert progress(project) == was
    assert paths(project, tail=True) == tail

    # Outside of the window rows and files are what they were.
    def outside(rows):
        first, last = FIRST_OF_FEBRUARY, FIRST_OF_FEBRUARY + 29 * 24
        return {k: row for k, row in rows.items() if not first <= k < last and k < 9000}

    assert outside(rows) == outside(before)
    untouched = files & paths(project)
    assert tail < untouched, "a closed file without rows of the window stays too"

    again = backfill(project, *FEBRUARY)
    assert again["rows"] == table["rows"]
    assert agree(project) == rows
    assert progress(project) == was
    [record, *_] = project.records()
    assert record["command"] == "backfill"
    commits = sorted((folder(project) / "_delta_log").glob("*.json"))
    [info] = [
        json.loads(line)["commitInfo"]
        for line in commits[-1].read_text().splitlines()
        if "commitInfo" in line
    ]
    assert info["keelboat"]["strategy"] == "backfill"
    assert "2024-02-01 00:00:00" in info["operationParameters"]["predicate"]

    # Increments go on from there.
    server.execute(
        "UPDATE orders SET amount = 5, edited = '2024-04-12' WHERE id = 9001", "shop"
    )
    project.ok("run")
    rows = agree(project)
    assert str(rows[9001]["amount"]) == "5.00"


def test_older_versions_do_not_come_back(new_project, server):
    project = new_project(ORDERS, metadata())
    project.ok("run")
    row = "UPDATE orders SET amount = 1, edited = {} WHERE id = 2400"
    server.execute(row.format("'2024-04-20'"), "shop")
    project.ok("run")
    server.execute(
        "INSERT INTO orders VALUES (9002, '2024-05-01', 1, 'later@example.com')", "shop"
    )
    project.ok("run")
    # Of 2400 closed files hold two versions now: of the tenth and of the twentieth of April.
    server.execute("DELETE FROM orders WHERE id IN (2400, 5)", "shop")
    backfill(project, "--from", "2024-04-15", "--to", "2024-04-21")
    rows = agree(project)
    assert 2400 not in rows
    assert 5 in rows, "it lies outside of the window"


def test_rows_that_left_the_window_are_followed(project, server):
    server.execute(
        f"""
        UPDATE orders SET edited = '2024-01-01 00:30:00' WHERE id = {FIRST_OF_FEBRUARY + 1};
        UPDATE orders SET edited = '2024-06-01' WHERE id = {FIRST_OF_FEBRUARY + 2};
        UPDATE orders SET edited = '2024-02-05' WHERE id = 1;
        UPDATE orders SET edited = '2024-02-06' WHERE id = 2400;
        """,
        "shop",
    )
    was = progress(project)
    backfill(project, *FEBRUARY)
    times = {key: row["edited"] for key, row in agree(project).items()}
    assert len(times) == 2400
    assert str(times[FIRST_OF_FEBRUARY + 1]) == "2024-01-01 00:30:00"
    assert str(times[FIRST_OF_FEBRUARY + 2]) == "2024-06-01 00:00:00"
    assert str(times[1]) == "2024-02-05 00:00:00"
    assert str(times[2400]) == "2024-02-06 00:00:00"
    assert progress(project) == was
    project.ok("run")
    assert {key: row["edited"] for key, row in agree(project).items()} == times
    # What moved into the tail is of the tail: a delete there is seen.
    server.execute(f"DELETE FROM orders WHERE id = {FIRST_OF_FEBRUARY + 2}", "shop")
    project.ok("run")
    assert FIRST_OF_FEBRUARY + 2 not in agree(project)


def test_hybrid_needs_no_full_load_after_a_backfill(new_project, server):
    project = new_project(ORDERS, metadata("hybrid"))
    project.ok("run")
    server.execute(
        f"DELETE FROM orders WHERE id BETWEEN {FIRST_OF_FEBRUARY} AND 800", "shop"
    )
    backfill(project, *FEBRUARY)
    [table] = project.ok("run", "--json").json["tables"]
    assert (table["strategy"], table["reason"]) == ("incremental", None)
    assert len(agree(project)) == 2400 - (800 - FIRST_OF_FEBRUARY + 1)


def test_a_table_without_a_key(new_project, server):
    project = new_project(ORDERS.replace("id INT PRIMARY KEY", "id INT"), metadata())
    project.ok("run")
    server.execute(
        f"INSERT INTO orders SELECT * FROM orders WHERE id = {FIRST_OF_FEBRUARY + 1};"
        f"DELETE FROM orders WHERE id = {FIRST_OF_FEBRUARY + 2};"
        "DELETE FROM orders WHERE id = 5",
        "shop",
    )
    for _ in range(2):
        assert backfill(project, *FEBRUARY)["rows"] == 29 * 24
        rows = sorted(row["id"] for row in rows_without_key(folder(project)))
        expected = [*range(1, 2401), FIRST_OF_FEBRUARY + 1]
        expected.remove(FIRST_OF_FEBRUARY + 2)
        assert rows == sorted(expected)
        found = project.warehouse("SELECT id FROM raw.orders ORDER BY id")
        assert [row[0] for row in found] == rows


def test_an_empty_window_changes_nothing(project):
    files = paths(project)
    version = backfill(project, "--from", "2020-01-01", "--to", "2021-01-01")
    assert version["rows"] == 0
    assert paths(project) == files
    [run] = [t for t in project.ok("status", "--json").json["tables"]]
    assert run["lake_version"] == version["lake_version"] == run["warehouse_version"]
    # A window that is empty at the source only.
    rows = agree(project)
    assert rows


def test_rows_without_a_cursor_stay(new_project, server):
    project = new_project(
        ORDERS + "INSERT INTO orders VALUES (9100, NULL, 3, NULL);",
        metadata(null_cursor="include"),
    )
    project.ok("run")
    server.execute("UPDATE orders SET amount = 4 WHERE id IN (9100, 10)", "shop")
    backfill(project, "--from", "2024-01-01", "--to", "2024-02-01")
    rows = agree(project)
    assert str(rows[9100]["amount"]) == "3.00"
    assert str(rows[10]["amount"]) == "4.00"
    # One that lost its cursor is where those are.
    server.execute("UPDATE orders SET edited = NULL WHERE id = 11", "shop")
    backfill(project, "--from", "2024-01-01", "--to", "2024-02-01")
    assert agree(project)[11]["edited"] is None
    project.ok("run")
    rows = agree(project)
    assert (rows[11]["edited"], str(rows[9100]["amount"])) == (None, "4.00")


CONTRACT = {
    "type": "object",
    "x-on-violation": "quarantine",
    "properties": {
        "id": {"type": "integer"},
        "edited": {"type": "string", "format": "date-time"},
        "amount": {"type": "number", "minimum": 0},
        "email": {"type": "string", "x-mask": "partial"},
    },
}


def test_contract_and_masks_apply(new_project, server):
    project = new_project(ORDERS.replace("NULL, amount", "NOT NULL, amount"), metadata())
    server.execute("ALTER TABLE orders MODIFY amount DECIMAL(10,2) NOT NULL", "shop")
    server.execute("ALTER TABLE orders MODIFY email VARCHAR(60) NOT NULL", "shop")
    project.write("schema/orders.json", CONTRACT)
    bad = FIRST_OF_FEBRUARY + 3
    server.execute(f"UPDATE orders SET amount = -1 WHERE id = {bad}", "shop")
    project.ok("run")
    quarantine = project.path / "lake" / "orders__quarantine"

    def quarantined() -> list[int]:
        return sorted(row["id"] for row in rows_without_key(quarantine))

    assert quarantined() == [bad]
    server.execute(f"UPDATE orders SET amount = -2 WHERE id = {bad + 1}", "shop")
    for _ in range(2):
        table = backfill(project, *FEBRUARY)
        assert table["quarantined"] == 2
        assert quarantined() == [bad, bad + 1]
        rows = agree(project)
        assert len(rows) == 2398
        assert "@" not in rows[FIRST_OF_FEBRUARY + 9]["email"]
    server.execute("UPDATE orders SET amount = 2 WHERE amount < 0", "shop")
    backfill(project, *FEBRUARY)
    assert quarantined() == []
    assert len(agree(project)) == 2400
    project.replace('"quarantine"', '"fail"', "schema/orders.json")
    server.execute(f"UPDATE orders SET amount = -2 WHERE id = {bad + 1}", "shop")
    done = project.run("backfill", "orders", *FEBRUARY)
    assert done.code == 4, done.text
    assert len(agree(project)) == 2400


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("BIGINT UNSIGNED", "18446744073709531000", "18446744073709531055"),
        ("INT", "-5", "5"),
        ("DECIMAL(20,4)", "-0.5", "1.00005"),
        ("DOUBLE", "-1e-1", "2.5"),
        ("FLOAT", "0.7", "2.7"),
        ("DATE", "2024-02-01", "2024-02-11"),
        ("TIMESTAMP(6) NULL", "1900-01-01", "2024-02-11T12:30"),
    ],
)
def test_cursors_of_every_kind(new_project, server, kind, first, last):
    """The window at the source and the one in the lake are the same."""
    text = kind.startswith(("DATE", "TIMESTAMP"))
    if text:
        value = "'2024-01-25' + INTERVAL (seq * 13) HOUR"
    elif "UNSIGNED" in kind:
        value = "18446744073709530000 + seq * 10"
    else:
        value = "(CAST(seq AS SIGNED) - 300) / 10"
    project = new_project(
        f"CREATE TABLE orders (id INT PRIMARY KEY, edited {kind}, amount INT, KEY (edited));"
        f"INSERT INTO orders SELECT seq, {value}, 0 FROM seq_1_to_600 WHERE seq < 100;"
        f"INSERT INTO orders SELECT seq, {value}, 0 FROM seq_100_to_600",
        metadata(lookback="1d" if text else "1"),
    )
    if "UNSIGNED" not in kind and not text:
        server.execute("UPDATE orders SET edited = 0.7 WHERE id = 17", "shop")
    project.ok("run")
    server.execute("UPDATE orders SET amount = 1", "shop")
    # What the server makes of a bound is its own; a float's is the float next to it.
    quoted = [f"'{bound}'" if text else bound for bound in (first, last)]
    if kind == "FLOAT":
        quoted = [f"CAST({bound} AS FLOAT)" for bound in quoted]
    inside = server.execute(
        f"SELECT id FROM orders WHERE edited >= {quoted[0]} AND edited < {quoted[1]}",
        "shop",
    ).split()
    assert inside, "the window must not be empty"
    for _ in range(2):
        table = backfill(project, f"--from={first}", f"--to={last}")
        assert table["rows"] == len(inside)
        rows = latest(folder(project), ["id"])
        assert {k[0] for k, row in rows.items() if row["amount"] == 1} == set(
            map(int, inside)
        )
        assert len(rows) == 600
    stored = rows_without_key(folder(project))
    assert len(stored) == 600, "the window's old rows are gone from the files"
    counted = project.warehouse("SELECT count(*), sum(amount)::INT FROM raw.orders")
    assert counted == [(600, len(inside))]


def test_what_cannot_be_is_refused(project, server):
    def refused(*arguments: str) -> str:
        done = project.run("backfill", *arguments)
        assert done.code == 2, done.text
        return done.err

    text = refused("orders", "--from", "2024-03-01", "--to", "2024-03-01")
    assert "is empty" in text
    assert "2024-01-31" in refused("orders", "--from", "soon", "--to", "2024-03-01")
    assert "open tail" in refused("orders", "--from", "2030-01-01", "--to", "2031-01-01")
    assert "--from" in refused("orders", "--to", "2024-03-01")
    assert "nowhere" in refused("nowhere", *FEBRUARY)
    done = project.run("backfill", "orders", "--from", "2024-04-01", "--to", "2030-01-01")
    assert done.code == 0, done.text
    assert "open tail" in done.err
    project.replace('"incremental"', '"full"', "metadata/table_metadata.json")
    assert "load_strategy full" in refused("orders", *FEBRUARY)


def test_a_text_cursor_is_refused(new_project):
    project = new_project(
        "CREATE TABLE orders (id INT PRIMARY KEY, edited VARCHAR(20) NOT NULL, KEY (edited));"
        "INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c');",
        metadata(),
    )
    done = project.run("backfill", "orders", "--from", "a", "--to", "b")
    assert done.code == 2
    assert "keelboat run orders" in done.err
    project.ok("run")
    done = project.run("backfill", "orders", "--from", "a", "--to", "b")
    assert done.code == 2
    assert "--full-refresh" in done.err


def test_one_at_a_time(project):
    """A backfill that has not ended holds the project's lock."""
    with project.stopped("before _delta_log", "backfill", "orders", *FEBRUARY):
        done = project.run("backfill", "orders", *FEBRUARY)
        assert done.code == 3, done.text
    backfill(project, *FEBRUARY)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_the_commit(project, server, moment):
    server.execute(
        f"DELETE FROM orders WHERE id = {FIRST_OF_FEBRUARY + 6};"
        f"UPDATE orders SET amount = 9 WHERE id = {FIRST_OF_FEBRUARY + 7}",
        "shop",
    )
    old = lake(project)
    version = max((folder(project) / "_delta_log").glob("*.json")).stem
    project.die(f"{moment} {int(version) + 1:020}.json", "backfill", "orders", *FEBRUARY)
    rows = lake(project)
    if moment == "before":
        assert rows == old
    backfill(project, *FEBRUARY)
    rows = agree(project)
    assert FIRST_OF_FEBRUARY + 6 not in rows
    assert str(rows[FIRST_OF_FEBRUARY + 7]["amount"]) == "9.00"
    assert len(rows) == 2399


def test_killed_at_any_moment(project, server):
    server.execute("UPDATE orders SET amount = 1", "shop")
    began = time.monotonic()
    backfill(project, *FEBRUARY)
    whole = time.monotonic() - began
    for number in range(8):
        amount = f"{100 + number}.00"
        server.execute(
            f"UPDATE orders SET amount = {amount} WHERE id BETWEEN 745 AND 1430", "shop"
        )
        process = project.start("backfill", "orders", *FEBRUARY)
        time.sleep(whole * (number + 1) / 9)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        rows = lake(project)
        now = {str(rows[key]["amount"]) for key in range(745, 1431)}
        assert len(now) == 1, "old or new, nothing in between"
    backfill(project, *FEBRUARY)
    rows = agree(project)
    assert {str(rows[key]["amount"]) for key in range(745, 1431)} == {amount}
    assert len(rows) == 2400
