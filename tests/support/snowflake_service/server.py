"""The service as a web server: fakesnow's, with our logins, rules and faults around it."""

import gzip
import json
import secrets
import socket

import fakesnow.server
import uvicorn
from fakesnow import macros
from fakesnow.instance import FakeSnow
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from . import control
from .gate import Gate
from .login import Refused, admit, reply
from .patches import install
from .service import Service, session_of
from .session import Session


class Server:
    """Listens from the start; `serve` answers."""

    def __init__(self, port: int, database: str):
        self._service = Service()
        install(self._service)
        # Only CREATE makes databases and schemas, as in the real service.
        self._snowflake = FakeSnow(
            create_database_on_connect=False, create_schema_on_connect=False
        )
        fakesnow.server.shared_fs = self._snowflake
        self._help_sessions_without_a_database()
        setup = self._connect().cursor()
        setup.execute(f'CREATE DATABASE "{database.upper()}"')
        setup.execute(f'CREATE SCHEMA "{database.upper()}"."PUBLIC"')
        self._socket = socket.create_server(("127.0.0.1", port))
        # An answer goes out in two pieces; connections take this on from here. Otherwise the
        # second waits 40 ms until the client acknowledges the first.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _help_sessions_without_a_database(self) -> None:
        """They compute with dates and describe tables by their full names all the same."""
        run = self._snowflake.duck_conn.execute
        run(macros.creation_sql("memory"))
        run("CREATE SCHEMA memory._fs_information_schema")
        run(
            "CREATE VIEW memory._fs_information_schema._fs_columns AS"
            " SELECT * FROM _fs_global._fs_information_schema._fs_columns"
        )

    def serve(self) -> None:
        own = [
            Route("/session/v1/login-request", self._login, methods=["POST"]),
            Route("/session", self._session, methods=["POST"]),
            Route("/queries/v1/query-request", self._query, methods=["POST"]),
            Route("/telemetry/send", _telemetry, methods=["POST"]),
            *control.routes(self._service, self._connect),
        ]
        app = Starlette(routes=[*own, *fakesnow.server.routes])
        config = uvicorn.Config(
            Gate(app, self._service),
            log_level="critical",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=600,
        )
        uvicorn.Server(config).run(sockets=[self._socket])

    def _connect(self, database: str | None = None, schema: str | None = None):
        return self._snowflake.connect(database, schema)

    async def _login(self, request: Request):
        body = await request.body()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        data = json.loads(body)["data"]
        asked = request.query_params
        settings = self._service.settings
        self._service.note(
            "login", user=data.get("LOGIN_NAME"), role=asked.get("roleName")
        )
        try:
            user, role = admit(settings, data, asked.get("roleName", ""))
        except Refused as refused:
            if refused.page:
                return HTMLResponse(refused.page, status_code=404)
            return JSONResponse(
                {
                    "data": {"authnMethod": "USERNAME_PASSWORD"},
                    "code": refused.code,
                    "message": refused.message,
                    "success": False,
                }
            )
        parameters = data.get("SESSION_PARAMETERS") or {}
        connection = self._snowflake.connect(
            _name(asked.get("databaseName")),
            _name(asked.get("schemaName")),
            autocommit=parameters.get("AUTOCOMMIT", True),
        )
        warehouse = _name(asked.get("warehouse")) or ""
        session = connection._stand_in = Session(
            connection,
            user=user,
            role=role,
            warehouse=warehouse if warehouse in settings.warehouses else "",
            parameters={name.upper(): str(value) for name, value in parameters.items()},
        )
        token = secrets.token_urlsafe(32)
        fakesnow.server.sessions[token] = connection
        return JSONResponse(
            reply(token, session.number, connection, role, session.warehouse)
        )

    async def _session(self, request: Request):
        connection = fakesnow.server.sessions.get(fakesnow.server.to_token(request))
        if connection is not None and request.query_params.get("delete"):
            self._service.end(session_of(connection))
            self._service.note("logout")
        return await fakesnow.server.session(request)

    async def _query(self, request: Request):
        state = request.scope["state"]
        identity = state.get("request_id", "")
        connection = fakesnow.server.sessions.get(fakesnow.server.to_token(request))
        if connection is not None:
            session = self._service.running[identity] = session_of(connection)
            state["tag"] = session.parameters.get("QUERY_TAG")
        try:
            return await fakesnow.server.query_request(request)
        finally:
            self._service.running.pop(identity, None)


async def _telemetry(_: Request):
    return JSONResponse({"success": True})


def _name(text: str | None) -> str | None:
    if not text:
        return None
    return text[1:-1] if text.startswith('"') else text.upper()
