"""DuckDB's MySQL extension as a stream of batches, dropped as they come."""

from arrow_shop import tables, take
from duckdb_shop import attached

with attached() as database:
    for table in tables():
        reader = database.sql(f'FROM shop."{table}"').to_arrow_reader(65_536)
        take(table, reader.schema, reader)
