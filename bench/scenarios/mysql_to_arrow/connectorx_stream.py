"""ConnectorX as a stream of batches, dropped as they come: binary protocol, one connection."""

import connectorx
from arrow_shop import tables, take, url

for table in tables():
    reader = connectorx.read_sql(
        url(),
        f"SELECT * FROM `{table}`",
        return_type="arrow_stream",
        protocol="binary",
        batch_size=65_536,
    )
    take(table, reader.schema, reader)
