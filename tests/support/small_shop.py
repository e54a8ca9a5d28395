"""A shop of two small tables at a private server, and a project that moves it."""

from pathlib import Path

from private_server import new_database
from project_folder import ProjectFolder

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


def small_shop(server, folder: Path) -> ProjectFolder:
    """A project without dbt over a fresh database `shop`; no contracts yet."""
    project = ProjectFolder(folder)
    project.path.mkdir(parents=True)
    project.variables = new_database(server, "shop", SHOP)
    project.write("keelboat.yaml", YAML)
    project.write("metadata/table_metadata.json", METADATA)
    (project.path / "schema").mkdir()
    return project
