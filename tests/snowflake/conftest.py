"""Fixtures: the small shop, its lake in a bucket, its warehouse on the Snowflake service."""

import itertools

import pytest
from minio import Minio, minio_server
from project_folder import ProjectFolder
from small_shop import project as local_project  # noqa: F401 - fixture
from small_shop import server  # noqa: F401 - fixture
from snowflake_service import Snowflake
from snowflake_service import snowflake as service_of_tests

_NUMBERS = itertools.count(1)
_DUCKDB = "warehouse: {type: duckdb, path: warehouse.duckdb}\n"
_SNOWFLAKE = """\
warehouse:
  type: snowflake
  account: ${SNOWFLAKE_ACCOUNT}
  user: ${SNOWFLAKE_USER}
  password: ${SNOWFLAKE_PASSWORD}
  warehouse: ${SNOWFLAKE_WAREHOUSE}
  role: ${SNOWFLAKE_ROLE}
  database: ${SNOWFLAKE_DATABASE}
  host: ${SNOWFLAKE_HOST}
  port: ${SNOWFLAKE_PORT}
  protocol: ${SNOWFLAKE_PROTOCOL}
  load: put
"""
_BUCKET = """\
lake:
  url: s3://${MINIO_BUCKET}/shop
  endpoint: ${MINIO_ENDPOINT}
  access_key: ${MINIO_ROOT_USER}
  secret_key: ${MINIO_ROOT_PASSWORD}
"""


@pytest.fixture(scope="session")
def running():
    with service_of_tests() as service:
        yield service


@pytest.fixture
def service(running) -> Snowflake:
    """As at the start, with an empty database for this test alone."""
    running.reset()
    running.database = f"SHOP_{next(_NUMBERS)}"
    running.answer(f"CREATE DATABASE {running.database}", database=None)
    yield running
    running.reset()


@pytest.fixture(scope="module")
def minio(tmp_path_factory):
    with minio_server(tmp_path_factory.mktemp("minio")) as store:
        yield store


@pytest.fixture
def bucket(minio: Minio) -> str:
    return minio.new_bucket(f"lake-{next(_NUMBERS)}")


@pytest.fixture
def project(local_project, minio, bucket, service) -> ProjectFolder:  # noqa: F811
    local_project.replace("lake: {url: ./lake}\n", _BUCKET)
    local_project.replace(_DUCKDB, _SNOWFLAKE)
    local_project.variables |= minio.variables(bucket) | service.environment
    return local_project


@pytest.fixture
def staged(project) -> ProjectFolder:
    """The same, with Snowflake reading the bucket itself."""
    project.replace("load: put", "load: stage")
    return project


class Raw:
    """The tables that keelboat loaded."""

    def __init__(self, service: Snowflake):
        self._service = service

    def __call__(self, sql: str) -> list[tuple]:
        return self._service.sql(sql)

    def orders(self, schema: str = "RAW") -> list[tuple]:
        return self(
            f"SELECT ID, CUSTOMER, PRICE, DAY, UPDATED FROM {schema}.ORDERS ORDER BY ID"
        )

    def tables(self, schema: str = "RAW") -> list[str]:
        """What lies in a schema, keelboat's own tables left out."""
        rows = self(
            "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES"
            f" WHERE TABLE_SCHEMA = '{schema}' ORDER BY 1"
        )
        return [name for (name,) in rows if not name.startswith("_KEELBOAT")]

    def ledger(self, schema: str = "RAW") -> dict[str, tuple]:
        rows = self(
            'SELECT TABLE_NAME, LAKE_VERSION, "ROWS", RUN_ID'
            f" FROM {schema}._KEELBOAT_LEDGER WHERE TABLE_NAME <> ''"
        )
        return {name: rest for name, *rest in rows}


@pytest.fixture
def raw(service) -> Raw:
    return Raw(service)
