"""A shop whose table of visits takes a while to move, and the project over it."""

# visits: every row has text that does not compress, so that files are as big as they look.
SHOP = """
CREATE TABLE visits (
  id INT PRIMARY KEY, token CHAR(128) NOT NULL, seen DATETIME NOT NULL, KEY (seen));
INSERT INTO visits SELECT seq, concat(md5(seq), md5(seq + 0.1), md5(seq + 0.2),
  md5(seq + 0.3)), '2024-01-01' + INTERVAL seq SECOND FROM seq_1_to_100000;
CREATE TABLE customers (name VARCHAR(40) PRIMARY KEY, email VARCHAR(80));
INSERT INTO customers VALUES ('Ana', 'ana@example.com'), ('João', NULL);
"""
VISITS = 100_000

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
    read_timeout: 2s
tables: {from: shop, metadata: metadata/table_metadata.json}
lake: {url: ./lake}
warehouse: {type: duckdb, path: warehouse.duckdb}
"""

METADATA = {
    "visits": {"load_strategy": "full", "description": "Page views"},
    "customers": {"load_strategy": "full", "description": "Who buys"},
}
