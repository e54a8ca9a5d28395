"""A project without dbt that moves a shop from a private server."""

from pathlib import Path

from private_server import new_database
from project_folder import ProjectFolder

CUSTOMERS = """
CREATE TABLE customers (name VARCHAR(40) PRIMARY KEY, email VARCHAR(80));
INSERT INTO customers VALUES ('Ana', 'ana@example.com'), ('João', NULL);
"""

_YAML = """\
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


def shop_project(
    server, folder: Path, sql: str, metadata: dict, run: str = ""
) -> ProjectFolder:
    """A project over a fresh database `shop`, made by `sql`; no contracts yet. `run` is what
    keelboat.yaml says under that key."""
    project = ProjectFolder(folder)
    project.path.mkdir(parents=True)
    project.variables = new_database(server, "shop", sql)
    project.write("keelboat.yaml", _YAML + (f"run: {run}\n" if run else ""))
    project.write("metadata/table_metadata.json", metadata)
    (project.path / "schema").mkdir()
    return project
