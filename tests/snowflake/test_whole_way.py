"""MariaDB to a bucket to Snowflake, by the program."""

from datetime import date, datetime
from decimal import Decimal

import pytest

FIRST = [
    (1, "Ana", "10.50", "2024-01-01", "2024-01-01 10:00:00.000001"),
    (2, "João", None, "2024-01-02", "2024-01-02 10:00:00"),
    (3, "Zoë 🚢", "99999999.99", None, "2024-01-03 10:00:00"),
]


def plain(rows: list[tuple]) -> list[tuple]:
    return [tuple(None if cell is None else _cell(cell) for cell in row) for row in rows]


def _cell(value):
    return str(value) if isinstance(value, (date, datetime, Decimal)) else value


def tables(report: dict) -> dict[str, dict]:
    return {table["table"]: table for table in report["tables"]}


@pytest.fixture(params=["put", "stage"])
def way(request, project):
    project.replace("load: put", f"load: {request.param}")
    return project


def test_every_row_arrives_and_a_rerun_does_nothing(way, raw, service):
    report = way.ok("run", "--json").json
    assert report["status"] == "ok"
    assert {name: t["warehouse_rows"] for name, t in tables(report).items()} == {
        "orders": 3,
        "customers": 2,
    }
    assert plain(raw.orders()) == FIRST
    assert raw("SELECT NAME, EMAIL FROM RAW.CUSTOMERS ORDER BY 1") == [
        ("Ana", "ana@example.com"),
        ("João", None),
    ]
    before = raw.ledger()
    # A run without changes commits no version of what is loaded in full either.
    again = way.ok("load", "--json").json
    assert again["status"] == "ok"
    assert raw.ledger() == before


def test_a_rerun_of_the_load_copies_nothing(way, service):
    way.ok("run")
    service.reset()
    way.ok("load")
    statements = service.statements()
    assert statements
    assert not [sql for sql in statements if sql.startswith(("COPY", "PUT", "INSERT"))]


def test_changes_come_as_increments(way, raw, service, server):
    way.ok("run")
    server.execute(
        "UPDATE orders SET price = 1.25, updated = '2024-02-01' WHERE id = 1;"
        "INSERT INTO orders VALUES (4, 'Rui', 7, '2024-02-02', '2024-02-02 00:00:00')",
        "shop",
    )
    report = way.ok("run", "--json").json
    assert tables(report)["orders"]["strategy"] == "incremental"
    assert [(row[0], str(row[2])) for row in raw.orders()] == [
        (1, "1.25"),
        (2, "None"),
        (3, "99999999.99"),
        (4, "7.00"),
    ]
    assert raw.ledger()["orders"][1] == 4


def test_deletes_are_found_by_hybrid_loads(project, raw, server):
    metadata = "metadata/table_metadata.json"
    project.replace('"incremental"', '"hybrid"', metadata)
    project.ok("run")
    server.execute("DELETE FROM orders WHERE id = 2", "shop")
    report = project.ok("run", "--json").json
    assert tables(report)["orders"]["reason"]
    assert [row[0] for row in raw.orders()] == [1, 3]


def test_a_new_column_appears(project, raw, server):
    project.ok("run")
    server.execute(
        "ALTER TABLE customers ADD COLUMN age INT; UPDATE customers SET age = 40;"
        "ALTER TABLE orders ADD COLUMN note VARCHAR(10);"
        "INSERT INTO orders VALUES (5, 'Eva', 1, NULL, '2024-03-01 00:00:00', 'new')",
        "shop",
    )
    project.ok("run")
    assert raw("SELECT DISTINCT AGE FROM RAW.CUSTOMERS") == [(40,)]
    assert raw("SELECT NOTE FROM RAW.ORDERS WHERE ID = 5") == [("new",)]


def test_status_and_verify_know_the_warehouse(way, raw):
    way.ok("run")
    for table in way.ok("status", "--json").json["tables"]:
        assert table["warehouse_version"] == table["lake_version"]
        assert table["warehouse_rows"] == table["rows"]
    way.ok("verify")
    raw("UPDATE RAW.ORDERS SET PRICE = 11 WHERE ID = 1")
    done = way.run("verify")
    assert done.code == 1
    assert "orders" in done.text


def test_a_test_run_leaves_production_alone(way, raw):
    way.ok("run")
    before = raw.ledger(), raw.orders()
    way.ok("run", "--test-mode")
    assert (raw.ledger(), raw.orders()) == before
    assert raw.tables("RAW_TEST") == ["CUSTOMERS", "ORDERS"]


def test_statements_carry_run_and_table(project, service):
    report = project.ok("run", "--json").json
    tags = {
        entry["tag"]
        for entry in service.log("query")
        if entry["sql"].startswith("COPY INTO")
    }
    assert all(report["run_id"] in tag for tag in tags)
    assert {"orders" in tag for tag in tags} == {True, False}


def test_comments_come_along(project, raw):
    project.ok("run")
    assert raw(
        "SELECT COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW'"
        " AND TABLE_NAME = 'ORDERS'"
    ) == [("Orders of the shop",)]


def test_setup_makes_what_is_missing_and_nothing_twice(project, raw, service):
    project.ok("setup")
    service.reset()
    project.ok("setup")
    made = [sql for sql in service.statements() if sql.startswith("CREATE")]
    assert made == []
    project.ok("run")
    assert raw.tables() == ["CUSTOMERS", "ORDERS"]


def test_check_passes(way):
    way.ok("setup")
    report = way.ok("check", "--json")
    assert "FAILED" not in report.text


DBT = {
    "dbt/dbt_project.yml": """\
name: small
version: "1.0"
profile: keelboat
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
""",
    "dbt/models/per_customer.sql": """\
{{ config(materialized='incremental', unique_key='customer') }}
SELECT customer, COUNT(*) AS orders FROM raw.orders GROUP BY customer
""",
    "dbt/models/models.yml": """\
models:
  - name: per_customer
    columns:
      - name: customer
        data_tests: [unique, not_null]
""",
}


@pytest.fixture
def with_dbt(project):
    for name, text in DBT.items():
        project.write(name, text)
    yaml = project.path / "keelboat.yaml"
    yaml.write_text(yaml.read_text() + "dbt: {project: dbt}\n")
    return project


def test_dbt_builds_on_snowflake(with_dbt, raw, service):
    for _ in range(2):
        report = with_dbt.ok("run", "--json").json
        assert report["transform"]["status"] == "ok"
        assert (report["transform"]["models"], report["transform"]["tests"]) == (1, 2)
    assert raw("SELECT COUNT(*), SUM(ORDERS) FROM ANALYTICS.PER_CUSTOMER")[0][0] == 3
    tags = {e["tag"] for e in service.log("query") if "per_customer" in e["sql"].lower()}
    assert "keelboat dbt" in tags


def test_no_secret_is_on_the_disk(with_dbt, service):
    with_dbt.ok("run")
    with_dbt.ok("dbt", "--", "debug")
    for path in with_dbt.path.rglob("*"):
        if path.is_file():
            assert service.password.encode() not in path.read_bytes(), path


def test_dbt_debug_connects(with_dbt):
    with_dbt.ok("run")
    done = with_dbt.ok("dbt", "--", "debug")
    assert "All checks passed" in done.out
