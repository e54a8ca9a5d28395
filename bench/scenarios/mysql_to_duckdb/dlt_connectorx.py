"""dlt, ConnectorX backend: binary protocol, whole tables as Arrow."""

import os

import dlt
from dlt_shop import connectorx_url, load

load(
    "connectorx",
    dlt.destinations.duckdb(os.environ["BENCH_OUTPUT"] + "/warehouse.duckdb"),
    backend_kwargs={"conn": connectorx_url()},
)
