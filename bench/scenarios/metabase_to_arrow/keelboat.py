"""keelboat.fetch into one Arrow table."""

import keelboat
import metabase_orders as orders
import pyarrow.parquet

table = keelboat.fetch(orders.URL, orders.SQL, database=orders.DATABASE).to_arrow()
print(f"table {table.nbytes / 1e6:.0f} MB")
orders.finish(table.num_rows, lambda path: pyarrow.parquet.write_table(table, path))
