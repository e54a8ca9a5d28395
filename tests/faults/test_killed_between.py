"""kill -9 exactly between the steps of a run: data files, commit, warehouse."""

import pytest
from visits_shop import INCREMENTAL, METADATA, VISITS, expect_no_orphans, expect_visits

MORE = 1_000
_ADD = (
    "INSERT INTO visits SELECT seq, md5(seq), '2024-01-01' + INTERVAL seq SECOND"
    f" FROM seq_{VISITS + 1}_to_{VISITS + MORE}"
)
BEFORE_THE_FILE = "before /visits/part-"
AFTER_THE_FILE = "after /visits/part-"
BEFORE_THE_COMMIT = "before /visits/_delta_log/"
AFTER_THE_COMMIT = "after /visits/_delta_log/"
MOMENTS = [BEFORE_THE_FILE, AFTER_THE_FILE, BEFORE_THE_COMMIT, AFTER_THE_COMMIT]


def lake_rows(project) -> int | None:
    log = project.path / "lake" / "visits" / "_delta_log"
    committed = (log / f"{0:020}.json").exists()
    return project.lake("visits").num_rows if committed else None


def warehouse_rows(project) -> int | None:
    if not (project.path / "warehouse.duckdb").exists():
        return None
    found = project.warehouse(
        "SELECT estimated_size FROM duckdb_tables() WHERE table_name = 'visits'"
    )
    return project.warehouse("SELECT count(*) FROM raw.visits")[0][0] if found else None


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_the_first_run(project, moment):
    project.die(moment, "run")
    assert lake_rows(project) == (VISITS if moment == AFTER_THE_COMMIT else None)
    assert warehouse_rows(project) is None
    assert project.ok("history", "--json").json["runs"][0]["status"] == "died"
    project.ok("run")
    expect_visits(project, VISITS)
    project.ok("vacuum", "--older-than", "0s")
    expect_no_orphans(project)
    expect_visits(project, VISITS)


@pytest.mark.parametrize("metadata", [METADATA, INCREMENTAL], ids=["full", "incremental"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_a_later_run(project, server, metadata, moment):
    project.write("metadata/table_metadata.json", metadata)
    project.ok("run")
    server.execute(_ADD, "shop")
    project.die(moment, "run")
    committed = moment == AFTER_THE_COMMIT
    assert lake_rows(project) == (VISITS + MORE if committed else VISITS)
    assert warehouse_rows(project) == VISITS
    tables = {t["table"]: t for t in project.ok("status", "--json").json["tables"]}
    visits = tables["visits"]
    assert (visits["warehouse_version"] < visits["lake_version"]) == committed
    if committed:
        # Only the load is missing.
        project.ok("load")
        expect_visits(project, VISITS + MORE)
    project.ok("run")
    expect_visits(project, VISITS + MORE)
    project.ok("vacuum", "--older-than", "0s")
    expect_no_orphans(project)
    expect_visits(project, VISITS + MORE)
