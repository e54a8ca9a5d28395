"""The script of before: pages of 50,000 rows on six threads."""

import metabase_orders as orders
from old_metabase import MetabaseClient, fetch_in_parallel


def new_client():
    return MetabaseClient(orders.URL, orders.USERNAME, orders.PASSWORD, orders.DATABASE)


frame = fetch_in_parallel(new_client, orders.SQL)
orders.finish(len(frame), frame.to_parquet)
