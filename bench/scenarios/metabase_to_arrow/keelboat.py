"""keelboat.fetch into one Arrow table."""

import keelboat
import metabase_orders as orders


def write(path) -> None:
    import pyarrow.parquet  # Of the check; what is measured ends before.

    pyarrow.parquet.write_table(table, path)


table = keelboat.fetch(orders.URL, orders.SQL, database=orders.DATABASE).to_arrow()
print(f"table {table.nbytes / 1e6:.0f} MB")
orders.finish(table.num_rows, write)
