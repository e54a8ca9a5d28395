"""verify --source: what changed at the source since is told from what is damaged."""

import json
from pathlib import Path

import pytest
from private_server import (
    PASSWORD,
    USER,
    Server,
    create_data_directory,
    private_server,
)
from shop_project import CUSTOMERS, shop_project

SHOP = """
CREATE TABLE visits (
  id INT UNSIGNED PRIMARY KEY, visitor VARCHAR(40), price DECIMAL(10,2), score DOUBLE,
  flag BIT(1), seen TIME(3), payload VARBINARY(20), born DATE,
  updated DATETIME(6) NOT NULL, KEY (updated));
INSERT INTO visits
  SELECT seq, CONCAT('Zoë ', seq), seq / 7, seq / 3, seq % 2, SEC_TO_TIME(seq),
         CONCAT('x', seq), DATE('2020-01-01') + INTERVAL seq DAY,
         '2024-01-01' + INTERVAL seq SECOND
  FROM seq_1_to_5000;
CREATE TABLE log (line VARCHAR(20)) COMMENT 'no key';
INSERT INTO log VALUES ('a'), ('a'), ('b'), (NULL);
"""
METADATA = {
    "visits": {"load_strategy": "incremental", "incremental_column": "updated"},
    "log": {"load_strategy": "full"},
    "customers": {"load_strategy": "full"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Keeps no binary log: nothing tells whether it changed."""
    with private_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory):
    """Keeps a binary log."""
    folder = tmp_path_factory.mktemp("mariadb-log")
    create_data_directory(folder / "data")
    settings = ("--log-bin=shop-bin", "--server-id=1")
    with Server(folder / "data", settings) as running:
        password = PASSWORD.replace("'", "''")
        running.execute(f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{password}'")
        yield running


def loaded(server, folder: Path):
    project = shop_project(server, folder / "shop", SHOP + CUSTOMERS, METADATA)
    project.ok("run")
    return project


@pytest.fixture
def project(server, tmp_path):
    return loaded(server, tmp_path)


def compare(project, table: str, code: int = 0) -> dict:
    """The source's part of the report on one table."""
    done = project.run("verify", "--source", "--json", table)
    assert done.code == code, done.text
    (one,) = done.json["tables"]
    assert one["error"] is None
    assert one["warehouse"]["status"] == "equal", one
    return one["source"]


def rows(project) -> list[dict]:
    """The evidence of the newest verification."""
    newest = max((project.path / "logs" / "verify").glob("*.json"))
    return json.loads(newest.read_text())["tables"][0]["source"]["rows"]


def counts(source: dict) -> tuple[int, int, int]:
    assert source["exact"] is True
    return source["added"], source["changed"], source["gone"]


def test_a_source_that_stood_still_is_equal(project):
    done = project.ok("verify", "--source")
    assert done.err.count("source equal") == 3
    for table, expected in (("visits", 5000), ("log", 4), ("customers", 2)):
        source = compare(project, table)
        assert source["status"] == "equal"
        assert source["source_rows"] == source["lake_rows"] == expected
        assert counts(source) == (0, 0, 0)
        assert rows(project) == []


def test_rows_that_came_changed_and_went(project, server):
    server.execute(
        "INSERT INTO visits (id, updated) VALUES (6000, NOW(6));"
        "UPDATE visits SET visitor = 'new', updated = NOW(6) WHERE id IN (4999, 7);"
        "DELETE FROM visits WHERE id = 5000",
        "shop",
    )
    source = compare(project, "visits")
    assert source["status"] == "changed_since"
    assert counts(source) == (1, 2, 1)
    assert source["behind_cursor"] == 0
    assert source["unexplained"] == 0
    assert "the lake is intact" in source["note"]
    text = "\n".join(source["findings"])
    assert "id = '6000'" in text
    assert "visitor is 'Zoë 4999' in the lake and 'new' at the source" in text
    assert "only in the lake: id = '5000'" in text
    assert {row["row"]["id"] for row in rows(project)} == {"6000", "4999", "7", "5000"}
    project.ok("run")
    assert compare(project, "visits")["status"] == "equal"


def test_a_change_that_left_the_cursor_where_it_was(project, server):
    server.execute(
        "UPDATE visits SET price = 0.01 WHERE id = 1;"
        "DELETE FROM visits WHERE id = 2;"
        "INSERT INTO visits (id, updated) VALUES (7000, '2023-01-01')",
        "shop",
    )
    for _ in range(2):
        source = compare(project, "visits")
        assert source["status"] == "changed_since"
        assert counts(source) == (1, 1, 1)
        assert source["behind_cursor"] == 3
        assert "3 rows of that below updated" in source["note"]
        assert "--full-refresh" in source["note"]
        project.ok("run")
    project.ok("run", "--full-refresh")
    assert compare(project, "visits")["status"] == "equal"


def test_a_table_without_a_key_is_compared_row_by_row(project, server):
    server.execute("DELETE FROM log WHERE line = 'a' LIMIT 1", "shop")
    server.execute("INSERT INTO log VALUES ('b'), (NULL)", "shop")
    source = compare(project, "log")
    assert source["status"] == "changed_since"
    assert counts(source) == (2, 0, 1)


def test_a_history_of_increments_is_equal(project, server):
    for statement in (
        "UPDATE visits SET visitor = 'a', updated = NOW(6) WHERE id < 100",
        "UPDATE visits SET visitor = 'b', updated = NOW(6) - INTERVAL 1 MINUTE WHERE id < 50;"
        "DELETE FROM visits WHERE id BETWEEN 60 AND 70",
        "INSERT INTO visits (id, updated) SELECT seq, NOW(6) FROM seq_8000_to_9000",
    ):
        server.execute(statement, "shop")
        project.ok("run")
        source = compare(project, "visits")
        assert source["status"] == "equal", source
    assert source["lake_rows"] == 5000 - 11 + 1001


def test_filter_masks_and_quarantine_are_those_of_the_load(project, server):
    project.write(
        "metadata/table_metadata.json",
        {
            "visits": METADATA["visits"] | {"where": "id <> 3", "exclude": ["payload"]},
            "customers": METADATA["customers"],
        },
    )
    project.write(
        "schema/visits.json",
        {
            "type": "object",
            "x-on-violation": "quarantine",
            "properties": {
                "price": {"type": ["number", "null"], "maximum": 700},
                "visitor": {"type": ["string", "null"], "x-mask": "partial"},
            },
        },
    )
    project.ok("run")
    source = compare(project, "visits")
    assert source["status"] == "equal"
    assert source["lake_rows"] == source["source_rows"] == 4899
    # Its newest version breaks the contract; the lake keeps the one before.
    server.execute("UPDATE visits SET price = 999, updated = NOW(6) WHERE id = 1", "shop")
    server.execute(
        "UPDATE visits SET visitor = 'secret', updated = NOW(6) WHERE id = 2", "shop"
    )
    source = compare(project, "visits")
    assert counts(source) == (0, 1, 0)
    kept = json.dumps(rows(project), ensure_ascii=False)
    assert "s****t" in kept
    assert "secret" not in kept
    project.ok("run")
    assert compare(project, "visits")["status"] == "equal"
    project.write("schema/visits.json", {"type": "object", "properties": {}})
    assert compare(project, "visits")["status"] == "not_compared"


def test_columns_come_and_go(project, server):
    server.execute("ALTER TABLE visits ADD extra INT, DROP score", "shop")
    source = compare(project, "visits")
    assert source["status"] == "equal"
    assert "new column 'extra'" in source["note"]
    assert "no column 'score'" in source["note"]
    server.execute("DROP TABLE log", "shop")
    source = compare(project, "log")
    assert source["status"] == "changed_since"
    assert "no such table" in source["note"]


def test_the_lake_is_damaged_and_the_source_shows_what(project):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (file,) = (project.path / "lake" / "customers").glob("*.parquet")
    table = pq.read_table(file)
    emails = pa.array(["other@example.com", None], table["email"].type)
    pq.write_table(table.set_column(1, "email", emails), file)
    done = project.run("verify", "--source", "--json", "customers")
    assert done.code == 1
    source = done.json["tables"][0]["source"]
    assert source["status"] == "damaged"
    assert counts(source) == (0, 1, 0)
    assert "email is 'other@example.com' in the lake" in source["findings"][0]
    file.unlink()
    done = project.run("verify", "--source", "--json", "customers")
    source = done.json["tables"][0]["source"]
    assert source["status"] == "not_compared"
    assert "the lake's files are damaged" in source["note"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO visits (id, updated) VALUES (7000, '2023-01-01')",
        "UPDATE visits SET visitor = 'x' WHERE id = 17",
        "DELETE FROM visits WHERE id = 17",
    ],
    ids=["lost", "altered", "doubled"],
)
def test_a_loss_on_the_way_shows_where_the_log_stood_still(
    logging_server, tmp_path, statement
):
    """Changed behind the log's back, the source seems to be what was read otherwise."""
    project = loaded(logging_server, tmp_path)
    source = compare(project, "visits")
    assert source["status"] == "equal"
    assert source["stands_at"].startswith("shop-bin.")
    logging_server.execute(f"SET sql_log_bin = 0; {statement}", "shop")
    source = compare(project, "visits", code=1)
    assert source["status"] == "damaged"
    assert source["unexplained"] == sum(counts(source)) == 1
    assert "cannot come from a change at the source" in source["note"]
    # Once the log goes on nobody can tell any more.
    logging_server.execute("INSERT INTO log VALUES ('c')", "shop")
    assert compare(project, "visits")["status"] == "changed_since"


def test_an_increment_answers_only_for_its_window(logging_server, tmp_path):
    project = loaded(logging_server, tmp_path)
    logging_server.execute(
        "UPDATE visits SET visitor = 'x' WHERE id = 17;"
        "INSERT INTO visits (id, updated) VALUES (7000, NOW(6))",
        "shop",
    )
    project.ok("run")
    source = compare(project, "visits")
    assert source["status"] == "changed_since"
    assert counts(source) == (0, 1, 0)
    assert source["behind_cursor"] == 1
    logging_server.execute(
        "SET sql_log_bin = 0; UPDATE visits SET visitor = 'y' WHERE id = 7000", "shop"
    )
    source = compare(project, "visits", code=1)
    assert source["status"] == "damaged"
    assert source["unexplained"] == 1


def test_the_source_is_away(project):
    project.variables["MYSQL_PORT"] = "1"
    done = project.run("verify", "--source", "--json", "visits")
    assert done.code == 3
    (table,) = done.json["tables"]
    assert table["status"] == "failed"
    assert table["lake"]["status"] == "intact"
    assert table["warehouse"]["status"] == "equal"
    assert "127.0.0.1:1" in table["error"]
