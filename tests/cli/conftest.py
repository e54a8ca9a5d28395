"""Fixtures of the command line's tests: a server for the module, a project for the test."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from private_server import new_database, private_server  # noqa: E402
from project_folder import ProjectFolder  # noqa: E402

SHOP = """
CREATE TABLE orders (
  id INT PRIMARY KEY, customer VARCHAR(40) NOT NULL, price DECIMAL(10,2), day DATE,
  updated DATETIME(6) NOT NULL, KEY (updated)) COMMENT 'What was bought';
INSERT INTO orders VALUES
  (1, 'Ana', 10.50, '2024-01-01', '2024-01-01 10:00:00.000001'),
  (2, 'João', NULL, '2024-01-02', '2024-01-02 10:00:00'),
  (3, 'Zoë 🚢', 99999999.99, NULL, '2024-01-03 10:00:00');
CREATE TABLE customers (name VARCHAR(40) PRIMARY KEY, email VARCHAR(80));
INSERT INTO customers VALUES ('Ana', 'ana@example.com'), ('João', NULL);
"""

YAML = """\
name: shop
sources:
  shop:
    type: mysql
    host: ${MYSQL_HOST}
    port: ${MYSQL_PORT}
    user: ${MYSQL_USER}
    password: ${MYSQL_PASSWORD}
    database: ${MYSQL_DATABASE}
tables: {from: shop, metadata: metadata/table_metadata.json, contracts: schema/}
lake: {url: ./lake}
warehouse: {type: duckdb, path: warehouse.duckdb}
"""

METADATA = {
    "orders": {
        "load_strategy": "incremental",
        "incremental_column": "updated",
        "description": "Orders of the shop",
    },
    "customers": {"load_strategy": "full", "description": "Who buys"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture
def project(server, tmp_path) -> ProjectFolder:
    """A small project over two tables, without dbt."""
    folder = ProjectFolder(tmp_path / "shop")
    folder.path.mkdir()
    folder.variables = new_database(server, "shop", SHOP)
    folder.write("keelboat.yaml", YAML)
    folder.write("metadata/table_metadata.json", METADATA)
    (folder.path / "schema").mkdir()
    return folder
