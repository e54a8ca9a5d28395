"""The switches of a test: /stand-in/…, outside of Snowflake's own addresses."""

import json
from decimal import Decimal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .service import Service
from .settings import Fault


def routes(service: Service, connect) -> list[Route]:
    """`connect(database, schema)` makes one of fakesnow's connections."""

    async def settings(request: Request) -> Response:
        return _answer(lambda body: service.settings.change(body), await request.body())

    async def faults(request: Request) -> Response:
        return _answer(
            lambda body: service.add_fault(Fault(**body)), await request.body()
        )

    async def reset(_: Request) -> Response:
        service.reset()
        return Response(status_code=204)

    async def log(_: Request) -> Response:
        return Response(json.dumps(list(service.log)))

    async def locks(_: Request) -> Response:
        return Response(json.dumps(service.locks.held_tables()))

    async def sql(request: Request) -> Response:
        body = json.loads(await request.body())
        return await run_in_threadpool(_answer, lambda _: _rows(connect, body), b"{}")

    return [
        Route("/stand-in/settings", settings, methods=["PUT"]),
        Route("/stand-in/faults", faults, methods=["POST"]),
        Route("/stand-in/reset", reset, methods=["POST"]),
        Route("/stand-in/log", log, methods=["GET"]),
        Route("/stand-in/locks", locks, methods=["GET"]),
        Route("/stand-in/sql", sql, methods=["POST"]),
    ]


def _answer(act, body: bytes) -> Response:
    try:
        result = act(json.loads(body or b"{}"))
    except Exception as error:
        return PlainTextResponse(f"{type(error).__name__}: {error}", status_code=400)
    if result is None:
        return Response(status_code=204)
    return Response(json.dumps(result, default=_plain))


def _plain(value):
    whole = isinstance(value, Decimal) and value.as_tuple().exponent == 0
    return int(value) if whole else str(value)


def _rows(connect, body: dict) -> dict:
    connection = connect(body.get("database"), body.get("schema"))
    try:
        cursor = connection.cursor().execute(body["sql"], server=True)
        table = cursor._arrow_table
        columns = [column.to_pylist() for column in table.columns]
        return {
            "columns": table.column_names,
            "rows": [list(row) for row in zip(*columns, strict=True)],
        }
    finally:
        connection.close()
