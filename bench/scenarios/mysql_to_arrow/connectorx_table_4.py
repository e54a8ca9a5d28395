"""ConnectorX into a table in memory: binary protocol, four connections, each its own moment."""

import connectorx
from arrow_shop import key, tables, take, url

for table in tables():
    rows = connectorx.read_sql(
        url(),
        f"SELECT * FROM `{table}`",
        return_type="arrow",
        protocol="binary",
        partition_on=key(table),
        partition_num=4,
    )
    take(table, rows.schema, rows.to_batches())
