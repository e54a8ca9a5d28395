"""A shop whose table of visits takes a while to move, and what must hold of it."""

from deltalake import DeltaTable
from project_folder import ProjectFolder
from shop_project import CUSTOMERS

# visits: every row has text that does not compress, so that files are as big as they look.
_VISITS_TABLE = """
CREATE TABLE visits (
  id INT PRIMARY KEY, token CHAR(128) NOT NULL, seen DATETIME NOT NULL, KEY (seen));
INSERT INTO visits SELECT seq, concat(md5(seq), md5(seq + 0.1), md5(seq + 0.2),
  md5(seq + 0.3)), '2024-01-01' + INTERVAL seq SECOND FROM seq_1_to_100000;
"""
SHOP = _VISITS_TABLE + CUSTOMERS
VISITS = 100_000

METADATA = {
    "visits": {"load_strategy": "full", "description": "Page views"},
    "customers": {"load_strategy": "full", "description": "Who buys"},
}

# The cursor's window of late rows is read again, so every run has something to do.
INCREMENTAL = {
    **METADATA,
    "visits": {
        **METADATA["visits"],
        "load_strategy": "incremental",
        "incremental_column": "seen",
        "lookback": "6h",
    },
}


def expect_visits(project: ProjectFolder, count: int) -> None:
    """Lake and warehouse hold the visits 1 to `count`, each once and alike."""
    lake = project.lake("visits").select(["id", "token", "seen"]).sort_by("id")
    rows = list(zip(*[column.to_pylist() for column in lake.columns], strict=True))
    assert [row[0] for row in rows] == list(range(1, count + 1))
    sql = "SELECT id, token, seen FROM raw.visits ORDER BY id"
    assert project.warehouse(sql) == rows


def expect_no_orphans(project: ProjectFolder) -> None:
    """After a vacuum: no file in the lake that its tables do not know."""
    for table in ("visits", "customers"):
        folder = project.path / "lake" / table
        known = {uri.rpartition("/")[2] for uri in DeltaTable(folder).file_uris()}
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {f.name for f in files if "_delta_log" not in f.parts} == known
        log = {f.name for f in files if "_delta_log" in f.parts}
        commits = {name for name in log if name.endswith(".json")}
        assert all(
            "checkpoint" in name and "tmp" not in name for name in log - commits
        ), log
