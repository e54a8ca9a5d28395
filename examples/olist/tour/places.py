"""Where the demonstration's lake and warehouse are: on this machine, or in services."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SUPPORT = Path(__file__).resolve().parents[3] / "tests" / "support"
_BUCKET = "olist"


@dataclass
class Places:
    """One environment of the project, and how its marts are read."""

    environment: str
    lake: str
    warehouse: str
    query: Callable[[str], list[tuple]]
    variables: dict[str, str] = field(default_factory=dict)
    # What has to be done once before the first run.
    needs_setup: bool = False


@contextmanager
def local_places(project: Path):
    """The lake in a folder, the warehouse in a file."""
    file = project / "warehouse.duckdb"

    def query(sql: str) -> list[tuple]:
        import duckdb

        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    yield Places("dev", f"{project / 'lake'} (Delta tables)", f"{file} (DuckDB)", query)


@contextmanager
def served_places(report: Callable[[str], None]):
    """A private MinIO and a stand-in for Snowflake, empty; both end with the block."""
    sys.path.append(str(_SUPPORT))
    from minio import minio_server
    from snowflake_service import snowflake

    with (
        tempfile.TemporaryDirectory(prefix="olist-minio-") as folder,
        minio_server(Path(folder) / "minio") as minio,
        snowflake() as service,
    ):
        minio.new_bucket(_BUCKET)
        report(f"MinIO serves the bucket on {minio.endpoint}")
        report(f"a stand-in for Snowflake listens on {service.url}")
        yield Places(
            "staging",
            f"s3://{_BUCKET}/staging on MinIO (Delta tables)",
            f"{service.database}_STAGING on the stand-in for Snowflake",
            _connector_query(service),
            {**minio.variables(_BUCKET), **service.environment},
            needs_setup=True,
        )


def _connector_query(service) -> Callable[[str], list[tuple]]:
    def query(sql: str) -> list[tuple]:
        import snowflake.connector

        with snowflake.connector.connect(
            account=service.account,
            user=service.user,
            password=service.password,
            host=service.host,
            port=service.port,
            protocol="http",
            warehouse=service.warehouse,
            role=service.role,
            database=f"{service.database}_STAGING",
            schema="MARTS",
        ) as session:
            return session.cursor().execute(sql).fetchall()

    return query
