"""The whole way from a real MySQL 5.6: full, incremental and hybrid loads, every row."""

import pytest
from mysql56_server import mysql56_server
from shop_project import shop_project

_SQL = """
CREATE TABLE customers (name VARCHAR(40) PRIMARY KEY, email VARCHAR(80)) COMMENT 'Who buys';
INSERT INTO customers VALUES ('Ana', 'ana@example.com'), ('João', NULL), ('Zoë 🚢', '');
CREATE TABLE orders (
  id BIGINT UNSIGNED PRIMARY KEY, customer VARCHAR(40) NOT NULL, price DECIMAL(10,2),
  day DATE, updated DATETIME(6) NULL, KEY (updated));
INSERT INTO orders VALUES
  (1, 'Ana', 10.50, '2024-01-01', '2024-01-01 10:00:00.000001'),
  (2, 'João', NULL, '2024-01-02', '2024-01-02 10:00:00.000009'),
  (18446744073709551615, 'Zoë 🚢', 99999999.99, NULL, '2024-01-02 10:00:00.000009');
CREATE TABLE visits LIKE orders;
INSERT INTO visits SELECT * FROM orders;
INSERT INTO visits VALUES (4, 'Ana', 0.01, '2024-01-04', NULL);
"""

_CHANGES = """
INSERT INTO orders VALUES (5, 'Bia', 5, '2024-02-01', '2024-01-02 10:00:00.000009'),
  (6, 'Bia', 6, '2024-02-01', '2024-02-02 10:00:00.000001');
UPDATE orders SET price = 11, updated = '2024-02-02 10:00:00.000001' WHERE id = 1;
DELETE FROM visits WHERE id = 2;
INSERT INTO visits SELECT * FROM orders WHERE id > 4 AND id < 7;
UPDATE visits SET price = 12, updated = '2024-02-02 10:00:00.000001' WHERE id = 1;
DELETE FROM customers WHERE name = 'Ana';
"""

_METADATA = {
    "customers": {"load_strategy": "full", "description": "Who buys"},
    "orders": {
        "load_strategy": "incremental",
        "incremental_column": "updated",
        "description": "Orders of the shop",
    },
    "visits": {
        "load_strategy": "hybrid",
        "incremental_column": "updated",
        "null_cursor": "include",
        "description": "Visits",
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with mysql56_server(
        tmp_path_factory.mktemp("mysql56"),
        "--server-id=1",
        "--log-bin=binlog",
        "--log-slave-updates",
        "--gtid-mode=ON",
        "--enforce-gtid-consistency",
    ) as running:
        yield running


def source_rows(server, table: str) -> list[str]:
    rows = server.execute(
        f"SELECT CONCAT_WS('|', id, customer, IFNULL(price, 'null'), IFNULL(day, 'null'),"
        f" IFNULL(updated, 'null')) FROM {table} ORDER BY id",
        "shop",
    )
    return rows.splitlines()


def warehouse_rows(project, table: str) -> list[str]:
    rows = project.warehouse(
        "SELECT concat_ws('|', id, customer, coalesce(price::VARCHAR, 'null'),"
        " coalesce(day::VARCHAR, 'null'),"
        " coalesce(strftime(updated, '%Y-%m-%d %H:%M:%S.%f'), 'null'))"
        f" FROM raw.{table} ORDER BY id"
    )
    return [row[0] for row in rows]


def run(project) -> dict[str, dict]:
    report = project.ok("run", "--json").json
    return {table["table"]: table for table in report["tables"]}


def test_every_strategy_brings_the_warehouse_to_the_source(server, tmp_path):
    project = shop_project(server, tmp_path / "shop", _SQL, _METADATA)
    first = run(project)
    assert {table["status"] for table in first.values()} == {"ok"}
    assert {table["snapshot"] for table in first.values()} == {"snapshot"}
    for table in ("orders", "visits"):
        assert warehouse_rows(project, table) == source_rows(server, table)
    server.execute(_CHANGES, "shop")
    second = run(project)
    assert {name: table["strategy"] for name, table in second.items()} == {
        "customers": "full",
        "orders": "incremental",
        "visits": "incremental",  # the key checksum proves that it suffices
    }
    assert second["orders"]["watermark"] == "2024-02-02 10:00:00.000001"
    for table in ("orders", "visits"):
        assert warehouse_rows(project, table) == source_rows(server, table)
    assert project.warehouse("SELECT name, email FROM raw.customers ORDER BY name") == [
        ("João", None),
        ("Zoë 🚢", ""),
    ]
    # Nothing changed: nothing is lost or doubled.
    run(project)
    assert warehouse_rows(project, "orders") == source_rows(server, "orders")
