"""dlt, ConnectorX backend: binary protocol, whole tables as Arrow."""

import os

import dlt
from dlt_shop import connectorx_url, load

load(
    "connectorx",
    dlt.destinations.filesystem("file://" + os.environ["BENCH_OUTPUT"]),
    backend_kwargs={"conn": connectorx_url()},
)
