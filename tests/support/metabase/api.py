"""The routes: from a request to a whole answer, or to a query that will be streamed."""

import json
import re
from urllib.parse import parse_qs

from .account import Account
from .card import find_card
from .catalog import BY_ID, DATABASES, SAVED_QUESTIONS
from .connection import Connection, Reply, Request
from .query import BadQuery, resolve
from .run import Run, Wish
from .session import UNAUTHENTICATED

_FORMATS = ("csv", "json")


class Api:
    """One for all connections; keeps nothing of its own."""

    def __init__(self, server):
        self._server = server

    def answer(self, request: Request, address: str) -> Reply | Wish:
        if request.method not in ("GET", "POST", "DELETE", "PUT"):
            return _no_route()
        body = {}
        if request.body and "json" in request.headers.get("content-type", ""):
            try:
                body = json.loads(request.body)
            except ValueError:
                return Reply.of_text(400, "Malformed JSON in request body.")
        elif "form-urlencoded" in request.headers.get("content-type", ""):
            body = {
                name: texts[-1]
                for name, texts in parse_qs(request.body.decode(), True).items()
            }
        if not isinstance(body, dict):
            return Reply.of_json(400, {"errors": {"body": "value must be a map."}})
        if public := self._public(request, body, address):
            return public
        account = None
        if not self._server.settings.initializing:
            account = self._server.sessions.account_of(request, self._server.settings)
        for method, pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                if account is None:
                    return UNAUTHENTICATED
                return getattr(self, handler)(request, account, body, *found.groups())
        return _no_route()

    def stream(self, connection: Connection, request: Request, wish: Wish) -> bool:
        return Run(self._server, connection, request, wish).answer()

    # --- open to all ----------------------------------------------------------------------

    def _public(self, request: Request, body: dict, address: str) -> Reply | None:
        server, settings = self._server, self._server.settings
        match f"{request.method} {request.path}":
            case "GET /api/health":
                if settings.initializing:
                    return Reply.of_json(503, {"status": "initializing", "progress": 0.5})
                return Reply.of_json(200, {"status": "ok"})
            case "GET /api/session/properties":
                return Reply.of_json(200, self._properties(request))
            case "POST /api/session":
                address = request.headers.get("x-forwarded-for", address)
                server.log("login")
                return server.sessions.log_in(body, address, settings)
            case "DELETE /api/session":
                return server.sessions.log_out(request, settings)
        return None

    def _properties(self, request: Request) -> dict:
        settings = self._server.settings
        account = self._server.sessions.account_of(request, settings)
        found = {
            "version": {
                "tag": settings.generation.tag,
                "date": "2026-09-01",
                "branch": "release",
                "hash": "d34db3e",
            },
            "report-timezone-long": settings.report_timezone,
            "report-timezone-short": settings.report_timezone,
            "site-locale": "en",
            "has-user-setup": True,
            "engines": {"clickhouse": {}, "postgres": {}},
            "token-features": {},
        }
        if settings.generation.json_export_bodies:
            found["csv-field-separator"] = settings.csv_field_separator
        if account:
            default = settings.unaggregated_query_row_limit == 2000
            found["unaggregated-query-row-limit"] = (
                None if default else settings.unaggregated_query_row_limit
            )
        if account and account.is_superuser:
            found["report-timezone"] = settings.report_timezone
        return found

    # --- metadata -------------------------------------------------------------------------

    def user(self, request: Request, account: Account, body: dict) -> Reply:
        found = {
            "id": account.id,
            "email": account.email,
            "first_name": "A",
            "last_name": "User",
            "common_name": "A User",
            "is_superuser": account.is_superuser,
            "is_active": True,
            "locale": None,
            "group_ids": [1],
            "personal_collection_id": account.id,
        }
        return Reply.of_json(200, found)

    def databases(self, request: Request, account: Account, body: dict) -> Reply:
        include = request.query.get("include")
        if include not in (None, "tables"):
            errors = {"include": "include must be either empty or the value 'tables'"}
            return Reply.of_json(400, {"errors": errors})
        found = []
        if account.databases:
            found = [self._database(id_, account, include == "tables") for id_ in BY_ID]
        if request.query.get("saved") == "true":
            found.append(self._server.catalog.saved_questions())
        return Reply.of_json(200, {"data": found, "total": len(found)})

    def database(self, request: Request, account: Account, body: dict, id_: str) -> Reply:
        if refused := self._refuse_database(account, int(id_)):
            return refused
        include = request.query.get("include", "")
        found = self._database(int(id_), account, include.startswith("tables"))
        if include == "tables.fields":
            for table in found["tables"]:
                table["fields"] = self._server.catalog.fields(table["id"])
        return Reply.of_json(200, found)

    def metadata(self, request: Request, account: Account, body: dict, id_: str) -> Reply:
        if refused := self._refuse_database(account, int(id_)):
            return refused
        found = self._database(int(id_), account, True)
        for table in found["tables"]:
            table["schema"] = table["schema"] or ""
            if request.query.get("skip_fields") != "true":
                table["fields"] = self._server.catalog.fields(table["id"])
        return Reply.of_json(200, found)

    def schemas(self, request: Request, account: Account, body: dict, id_: str) -> Reply:
        if refused := self._refuse_database(account, int(id_)):
            return refused
        tables = self._server.catalog.tables_of(int(id_))
        return Reply.of_json(200, sorted({table["schema"] or "" for table in tables}))

    def schema(
        self, request: Request, account: Account, body: dict, id_: str, name: str
    ) -> Reply:
        if refused := self._refuse_database(account, int(id_)):
            return refused
        tables = self._server.catalog.tables_of(int(id_))
        return Reply.of_json(
            200, [each for each in tables if (each["schema"] or "") == name]
        )

    def tables(self, request: Request, account: Account, body: dict) -> Reply:
        if not account.databases:
            return Reply.of_json(200, [])
        catalog = self._server.catalog
        return Reply.of_json(
            200, [table for id_ in BY_ID for table in catalog.tables_of(id_)]
        )

    def table(self, request: Request, account: Account, body: dict, id_: str) -> Reply:
        return self._table(account, int(id_), fields=False)

    def query_metadata(
        self, request: Request, account: Account, body: dict, id_: str
    ) -> Reply:
        return self._table(account, int(id_), fields=True)

    def _table(self, account: Account, id_: int, fields: bool) -> Reply:
        catalog = self._server.catalog
        found = catalog.find_table(id_)
        if found is None:
            return self._not_found()
        if refused := self._refuse_database(account, found[0]):
            return refused
        table = catalog.table(id_)
        table["db"] = self._database(found[0], account, False)
        if fields:
            table["fields"] = catalog.fields(id_)
        return Reply.of_json(200, table)

    def _database(self, id_: int, account: Account, tables: bool) -> dict:
        found = self._server.catalog.database(id_, self._server.settings, tables)
        if not account.native:
            found["native_permissions"] = "none"
        if account.is_superuser:
            found["details"] = {
                "host": "clickhouse",
                "port": 8123,
                "dbname": BY_ID[id_][2],
            }
        return found

    # --- queries --------------------------------------------------------------------------

    def dataset(self, request: Request, account: Account, body: dict) -> Reply | Wish:
        return self._refuse_query(account, body) or Wish(
            "api", body, status=202, strings=_strings_allowed(body)
        )

    def export(
        self, request: Request, account: Account, body: dict, form: str
    ) -> Reply | Wish:
        settings = self._server.settings
        if form not in _FORMATS:
            return _no_route()
        if not settings.generation.json_export_bodies and "json" in request.headers.get(
            "content-type", ""
        ):
            body = {}  # older servers look at form parameters only
        query = body.get("query")
        try:
            query = json.loads(query) if isinstance(query, str) else query
        except ValueError:
            return Reply.of_json(
                400, {"errors": {"query": "value must be a valid JSON string."}}
            )
        if not isinstance(query, dict):
            return Reply.of_json(
                400, {"errors": {"query": "value must be a valid JSON string."}}
            )
        return self._refuse_query(account, query) or self._export(form, query, body)

    def cards(self, request: Request, account: Account, body: dict) -> Reply:
        return Reply.of_json(200, [card.described() for card in self._server.cards])

    def card(self, request: Request, account: Account, body: dict, id_: str) -> Reply:
        card = find_card(id_)
        return Reply.of_json(200, card.described()) if card else self._not_found()

    def run_card(
        self, request: Request, account: Account, body: dict, id_: str, form: str | None
    ) -> Reply | Wish:
        card = find_card(id_)
        if card is None or (form and form not in _FORMATS):
            return self._not_found() if card is None else _no_route()
        if refused := self._refuse_database(account, card.database):
            return refused
        parameters = body.get("parameters") or request.query.get("parameters") or []
        if self._server.settings.generation.json_export_bodies:
            parameters = body.get("parameters") or []
        try:
            parameters = (
                json.loads(parameters) if isinstance(parameters, str) else parameters
            )
        except ValueError:
            return Reply.of_json(
                400, {"errors": {"parameters": "value must be a sequence of maps."}}
            )
        query = card.query(parameters)
        return self._export(form, query, body) if form else Wish("api", query, status=202)

    def _export(self, form: str, query: dict, body: dict) -> Wish:
        settings = self._server.settings
        formatted = False
        if settings.generation.json_export_bodies:
            asked = body.get("format_rows", settings.format_rows_default)
            formatted = asked in (True, "true")
        mark = settings.profile == "v63" and body.get("csv_include_bom") in (True, "true")
        query = {name: value for name, value in query.items() if name != "constraints"}
        return Wish(
            form,
            query,
            formatted=formatted,
            byte_order_mark=mark,
            limited=False,
            strings=False,
        )

    # --- refusals -------------------------------------------------------------------------

    def _refuse_query(self, account: Account, query: dict) -> Reply | None:
        database = query.get("database")
        if database == SAVED_QUESTIONS or not isinstance(database, int):
            message = (
                "`database` is required for all queries whose type is not `internal`."
            )
            answer = {
                "via": [],
                "trace": [],
                "cause": message,
                "message": message,
                "data": {},
            }
            return Reply.of_json(400, answer)
        if refused := self._refuse_database(account, database):
            return refused
        if not account.native and query.get("type") != "query":
            return _forbidden()
        try:
            resolve(query, self._server.catalog)
        except BadQuery as error:
            return Reply.of_json(400, {"errors": {"query": str(error)}})
        except Exception:  # told as a failed query, by the run
            return None
        return None

    def _refuse_database(self, account: Account, id_: int) -> Reply | None:
        if id_ not in BY_ID:
            return self._not_found()
        return None if account.databases else _forbidden()

    def _not_found(self) -> Reply:
        if self._server.settings.generation.json_not_found:
            return Reply.of_json(404, {"message": "Not found.", "status": 404})
        return Reply.of_text(404, "Not found.")


def _strings_allowed(query: dict) -> bool:
    return (query.get("middleware") or {}).get("js-int-to-string?", True)


def _no_route() -> Reply:
    return Reply.of_text(404, "API endpoint does not exist.")


def _forbidden() -> Reply:
    return Reply.of_text(403, "You don't have permissions to do that.")


_ROUTES = [
    ("GET", r"/api/user/current", "user"),
    ("GET", r"/api/database/?", "databases"),
    ("GET", r"/api/database/(-?\d+)", "database"),
    ("GET", r"/api/database/(\d+)/metadata", "metadata"),
    ("GET", r"/api/database/(\d+)/schemas", "schemas"),
    ("GET", r"/api/database/(\d+)/schema/(.*)", "schema"),
    ("GET", r"/api/table/?", "tables"),
    ("GET", r"/api/table/(\d+)", "table"),
    ("GET", r"/api/table/(\d+)/query_metadata", "query_metadata"),
    ("GET", r"/api/card/?", "cards"),
    ("GET", r"/api/card/([\w-]+)", "card"),
    ("POST", r"/api/card/([\w-]+)/query(?:/(\w+))?", "run_card"),
    ("POST", r"/api/dataset/?", "dataset"),
    ("POST", r"/api/dataset/(\w+)", "export"),
]
assert all(hasattr(Api, handler) for _, _, handler in _ROUTES)
assert set(BY_ID) == {id_ for id_, _, _ in DATABASES.values()}
