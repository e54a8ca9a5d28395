"""What the pandas scenarios share: the loop over chunks that everybody writes."""

import os
from collections.abc import Iterator

import pandas
import sqlalchemy

CHUNK_ROWS = 100_000


def chunks(table: str) -> Iterator[pandas.DataFrame]:
    url = sqlalchemy.URL.create(
        "mysql+mysqldb",
        os.environ["MYSQL_USER"],
        os.environ["MYSQL_PASSWORD"],
        os.environ["MYSQL_HOST"],
        int(os.environ["MYSQL_PORT"]),
        os.environ["MYSQL_DATABASE"],
        {"charset": "utf8mb4"},
    )
    engine = sqlalchemy.create_engine(url)
    with engine.connect().execution_options(stream_results=True) as connection:
        query = sqlalchemy.text(f"SELECT * FROM `{table}`")
        yield from pandas.read_sql(query, connection, chunksize=CHUNK_ROWS)


def tables() -> list[str]:
    return os.environ["BENCH_TABLES"].split()
