"""ConnectorX into a table in memory: binary protocol, one connection."""

import connectorx
from arrow_shop import tables, take, url

for table in tables():
    rows = connectorx.read_sql(
        url(), f"SELECT * FROM `{table}`", return_type="arrow", protocol="binary"
    )
    take(table, rows.schema, rows.to_batches())
