"""Fixtures: a server for the module, and a project over two small tables for the test."""

import pytest
from private_server import private_server
from project_folder import ProjectFolder
from shop_project import CUSTOMERS, shop_project

_ORDERS = """
CREATE TABLE orders (
  id INT PRIMARY KEY, customer VARCHAR(40) NOT NULL, price DECIMAL(10,2), day DATE,
  updated DATETIME(6) NOT NULL, KEY (updated)) COMMENT 'What was bought';
INSERT INTO orders VALUES
  (1, 'Ana', 10.50, '2024-01-01', '2024-01-01 10:00:00.000001'),
  (2, 'João', NULL, '2024-01-02', '2024-01-02 10:00:00'),
  (3, 'Zoë 🚢', 99999999.99, NULL, '2024-01-03 10:00:00');
"""

_METADATA = {
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
    return shop_project(server, tmp_path / "shop", _ORDERS + CUSTOMERS, _METADATA)
