"""keelboat: rows out of MySQL, MariaDB and Metabase into DataFrames, a lake and marts.

>>> import keelboat
>>> df = keelboat.fetch("https://metabase.example.org", "@orders").to_pandas()

See `fetch`, `open_project`, `run`, `read_lake`, and `keelboat.metabase` for the names of
the older script, such as `get_orders_fast`.
"""

import atexit
import os

from . import _core, errors
from ._core import version as __version__
from .errors import (
    AuthError,
    CancelledError,
    ConfigError,
    ConflictError,
    ContractError,
    DataError,
    DeniedError,
    Error,
    FetchWarning,
    InternalError,
    NotFoundError,
    RunError,
    ThrottledError,
    TimeoutError,
    UnavailableError,
    UnsupportedError,
)
from .fetching import Source, fetch
from .metabase import (
    CoreQueries,
    MetabaseClient,
    MetabaseConfig,
    MetabaseWorkflow,
    QueryRegistry,
    get_orders_fast,
    transform_api_response_to_dataframe,
)
from .project import Parameter, Project, Query, open_project, read_lake, run
from .result import FetchInfo, Result

__all__ = [
    "AuthError",
    "CancelledError",
    "ConfigError",
    "ConflictError",
    "ContractError",
    "CoreQueries",
    "DataError",
    "DeniedError",
    "Error",
    "FetchInfo",
    "FetchWarning",
    "InternalError",
    "MetabaseClient",
    "MetabaseConfig",
    "MetabaseWorkflow",
    "NotFoundError",
    "Parameter",
    "Project",
    "Query",
    "QueryRegistry",
    "Result",
    "RunError",
    "Source",
    "ThrottledError",
    "TimeoutError",
    "UnavailableError",
    "UnsupportedError",
    "__version__",
    "errors",
    "fetch",
    "get_orders_fast",
    "open_project",
    "read_lake",
    "run",
    "transform_api_response_to_dataframe",
]

# Threads that still fetch are asked to stop, and waited for, while there is an interpreter
# to come back to. What a fork inherits is its parent's to end.
atexit.register(_core._end)
os.register_at_fork(after_in_child=_core._forget)
