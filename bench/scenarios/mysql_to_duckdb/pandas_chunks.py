"""pandas.read_sql in chunks, each inserted into DuckDB."""

import os

import duckdb
from pandas_shop import chunks, tables

with duckdb.connect(os.environ["BENCH_OUTPUT"] + "/warehouse.duckdb") as target:
    target.execute("CREATE SCHEMA raw")
    for table in tables():
        target.execute("BEGIN")
        for number, _frame in enumerate(chunks(table)):
            if number == 0:
                target.execute(f'CREATE TABLE raw."{table}" AS FROM _frame')
            else:
                target.execute(f'INSERT INTO raw."{table}" FROM _frame')
        target.execute("COMMIT")
