"""A long first load is committed in slices, in the order of its cursor."""

from latest import configuration, live_files
from shop_project import shop_project

# A slice has about four million rows.
EVENTS = 4_500_000
TABLE = f"""
CREATE TABLE events (id INT PRIMARY KEY, kind SMALLINT NOT NULL);
INSERT INTO events SELECT seq, seq % 1000 FROM seq_1_to_{EVENTS};
ANALYZE TABLE events;
"""
METADATA = {
    "events": {
        "load_strategy": "incremental",
        "incremental_column": "id",
        "description": "Events",
    }
}
FIRST_COMMIT = "events/_delta_log/00000000000000000000.json"


def test_a_crash_loses_at_most_one_slice(server, tmp_path):
    project = shop_project(server, tmp_path / "shop", TABLE, METADATA)
    plan = project.ok("plan", "--json").json["tables"][0]
    assert {part["slice"] for part in plan["partitions"]} == {0, 1}
    project.die("after " + FIRST_COMMIT, "run")
    lake = project.path / "lake" / "events"
    before = {add["path"] for add in live_files(lake)}
    first = project.lake("events").column("id").to_pylist()
    watermark = int(configuration(lake)["keelboat.watermark"])
    # The beginning of the table without a gap; readers may use it already.
    assert sorted(first) == list(range(1, watermark))
    assert 500_000 < len(first) < EVENTS - 500_000

    table = project.ok("run", "--json").json["tables"][0]
    assert table["strategy"] == "incremental"
    assert table["rows"] < EVENTS - len(first) + 20_000, "only the rest is read"
    after = {add["path"] for add in live_files(lake)}
    assert before & after, "files of the slice that was committed stay"
    expected = [(EVENTS, EVENTS, EVENTS * (EVENTS + 1) // 2)]
    totals = "SELECT count(*), count(DISTINCT id), sum(id)::BIGINT FROM raw.events"
    assert project.warehouse(totals) == expected
    ids = project.lake("events").column("id")
    assert len(ids) == EVENTS == len(ids.unique())
