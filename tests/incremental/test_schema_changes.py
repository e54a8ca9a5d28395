"""The source's tables change between two runs: lake and warehouse follow, or nothing moves."""

import pytest
from deltalake import DeltaTable
from latest import configuration
from three_ways import expect_alike, source_rows, told

TABLE = """
CREATE TABLE items (
  id INT NOT NULL, part INT NOT NULL, name VARCHAR(20) NOT NULL, price DECIMAL(8,2), stock INT,
  edited DATETIME(6) NOT NULL, PRIMARY KEY (id), KEY (edited));
INSERT INTO items SELECT seq, seq % 5, concat('item ', seq), seq / 3, seq * 10,
  '2024-01-01' + INTERVAL seq MINUTE FROM seq_1_to_100;
"""

# What happens to the table between two runs. Rows 90 and on lie in the open tail.
CHANGES = {
    "added": """
        ALTER TABLE items ADD COLUMN colour VARCHAR(10);
        UPDATE items SET colour = 'red', edited = '2024-01-01 02:00:00' WHERE id > 95;""",
    "added in the middle": """
        ALTER TABLE items ADD COLUMN colour VARCHAR(10) AFTER id;
        INSERT INTO items VALUES (101, 'red', 1, 'new', 1, 1, '2024-01-01 02:00:00');""",
    "int to bigint": """
        ALTER TABLE items MODIFY stock BIGINT;
        INSERT INTO items VALUES
          (101, 1, 'new', 1, 9223372036854775807, '2024-01-01 02:00:00');""",
    "longer text": """
        ALTER TABLE items MODIFY name VARCHAR(200) NOT NULL;
        INSERT INTO items VALUES (101, 1, repeat('x', 200), 1, 1, '2024-01-01 02:00:00');""",
    "wider decimal": """
        ALTER TABLE items MODIFY price DECIMAL(30,4);
        INSERT INTO items VALUES
          (101, 1, 'new', 12345678901234567890.1234, 1, '2024-01-01 02:00:00');""",
    "nullable": """
        ALTER TABLE items MODIFY name VARCHAR(20);
        INSERT INTO items VALUES (101, 1, NULL, 1, 1, '2024-01-01 02:00:00');""",
    "dropped": "ALTER TABLE items DROP COLUMN stock;",
    "renamed": "ALTER TABLE items CHANGE stock on_hand INT;",
    "retyped": """
        ALTER TABLE items MODIFY stock VARCHAR(20);
        UPDATE items SET stock = 'none', edited = '2024-01-01 02:00:00' WHERE id = 7;""",
    "key changed": """
        ALTER TABLE items DROP PRIMARY KEY, ADD PRIMARY KEY (id, part);
        INSERT INTO items VALUES (100, 77, 'new', 1, 1, '2024-01-01 02:00:00');""",
    "key gone": """
        ALTER TABLE items DROP PRIMARY KEY;
        INSERT INTO items VALUES (100, 0, 'twin', 1, 1, '2024-01-01 02:00:00');""",
    "recreated": """
        DROP TABLE items;
        CREATE TABLE items (
          code VARCHAR(10) NOT NULL PRIMARY KEY, edited DATETIME(6) NOT NULL, KEY (edited));
        INSERT INTO items VALUES ('a', '2024-03-01'), ('b', '2024-03-02');""",
    "recreated alike": """
        CREATE TABLE other LIKE items;
        INSERT INTO other SELECT id + 1000, part, name, price, stock, edited FROM items
          WHERE id % 2;
        DROP TABLE items;
        RENAME TABLE other TO items;""",
    "cursor retyped": "ALTER TABLE items MODIFY edited DATETIME(3) NOT NULL;",
}
# An increment cannot see that rows before its window are others now.
UNSEEN = {("incremental", "recreated alike")}
KEYS = {
    "key changed": ["id", "part"],
    "key gone": [],
    "recreated": ["code"],
}


def metadata(strategy: str, **more) -> dict:
    table = {"load_strategy": strategy, "description": "Items", **more}
    if strategy != "full":
        table["incremental_column"] = "edited"
    return {"items": table}


def lake_folder(project):
    return project.path / "lake" / "items"


def version(project) -> int:
    return DeltaTable(str(lake_folder(project))).version()


@pytest.mark.parametrize("strategy", ["full", "incremental", "hybrid"])
@pytest.mark.parametrize("change", CHANGES)
def test_lake_and_warehouse_follow(new_project, server, strategy, change):
    project = new_project(TABLE, metadata(strategy))
    project.ok("run")
    before = DeltaTable(str(lake_folder(project))).to_pyarrow_table().sort_by("id")
    server.execute(CHANGES[change], "shop")
    if (strategy, change) in UNSEEN:
        project.ok("run")
        # Told by nobody, so it takes a refresh.
        done = project.ok("run", "--full-refresh", "--json")
    else:
        done = project.ok("run", "--json")
    table = done.json["tables"][0]
    expect_alike(project, server, "items", KEYS.get(change, ["id"]), table)
    names, _ = source_rows(server, "items")
    newest = DeltaTable(str(lake_folder(project)))
    assert sorted(field.name for field in newest.schema().fields) == sorted(names)
    # Who reads the version before sees what was there.
    old = DeltaTable(str(lake_folder(project)), version=0).to_pyarrow_table()
    assert old.sort_by("id") == before
    # And it goes on from there.
    if "edited" in names and strategy != "full":
        again = project.ok("run", "--json").json["tables"][0]
        expect_alike(project, server, "items", KEYS.get(change, ["id"]), again)


@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
def test_a_cursor_that_is_gone_is_a_configuration_error(new_project, server, strategy):
    project = new_project(TABLE, metadata(strategy))
    project.ok("run")
    server.execute("ALTER TABLE items CHANGE edited changed DATETIME(6) NOT NULL", "shop")
    done = project.run("run")
    assert done.code == 2, done.text
    assert "incremental_column" in told(done) and "edited" in told(done)
    assert version(project) == 0
    assert project.warehouse("SELECT count(*) FROM raw.items") == [(100,)]


@pytest.mark.parametrize("strategy", ["full", "incremental", "hybrid"])
@pytest.mark.parametrize(
    "policy, change",
    [("fail", name) for name in ("added", "int to bigint", "dropped", "renamed")]
    + [("freeze", name) for name in ("int to bigint", "dropped", "renamed", "retyped")],
)
def test_a_policy_forbids_the_change(new_project, server, strategy, policy, change):
    project = new_project(TABLE, metadata(strategy, schema_change=policy))
    project.ok("run")
    loaded = project.warehouse("SELECT * FROM raw.items ORDER BY id")
    files = sorted(lake_folder(project).rglob("*"))
    server.execute(CHANGES[change], "shop")
    done = project.run("run")
    assert done.code == 4, done.text
    refused = project.records()[0]["tables"][0]["error"]
    assert f"schema_change is {policy}" in refused
    assert "set schema_change to evolve" in refused
    assert sorted(lake_folder(project).rglob("*")) == files, "nothing is published"
    assert project.warehouse("SELECT * FROM raw.items ORDER BY id") == loaded
    # What the error says to do works.
    project.write("metadata/table_metadata.json", metadata(strategy))
    project.ok("run")
    expect_alike(project, server, "items", ["id"])


@pytest.mark.parametrize("strategy", ["full", "incremental", "hybrid"])
def test_freeze_leaves_new_columns_out(new_project, server, strategy):
    project = new_project(TABLE, metadata(strategy, schema_change="freeze"))
    project.ok("run")
    server.execute(CHANGES["added"], "shop")
    done = project.ok("run")
    assert "new columns are left out: colour" in told(done)
    names = [
        field.name for field in DeltaTable(str(lake_folder(project))).schema().fields
    ]
    assert "colour" not in names
    server.execute("ALTER TABLE items DROP COLUMN colour", "shop")
    project.ok("run")
    expect_alike(project, server, "items", ["id"])


def test_an_increment_says_what_a_new_column_lacks(new_project, server):
    project = new_project(TABLE, metadata("incremental"))
    project.ok("run")
    server.execute(
        "ALTER TABLE items ADD COLUMN colour VARCHAR(10) DEFAULT 'blue'", "shop"
    )
    done = project.ok("run")
    assert "added colour: rows loaded before have no value there" in told(done)
    assert "--full-refresh" in told(done)
    assert configuration(lake_folder(project))["keelboat.base_version"] == "0"
    colours = dict(project.warehouse("SELECT colour, count(*) FROM raw.items GROUP BY 1"))
    assert set(colours) == {None, "blue"}
    project.ok("run", "--full-refresh")
    expect_alike(project, server, "items", ["id"])
