"""What dlt's scenarios share: the shop as a source, its best settings, a pipeline."""

import os

# Two CPUs: parallel normalising and loading; no telemetry, no progress output.
os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "WARNING",
    "NORMALIZE__WORKERS": "2",
    "LOAD__WORKERS": "2",
    "EXTRACT__WORKERS": "2",
}

import dlt  # noqa: E402  (reads the settings above)
import sqlalchemy.dialects.mysql  # noqa: E402
from dlt.sources.sql_database import sql_database  # noqa: E402


def doubles_stay_doubles(table) -> None:
    """SQLAlchemy would make MySQL's DOUBLE a decimal of ten digits, and lose the others."""
    for column in table.columns:
        if isinstance(column.type, sqlalchemy.Double | sqlalchemy.dialects.mysql.DOUBLE):
            column.type = sqlalchemy.dialects.mysql.DOUBLE(asdecimal=False)


def load(backend: str, destination, **settings) -> None:
    url = "mysql+{driver}://{user}:{password}@{host}:{port}/{database}".format(
        driver="mysqldb",
        user=os.environ["MYSQL_USER"],
        password=os.environ["MYSQL_PASSWORD"],
        host=os.environ["MYSQL_HOST"],
        port=os.environ["MYSQL_PORT"],
        database=os.environ["MYSQL_DATABASE"] + "?charset=utf8mb4",
    )
    source = sql_database(
        url,
        table_names=os.environ["BENCH_TABLES"].split(),
        backend=backend,
        reflection_level="full",
        table_adapter_callback=doubles_stay_doubles,
        **settings,
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=os.environ["BENCH_WORK"],
        destination=destination,
        dataset_name="olist",
    )
    pipeline.run(
        source.parallelize(), loader_file_format="parquet", write_disposition="replace"
    )


def connectorx_url() -> str:
    """Its MySQL client takes no driver name."""
    return "mysql://{}:{}@{}:{}/{}".format(
        *(
            os.environ["MYSQL_" + part]
            for part in ("USER", "PASSWORD", "HOST", "PORT", "DATABASE")
        )
    )
