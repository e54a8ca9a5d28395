"""keelboat.fetch as it comes, to pandas over Arrow's own columns."""

import keelboat
import metabase_orders as orders

frame = keelboat.fetch(orders.URL, orders.SQL, database=orders.DATABASE).to_pandas()
orders.finish(len(frame), frame.to_parquet)
