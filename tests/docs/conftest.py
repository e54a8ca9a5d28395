"""Fixtures of the documentation's tests: a server with the shop that the pages speak of."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "support", HERE.parents[1] / "scripts"):
    sys.path.append(str(folder))

from private_server import new_database, private_server  # noqa: E402

SHOP = """
CREATE TABLE customers (
  customer_id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, email VARCHAR(80));
INSERT INTO customers VALUES (1, 'Ana', 'ana@example.com'), (2, 'João', NULL);
CREATE TABLE orders (
  order_id BIGINT UNSIGNED PRIMARY KEY, customer_id INT NOT NULL, price DECIMAL(10,2),
  updated_at DATETIME(6) NOT NULL, KEY (updated_at),
  FOREIGN KEY (customer_id) REFERENCES customers (customer_id));
INSERT INTO orders VALUES
  (1, 1, 10.50, '2024-01-01 10:00:00.000001'), (2, 1, NULL, '2024-01-02 10:00:00'),
  (18446744073709551615, 2, 99999999.99, '2024-01-03 10:00:00');
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> dict[str, str]:
    """The variables that reach a database with customers and three orders."""
    with private_server(tmp_path_factory.mktemp("mariadb")) as server:
        yield new_database(server, "shop", SHOP)
