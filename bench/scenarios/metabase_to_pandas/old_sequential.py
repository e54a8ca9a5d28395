"""The script of before: pages of 25,000 rows, one after another."""

import metabase_orders as orders
from old_metabase import MetabaseClient, fetch_sequentially


def new_client():
    return MetabaseClient(orders.URL, orders.USERNAME, orders.PASSWORD, orders.DATABASE)


frame = fetch_sequentially(new_client, orders.SQL)
orders.finish(len(frame), frame.to_parquet)
