"""`fetch`: from a source to a Result."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NoReturn

from . import _arguments, _core
from ._parameters import all_typed
from ._surroundings import project_dir, variables
from .errors import ConfigError
from .result import Result

__all__ = ["Source", "fetch"]


class Source:
    """A source by its name in keelboat.yaml, or by a URL. It logs in once for all fetches.

    Args:
        name_or_url: "bi"; "mysql://user@host:3306/database"; "https://metabase.example.org".
            What a URL does not hold comes from MYSQL_USER and MYSQL_PASSWORD, or from
            METABASE_API_KEY, METABASE_USERNAME and METABASE_PASSWORD.
        project: folder of keelboat.yaml; default $KEELBOAT_PROJECT, else the working
            directory. A URL needs none.
        env: environment of keelboat.yaml.

    Raises:
        NotFoundError: the project has no source of that name.
        ConfigError: keelboat.yaml or the URL is wrong.
    """

    def __init__(
        self,
        name_or_url: str,
        *,
        project: str | os.PathLike | None = None,
        env: str | None = None,
        _variables: Mapping[str, str] | None = None,
    ) -> None:
        surroundings = dict(_variables or variables())
        place = _arguments.source(name_or_url)
        self._found = (place, project_dir(project), env or "", surroundings)
        self._process = os.getpid()
        self._source = _core.find_source(*self._found)

    def _own(self) -> _core.Source:
        """This process's: a fork shares neither login nor connections with its parent."""
        if self._process != os.getpid():
            self._source = _core.find_source(*self._found)
            self._process = os.getpid()
        return self._source

    @property
    def name(self) -> str:
        """Its name, or the place without a login."""
        return self._own().name

    def __repr__(self) -> str:
        return f"<keelboat.Source {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Source holds a login, which is neither copied nor pickled: make another one"
        )

    def fetch(
        self,
        query: str | None = None,
        *,
        params: Mapping[str, object] | None = None,
        table: str | None = None,
        card: int | str | None = None,
        database: str | int | None = None,
        strategy: str = "auto",
        partition_on: str | None = None,
        workers: int | None = None,
        range_rows: int | None = None,
        verify: str = "count",
        on_mismatch: str = "error",
        limit: int | None = None,
        timeout: float | None = None,
        progress: bool | None = None,
    ) -> Result:
        """As `keelboat.fetch`, from this source."""
        asked = [("sql", query), ("table", table), ("card", card)]
        asked = [(kind, str(value)) for kind, value in asked if value is not None]
        if len(asked) != 1:
            raise ConfigError(
                "say what to fetch: a query, a table or a card; one of them"
            )
        [(kind, text)] = asked
        if kind == "sql" and text.startswith("@"):
            kind, text = "query", text[1:]
        if verify not in ("count", "off"):
            raise ConfigError(f"verify is 'count' or 'off', not {verify!r}")
        if on_mismatch not in ("error", "string"):
            raise ConfigError(f"on_mismatch is 'error' or 'string', not {on_mismatch!r}")
        question = {
            kind: text,
            "database": _arguments.database(database),
            "parameters": all_typed(params),
        }
        options = {
            "strategy": _arguments.text("strategy", strategy),
            "partition_on": _arguments.text("partition_on", partition_on),
            "verify": verify,
            "timeout": _arguments.seconds(timeout),
            **_arguments.wholes(workers=workers, range_rows=range_rows, limit=limit),
        }

        def reopen(text_columns: list[str]) -> _core.Rows:
            return _core.fetch(
                self._own(), question, {**options, "text_columns": text_columns}
            )

        label = {"sql": "query", "query": f"@{text}", "card": f"card {text}"}.get(
            kind, text
        )
        return Result(reopen, label, progress, on_mismatch == "string")


def fetch(
    source: str | Source,
    query: str | None = None,
    *,
    params: Mapping[str, object] | None = None,
    table: str | None = None,
    card: int | str | None = None,
    database: str | int | None = None,
    strategy: str = "auto",
    partition_on: str | None = None,
    workers: int | None = None,
    range_rows: int | None = None,
    verify: str = "count",
    on_mismatch: str = "error",
    limit: int | None = None,
    timeout: float | None = None,
    progress: bool | None = None,
    project: str | os.PathLike | None = None,
    env: str | None = None,
) -> Result:
    """Fetches a query, a table or a saved question: complete and exactly typed, or an error.

    >>> keelboat.fetch("bi", "@orders", params={"since": "2024-01-01"}).to_pandas()

    Args:
        source: a source of keelboat.yaml, a URL (see `Source`), or a `Source`.
        query: SQL with {{name}} for parameters, or "@name" of a query in `queries/`.
        params: values by name: text, numbers, booleans, dates, datetimes (UTC where they
            have no zone). They become literals that nothing in them can end.
        table, card: instead of a query a whole table, or a saved question of Metabase.
        database: instead of the source's own: its name or, in Metabase, its number.
        strategy: "auto" (at most 50,000 rows in one answer, at most 500,000 as ranges one
            after another, more side by side), "single", "pagination" or "parallel".
        partition_on: column to cut ranges on; default: found by keelboat.
        workers: connections that read side by side; default 4 where the server needs
            ranges.
        range_rows: about so many rows a range; default: as suits the server.
        verify: "count" compares with the server's own counts (Metabase); "off" does not.
        on_mismatch: a value that contradicts its column's type raises DataError
            ("error"), or makes the column text ("string").
        limit: at most so many rows.
        timeout: seconds after which reading raises TimeoutError; default: none.
        progress: show a bar; default: in terminals and notebooks.
        project, env: see `Source`.

    Returns:
        A `Result`. The query has begun; rows are read as they are asked for.

    Raises:
        ConfigError, AuthError, NotFoundError, UnavailableError, DataError, …: one class
        per kind of `keelboat.errors`.
    """
    if not isinstance(source, Source):
        source = Source(source, project=project, env=env)
    elif project is not None or env is not None:
        raise ConfigError("a Source has its project already: leave project and env out")
    return source.fetch(
        query,
        params=params,
        table=table,
        card=card,
        database=database,
        strategy=strategy,
        partition_on=partition_on,
        workers=workers,
        range_rows=range_rows,
        verify=verify,
        on_mismatch=on_mismatch,
        limit=limit,
        timeout=timeout,
        progress=progress,
    )
