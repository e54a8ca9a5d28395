"""The names of the older Metabase script, kept: complete rows, and errors instead of None.

What was a page that failed and vanished is an error here, and what was unordered
LIMIT/OFFSET is ranges of a key. Decimals are float64, as they were; `keelboat.fetch` has
them exactly. `docs/migrate.md` puts old and new side by side.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _core
from ._surroundings import project_dir, variables
from .errors import ConfigError, DataError, NotFoundError, UnsupportedError
from .fetching import Source

if TYPE_CHECKING:
    import pandas

__all__ = [
    "TEAMS",
    "CoreQueries",
    "MetabaseClient",
    "MetabaseConfig",
    "MetabaseWorkflow",
    "QueryRegistry",
    "get_orders_fast",
    "transform_api_response_to_dataframe",
]

#: Team to the name of its database in Metabase. Yours to change; `teams:` of keelboat.yaml
#: is for projects.
TEAMS: dict[str, str] = {
    "growth": "Growth Team Clickhouse Connection",
    "data": "Data Team Clickhouse Connection",
    "product": "Product Team Clickhouse Connection",
}

_MODES = ("auto", "single", "pagination", "parallel")
_QUERIES = {"orders": "orders", "vendors": "vendors", "vdom": "vdom"}


@dataclass
class MetabaseConfig:
    """Where a Metabase server is, as whom, and which of its databases.

    Attributes:
        url: "https://metabase.example.org".
        username, password: a login. Instead of both an API key can be in the password:
            give the user name "" and a password that begins with "mb_".
        database_name, database_id: one of them; the id wins.
    """

    url: str
    username: str
    password: str = field(repr=False)
    database_name: str | None = None
    database_id: int | None = None

    @classmethod
    def create_with_team_db(
        cls,
        url: str,
        username: str,
        password: str,
        team: str = "growth",
        teams: Mapping[str, str] | None = None,
    ) -> MetabaseConfig:
        """The configuration of a team's database, by `teams` or `TEAMS`.

        Raises:
            ConfigError: there is no such team; the message names those there are.
        """
        known = TEAMS if teams is None else teams
        if team not in known:
            raise ConfigError(
                f"there is no team {team!r}: there are {', '.join(sorted(known))}; "
                "add it to keelboat.metabase.TEAMS"
            )
        return cls(url, username, password, known[team])

    def _source(self) -> Source:
        """The login goes beside the URL, never into it."""
        surroundings = {
            name: value
            for name, value in variables().items()
            if not name.startswith("METABASE_")
        }
        for name in ("url", "password"):
            if not isinstance(getattr(self, name), str):
                raise ConfigError(
                    f"the {name} of MetabaseConfig is no text: is a variable of the "
                    "environment not set?"
                )
        if not self.username and self.password.startswith("mb_"):
            surroundings["METABASE_API_KEY"] = self.password
        else:
            surroundings["METABASE_USERNAME"] = self.username or ""
            surroundings["METABASE_PASSWORD"] = self.password
        return Source(self.url, _variables=surroundings)

    def _database(self) -> str:
        if self.database_id is not None:
            return str(self.database_id)
        return self.database_name or ""


class MetabaseClient:
    """A server and one database of it. All calls share one login, renewed when it expires."""

    def __init__(self, config: MetabaseConfig) -> None:
        self.config = config
        self._source: Source | None = None

    def _opened(self) -> Source:
        if self._source is None:
            self._source = self.config._source()
        return self._source

    def _check(self) -> dict[str, str]:
        return _core.check_source(self._opened()._own(), self.config._database())

    def authenticate(self) -> bool:
        """Logs in and finds the database. True, or an error that says why not.

        Raises:
            AuthError, ThrottledError, UnavailableError, NotFoundError.
        """
        self._check()
        return True

    def logout(self) -> bool:
        """Ends the session on the server. The next call logs in again."""
        self._source = None
        return True

    def get_database_id(self) -> int:
        """The number of the database in Metabase.

        Raises:
            NotFoundError: there is no database of that name; the message has the nearest.
        """
        if self.config.database_id is not None:
            return int(self.config.database_id)
        told = self._check().get("database_id")
        if not told:
            raise NotFoundError("the server did not tell the database's id")
        return int(told)

    def execute_query(
        self, sql: str, timeout: float | None = 300, max_results: int | None = None
    ) -> pandas.DataFrame:
        """The whole answer of a query.

        Args:
            timeout: seconds; then TimeoutError, and the server's query is ended.
            max_results: at most so many rows, as if the query ended with LIMIT; the same
                on every release of Metabase. None: all of them.
        """
        return self._fetch(sql, timeout=timeout, limit=max_results)

    def execute_query_optimized(
        self, sql: str, optimization_mode: str = "auto"
    ) -> pandas.DataFrame:
        """The whole answer: "auto" chooses by the number of rows among "single",
        "pagination" and "parallel"."""
        if optimization_mode not in _MODES:
            raise ConfigError(
                f"there is no mode {optimization_mode!r}: {', '.join(_MODES)}"
            )
        return self._fetch(sql, strategy=optimization_mode)

    def execute_query_with_pagination(
        self, sql: str, page_size: int = 25_000
    ) -> pandas.DataFrame:
        """The whole answer, in ranges of about `page_size` rows one after another."""
        return self._fetch(sql, strategy="pagination", range_rows=page_size)

    def execute_query_with_parallel_pagination(
        self, sql: str, page_size: int = 50_000, max_workers: int = 6
    ) -> pandas.DataFrame:
        """The whole answer, `max_workers` ranges of about `page_size` rows at a time."""
        return self._fetch(
            sql, strategy="parallel", range_rows=page_size, workers=max_workers
        )

    def _fetch(self, sql: str, **options: Any) -> pandas.DataFrame:
        database = self.config._database()
        result = self._opened().fetch(sql, database=database, **options)
        return result.to_pandas(decimals="float")

    def __enter__(self) -> MetabaseClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.logout()


def _folders() -> list[str]:
    return _core.query_folders(project_dir(None), variables())


def _bound(name: str, params: Mapping[str, object]) -> str:
    from ._parameters import all_typed

    values = {key: text for key, (_, text) in all_typed(params).items()}
    return _core.bind_query(name, _folders(), values, "clickhouse")


class QueryRegistry:
    """SQL by its old names: those of `queries/orders.sql` and `queries/vendors.sql`."""

    @staticmethod
    def X_MAP_ORDER(**params: object) -> str:
        """SQL of the orders, for ClickHouse."""
        return _bound("orders", params)

    @staticmethod
    def X_MAP_VENDOR(**params: object) -> str:
        """SQL of the vendors, for ClickHouse."""
        return _bound("vendors", params)


class CoreQueries:
    """SQL with parameters by its old name: that of `queries/vdom.sql`."""

    @staticmethod
    def x_vdom(**params: object) -> str:
        """SQL of the vendors' days, for ClickHouse."""
        return _bound("vdom", params)


class MetabaseWorkflow:
    """Queries by name, from a team's database."""

    def __init__(
        self, url: str, username: str, password: str, team: str = "growth"
    ) -> None:
        self.config = MetabaseConfig.create_with_team_db(url, username, password, team)
        self.client = MetabaseClient(self.config)

    def get_query(self, name: str, **params: object) -> str:
        """The SQL of a query: "orders", "vendors", "vdom", or any of `queries/`."""
        return _bound(_QUERIES.get(name, name), params)

    def get_data(self, name: str, **params: object) -> pandas.DataFrame:
        """All rows of a query: "orders", "vendors", "vdom", or any of `queries/`.

        Raises:
            NotFoundError: no such query; ConfigError: no such parameter.
        """
        source = self.client._opened()
        database = self.config._database()
        name = "@" + _QUERIES.get(name, name.removeprefix("@"))
        result = source.fetch(name, params=params, database=database)
        return result.to_pandas(decimals="float")


def get_orders_fast(
    team: str | None = None, password: str | None = None, **params: object
) -> pandas.DataFrame:
    """The team's orders, all of them: a DataFrame with a row an order.

    The server and the login come from METABASE_URL, METABASE_USERNAME and
    METABASE_PASSWORD, or METABASE_API_KEY.

    Args:
        team: default "growth".
        password: instead of METABASE_PASSWORD.
        params: of the query @orders: since, until, city.

    Raises:
        ConfigError: a variable is missing; AuthError, UnavailableError, DataError, …
    """
    url = os.environ.get("METABASE_URL", "")
    key = os.environ.get("METABASE_API_KEY", "")
    username = os.environ.get("METABASE_USERNAME", "")
    password = password or os.environ.get("METABASE_PASSWORD", "")
    if key and not password:
        username, password = "", key
    missing = [
        name
        for name, value in (("METABASE_URL", url), ("METABASE_PASSWORD", password))
        if not value
    ]
    if not missing and not username and password != key:
        missing = ["METABASE_USERNAME"]
    if missing:
        raise ConfigError(
            f"set {' and '.join(missing)} in the environment (METABASE_API_KEY stands for "
            "user name and password)"
        )
    workflow = MetabaseWorkflow(url, username, password, team or "growth")
    try:
        return workflow.get_data("orders", **params)
    finally:
        workflow.client.logout()


def transform_api_response_to_dataframe(response: Mapping[str, Any]) -> pandas.DataFrame:
    """A DataFrame of the JSON that POST /api/dataset answers, typed by `base_type`.

    Integers become Int64, other numbers float64, dates and times datetime64, booleans
    boolean, the rest text.

    Raises:
        DataError: the query failed, or the server cut its answer off.
        UnsupportedError: it is no such answer.
    """
    import pandas

    if not isinstance(response, Mapping):
        raise UnsupportedError("this is no answer of /api/dataset: it has no data")
    error = response.get("error")
    if error or response.get("status", "completed") != "completed":
        raise DataError(f"the query failed: {error or response.get('status')}")
    if "data" not in response:
        raise UnsupportedError("this is no answer of /api/dataset: it has no data")
    data = response["data"]
    if data.get("rows_truncated"):
        raise DataError(
            f"the server cut the answer off after {data['rows_truncated']} rows: "
            "keelboat.fetch brings all of them"
        )
    names = [column.get("display_name") or column["name"] for column in data["cols"]]
    frame = pandas.DataFrame(data["rows"], columns=range(len(names)), dtype=object)
    columns = {}
    for position, column in enumerate(data["cols"]):
        base = column.get("base_type", "type/*")
        columns[position] = _typed(frame[position], base, names[position])
    typed = pandas.DataFrame(columns, index=frame.index)
    typed.columns = names
    return typed


def _typed(values: pandas.Series, base_type: str, name: str) -> pandas.Series:
    import pandas

    kind = base_type.removeprefix("type/")
    try:
        if kind in ("Integer", "BigInteger"):
            whole = [None if value is None else int(value) for value in values]
            return pandas.Series(whole, dtype="Int64", index=values.index)
        if kind in ("Float", "Decimal", "Number"):
            real = [float("nan") if value is None else float(value) for value in values]
            return pandas.Series(real, dtype="float64", index=values.index)
        if kind.startswith("DateTime") or kind == "Date":
            utc = kind.startswith("DateTimeWith")
            return pandas.to_datetime(values, format="ISO8601", utc=utc)
        if kind == "Boolean":
            return values.astype("boolean")
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"column {name} does not hold what its type says: {error}"
        ) from None
    return values.map(lambda value: value if value is None else str(value)).astype(
        "string"
    )
