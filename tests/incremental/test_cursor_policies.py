"""What is told of a cursor that is missing, ahead of time, text, unindexed or not looked back on."""

import time

import pytest
from latest import latest
from three_ways import expect_alike, told

TABLE = """
CREATE TABLE visits (id INT PRIMARY KEY, seen {type}, note VARCHAR(20), KEY (seen));
INSERT INTO visits SELECT seq, {value}, 'first' FROM seq_1_to_50;
"""
TIMES = TABLE.format(
    type="DATETIME(6)", value="'2024-01-01' + INTERVAL 1000 * seq SECOND"
)


def metadata(strategy: str = "incremental", **more) -> dict:
    return {
        "visits": {
            "load_strategy": strategy,
            "incremental_column": "seen",
            "description": "Visits",
            **more,
        }
    }


@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
def test_rows_without_a_value_are_refused_or_read_each_time(
    new_project, server, strategy
):
    project = new_project(TIMES, metadata(strategy))
    project.ok("run")
    server.execute("UPDATE visits SET seen = NULL WHERE id IN (3, 7)", "shop")
    done = project.run("run")
    assert done.code == 1, done.text
    assert "2 rows have no value in the cursor seen" in told(done)
    assert "null_cursor" in told(done)
    assert project.warehouse("SELECT count(*) FROM raw.visits WHERE seen IS NULL") == [
        (0,)
    ]
    project.write(
        "metadata/table_metadata.json", metadata(strategy, null_cursor="include")
    )
    assert project.ok("run", "--json").json["tables"][0]["reason"] == (
        "null_cursor was changed"
    )
    for edit in (
        "UPDATE visits SET note = 'second' WHERE seen IS NULL",
        "DELETE FROM visits WHERE id = 3",
        "UPDATE visits SET seen = '2024-01-01 00:00:01' WHERE id = 7",
    ):
        server.execute(edit, "shop")
        assert project.ok("run", "--json").json["tables"][0]["reason"] is None
        expect_alike(project, server, "visits", ["id"], edit)


@pytest.mark.parametrize("null", ["NULL", "NOT NULL"])
@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
def test_a_date_of_zeros_is_no_value(new_project, server, strategy, null):
    table = TIMES.replace("DATETIME(6)", f"DATETIME(6) {null}")
    project = new_project(
        table + "SET sql_mode = ''; UPDATE visits SET seen = 0 WHERE id IN (3, 7);",
        metadata(strategy),
    )
    project.replace("    user:", '    zero_dates: "null"\n    user:')
    done = project.run("run")
    assert done.code == 1, done.text
    assert "2 rows have no value in the cursor seen (null, or a date of zeros)" in told(
        done
    )
    project.write(
        "metadata/table_metadata.json", metadata(strategy, null_cursor="include")
    )
    for edit in (
        "SELECT 1",
        "UPDATE visits SET note = 'second' WHERE seen = '0000-00-00'",
        "SET sql_mode = ''; INSERT INTO visits VALUES (60, 0, 'late')",
        "DELETE FROM visits WHERE id = 3",
        "UPDATE visits SET seen = '2024-01-01 00:00:01' WHERE id = 7",
    ):
        server.execute(edit, "shop")
        project.ok("run")
        expected = [
            tuple(line.split("\t"))
            for line in server.execute(
                "SELECT id, IF(seen = '0000-00-00', 'none', seen), note FROM visits"
                " ORDER BY id",
                "shop",
            ).splitlines()
        ]
        sql = """SELECT id::VARCHAR, coalesce(strftime(seen, '%Y-%m-%d %H:%M:%S.%f'),
            'none'), note FROM raw.visits ORDER BY id"""
        assert project.warehouse(sql) == expected, edit
        rows = latest(project.path / "lake" / "visits", ["id"])
        assert len(rows) == len(expected), edit
        assert project.ok("verify", "--source"), edit


@pytest.mark.parametrize("key", ["PRIMARY KEY", ""])
def test_a_value_read_as_null_among_the_others_is_refused(new_project, server, key):
    project = new_project(
        TIMES.replace("PRIMARY KEY", key)
        + "SET sql_mode = ''; UPDATE visits SET seen = '2024-00-15' WHERE id = 3;",
        metadata(null_cursor="include"),
    )
    project.replace("    user:", '    zero_dates: "null"\n    user:')
    done = project.run("run")
    assert done.code == 1, done.text
    assert "1 rows have a cursor seen that is read as null" in told(done)
    assert not (project.path / "lake" / "visits" / "_delta_log").exists()
    server.execute("UPDATE visits SET seen = '2024-01-15' WHERE id = 3", "shop")
    project.ok("run")
    expect_alike(project, server, "visits", ["id"])


@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
def test_values_beyond_the_clock_do_not_move_the_watermark(new_project, server, strategy):
    project = new_project(TIMES, metadata(strategy))
    server.execute("UPDATE visits SET seen = '2150-05-05' WHERE id IN (1, 2)", "shop")
    done = project.ok("run", "--json")
    assert "lie beyond the server's clock" in told(done)
    assert done.json["tables"][0]["watermark"] == "2024-01-01 13:53:20.000000"
    for edit in (
        "INSERT INTO visits VALUES (51, '2024-02-01', 'new')",
        "DELETE FROM visits WHERE id = 1",
        "UPDATE visits SET seen = '2024-02-02', note = 'second' WHERE id = 2",
    ):
        server.execute(edit, "shop")
        project.ok("run")
        expect_alike(project, server, "visits", ["id"], edit)


def test_a_cursor_without_index_tells_what_a_run_costs(new_project, server):
    project = new_project(
        TIMES + "ALTER TABLE visits DROP INDEX seen; ANALYZE TABLE visits;", metadata()
    )
    project.ok("run")
    done = project.ok("run")
    assert "the cursor seen has no index: every run scans about 50 rows" in told(done)


@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
def test_a_view_is_followed_like_a_table(new_project, server, strategy):
    """Also by an account that may not see how the server would read it."""
    view = "CREATE VIEW visits AS SELECT id, seen, note FROM stored"
    settings = metadata(strategy, primary_key=["id"])
    project = new_project(TIMES.replace("visits", "stored") + view, settings)
    done = project.ok("run")
    assert "has no index: every run scans all of the table" in told(done)
    for edit in (
        "INSERT INTO stored VALUES (51, '2024-02-01', 'new')",
        "UPDATE stored SET seen = '2024-02-02', note = 'second' WHERE id = 2",
    ):
        server.execute(edit, "shop")
        assert project.ok("run", "--json").json["tables"][0]["strategy"] == "incremental"
        expect_alike(project, server, "visits", ["id"], edit)
    # Cutting it takes that right.
    settings["visits"] |= {"partition_on": "id", "partitions": 3}
    project.write("metadata/table_metadata.json", settings)
    done = project.run("run")
    assert done.code == 1, done.text
    rights = "SELECT, SHOW VIEW ON `shop`.`visits`"
    grant = f"GRANT {rights} TO 'reader'@'127.0.0.1'"
    assert grant in told(done)
    server.execute(grant)
    try:
        project.ok("run", "--full-refresh")
        expect_alike(project, server, "visits", ["id"])
    finally:
        server.execute(f"REVOKE {rights} FROM 'reader'@'127.0.0.1'")


@pytest.mark.parametrize(
    "column, lookback, words",
    [
        ("TIME", None, "column seen (duration[us]) cannot be a cursor"),
        ("VARCHAR(20)", "5m", "cannot be taken from the cursor seen, which is text"),
        ("DATETIME(6)", "500", "does not fit the cursor seen, which is a time"),
        ("INT", "5m", "does not fit the cursor seen, which is a number"),
    ],
)
def test_a_cursor_that_will_not_do_stops_its_own_table(
    new_project, server, column, lookback, words
):
    more = {} if lookback is None else {"lookback": lookback}
    project = new_project(
        TABLE.format(type=column, value="20240101 + seq % 9")
        + "CREATE TABLE customers (id INT PRIMARY KEY); INSERT INTO customers VALUES (1)",
        {**metadata(**more), "customers": {"load_strategy": "full"}},
    )
    done = project.run("run")
    assert done.code == 2, done.text
    assert words in told(done)
    assert project.warehouse("SELECT id FROM raw.customers") == [(1,)]


def test_text_and_no_lookback_are_warned_about(new_project, server):
    text = TABLE.format(
        type="VARCHAR(20) NOT NULL", value="concat('v', lpad(seq, 9, '0'))"
    )
    project = new_project(text, metadata())
    assert "the cursor seen is text" in told(project.ok("run"))
    project.write("metadata/table_metadata.json", metadata(lookback="0"))
    server.execute("DROP TABLE visits;" + TIMES, "shop")
    assert "lookback is 0" in told(project.ok("run"))


@pytest.mark.parametrize("key", ["PRIMARY KEY", ""])
def test_texts_are_in_the_order_of_the_source(new_project, server, key):
    """Where case is none of its business, E1 is later than c9."""
    table = f"CREATE TABLE visits (id INT {key}, seen VARCHAR(9) COLLATE utf8mb4_general_ci NOT NULL);"
    first = "INSERT INTO visits VALUES (1, 'a1'), (2, 'B2'), (3, 'c9'), (4, 'E1');"
    project = new_project(table + first, metadata())
    project.ok("run")
    for edit, watermark in (
        ("DELETE FROM visits WHERE id = 4", "E1"),
        ("INSERT INTO visits VALUES (5, 'f1')", "f1"),
        ("INSERT INTO visits VALUES (6, 'G1')", "G1"),
        ("UPDATE visits SET seen = 'h2' WHERE id = 6", "h2"),
        ("DELETE FROM visits WHERE id = 6", "h2"),
    ):
        server.execute(edit, "shop")
        done = project.ok("run", "--json")
        assert done.json["tables"][0]["watermark"] == watermark, edit
        assert ("rows were deleted or set back" in told(done)) == ("DELETE" in edit)
        expect_alike(project, server, "visits", ["id"] if key else [], edit)


def test_full_refresh_every_brings_what_no_cursor_tells(new_project, server):
    project = new_project(TIMES, metadata("hybrid", full_refresh_every="1d"))
    project.ok("run")
    server.execute("UPDATE visits SET note = 'silent' WHERE id = 5", "shop")
    first = project.ok("run", "--json").json["tables"][0]
    assert first["reason"] is None
    notes = "SELECT note FROM raw.visits WHERE id = 5"
    assert project.warehouse(notes) == [("first",)], "nothing told of the edit"
    project.write(
        "metadata/table_metadata.json", metadata("hybrid", full_refresh_every="1s")
    )
    time.sleep(1.1)
    table = project.ok("run", "--json").json["tables"][0]
    assert "full_refresh_every is due" in table["reason"]
    expect_alike(project, server, "visits", ["id"])


def test_status_counts_newest_versions_and_tells_the_watermark(new_project, server):
    project = new_project(TIMES, metadata(lookback="0"))
    project.ok("run")
    server.execute(
        "UPDATE visits SET seen = '2024-06-01 00:00:00.5', note = 'again' WHERE id < 5;"
        "INSERT INTO visits VALUES (900, '2024-06-01 00:00:01', 'new')",
        "shop",
    )
    project.ok("run")
    [table] = project.ok("status", "--json").json["tables"]
    ((count,),) = project.warehouse("SELECT count(*) FROM raw.visits")
    assert table["rows"] == table["warehouse_rows"] == count
    assert table["watermark"] == "2024-06-01 00:00:01.000000"
    assert "2024-06-01 00:00:01.000000" in project.ok("status").out


def test_status_says_which_rows_it_cannot_count(new_project, server):
    project = new_project(TIMES, metadata(lookback="0"))
    project.ok("run")
    server.execute("UPDATE visits SET seen = '2024-06-01' WHERE id < 5", "shop")
    project.ok("run")
    for file in (project.path / "lake" / "visits").glob("*.parquet"):
        file.unlink()
    status = project.ok("status", "--json").json
    assert status["tables"][0]["rows"] is None
    assert "the rows of visits cannot be counted" in status["warning"]
