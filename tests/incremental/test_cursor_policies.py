"""What is told of a cursor that is missing, ahead of time, text, unindexed or not looked back on."""

import time

import pytest
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


def test_text_and_no_lookback_are_warned_about(new_project, server):
    text = TABLE.format(
        type="VARCHAR(20) NOT NULL", value="concat('v', lpad(seq, 9, '0'))"
    )
    project = new_project(text, metadata())
    assert "the cursor seen is text" in told(project.ok("run"))
    project.write("metadata/table_metadata.json", metadata(lookback="0"))
    server.execute("DROP TABLE visits;" + TIMES, "shop")
    assert "lookback is 0" in told(project.ok("run"))


def test_full_refresh_every_brings_what_no_cursor_tells(new_project, server):
    project = new_project(TIMES, metadata("hybrid", full_refresh_every="4s"))
    began = time.monotonic()
    project.ok("run")
    server.execute("UPDATE visits SET note = 'silent' WHERE id = 5", "shop")
    first = project.ok("run", "--json").json["tables"][0]
    if time.monotonic() - began < 3:
        assert first["reason"] is None
        notes = "SELECT note FROM raw.visits WHERE id = 5"
        assert project.warehouse(notes) == [("first",)], "nothing told of the edit"
    time.sleep(max(0.0, began + 6 - time.monotonic()))
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
