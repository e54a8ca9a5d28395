"""One service for all tests of a worker; each test has a schema and settings of its own."""

import itertools

import pyarrow.parquet as pq
import pytest
import snowflake.connector
from minio import minio_server
from snowflake_service import snowflake as service_of_tests

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def running():
    with service_of_tests() as service:
        yield service


@pytest.fixture
def service(running):
    yield running
    running.reset()


@pytest.fixture
def connect(service):
    """Logs in, by default as the one who may; all sessions end with the test."""
    opened = []

    def open_session(**changes):
        options = {
            "user": service.user,
            "password": service.password,
            "account": service.account,
            "host": service.host,
            "port": service.port,
            "protocol": "http",
            "warehouse": service.warehouse,
            "role": service.role,
            "database": service.database,
            "login_timeout": 10,
            "network_timeout": 10,
            "session_parameters": {"CLIENT_TELEMETRY_ENABLED": False},
        }
        session = snowflake.connector.connect(**{**options, **changes})
        opened.append(session)
        return session

    yield open_session
    for session in opened:
        if not session.is_closed():
            session.close()


class Schema:
    """One schema and a session in it."""

    def __init__(self, session, name: str, connect, folder):
        self.session, self.name, self._connect = session, name, connect
        self.folder = folder
        self.run(f"CREATE SCHEMA {name}")

    def run(self, sql: str) -> list[tuple]:
        return self.session.cursor().execute(sql).fetchall()

    def another(self):
        """A second session in the schema, as a function that runs statements."""
        session = self._connect(schema=self.name)
        return lambda sql: session.cursor().execute(sql).fetchall()

    def put(self, name: str, table, stage: str = "S") -> None:
        """A Parquet file of these rows on the stage."""
        path = self.folder / name
        pq.write_table(table, path)
        self.run(f"PUT 'file://{path}' @{stage} AUTO_COMPRESS = FALSE")


@pytest.fixture
def schema(connect, tmp_path) -> Schema:
    return Schema(connect(), f"S{next(_NUMBERS)}", connect, tmp_path)


@pytest.fixture(scope="module")
def minio(tmp_path_factory):
    with minio_server(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture
def bucket(minio) -> str:
    return minio.new_bucket(f"stage-{next(_NUMBERS)}")
