"""pandas.read_sql with mysqlclient, its fastest driver, and the frame turned into Arrow."""

import pandas
import pyarrow
import sqlalchemy
from arrow_shop import tables, take, url

engine = sqlalchemy.create_engine(
    url().replace("mysql:", "mysql+mysqldb:") + "?charset=utf8mb4"
)
with engine.connect() as connection:
    for table in tables():
        frame = pandas.read_sql(sqlalchemy.text(f"SELECT * FROM `{table}`"), connection)
        rows = pyarrow.Table.from_pandas(frame, preserve_index=False)
        take(table, rows.schema, rows.to_batches())
