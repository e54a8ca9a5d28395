"""optimize: many small files become few, and no row changes."""

from private_server import new_database
from project_folder import ProjectFolder

ROWS = 3_000


def sliced(project: ProjectFolder, server, settings: dict) -> ProjectFolder:
    """A table that is read in several pieces, each a file of its own."""
    project.variables |= new_database(
        server,
        "shop",
        "CREATE TABLE visits (id INT PRIMARY KEY, page VARCHAR(20), at DATETIME(6));"
        "INSERT INTO visits SELECT seq, concat('page', seq % 7),"
        f" '2024-01-01' + INTERVAL seq SECOND FROM seq_1_to_{ROWS};",
    )
    project.write(
        "metadata/table_metadata.json", {"visits": {"partitions": 6, **settings}}
    )
    return project


def visits(project: ProjectFolder) -> list[tuple]:
    return sorted(tuple(row.values()) for row in project.lake("visits").to_pylist())


def test_small_files_become_one(project, server):
    sliced(project, server, {"load_strategy": "full"})
    first = project.ok("run", "--json").json["tables"][0]
    assert first["files"] > 1
    before = visits(project)
    done = project.ok("optimize", "--json").json["tables"][0]
    assert done["files_before"] == first["files"]
    assert done["files_after"] == 1
    assert done["lake_version"] == 1
    assert visits(project) == before
    again = project.ok("optimize", "visits", "--json").json["tables"][0]
    assert again["lake_version"] is None
    project.ok("verify")
    # The warehouse is brought to the new version, and has the same rows.
    loaded = project.ok("load", "--json").json["tables"][0]
    assert loaded["lake_version"] == 1
    assert project.warehouse("SELECT count(*), sum(id) FROM raw.visits") == [
        (ROWS, ROWS * (ROWS + 1) // 2)
    ]
    project.ok("vacuum", "--older-than", "0d")
    assert visits(project) == before
    project.ok("verify")


def test_increments_go_on_after_it(project, server):
    sliced(project, server, {"load_strategy": "incremental", "incremental_column": "at"})
    project.ok("run")
    for number in (1, 2):
        server.execute(
            f"INSERT INTO visits VALUES ({ROWS + number}, 'new', '2024-02-0{number}');"
            f"UPDATE visits SET page = 'seen', at = '2024-02-0{number}' WHERE id = {number};",
            "shop",
        )
        project.ok("optimize")
        table = project.ok("run", "--json").json["tables"][0]
        assert table["strategy"] == "incremental"
        assert table["warehouse_rows"] == ROWS + number
    assert project.warehouse("SELECT count(*) FROM raw.visits WHERE page = 'seen'") == [
        (2,)
    ]
    project.ok("verify", "--source")


def test_a_table_that_is_not_there_is_named(project):
    project.ok("extract")
    done = project.run("optimize", "order")
    assert done.code == 2
    assert "did you mean 'orders'" in done.text
