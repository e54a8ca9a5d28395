"""What is told of a cursor that is ahead of time or has no index, and what becomes of its rows."""

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
