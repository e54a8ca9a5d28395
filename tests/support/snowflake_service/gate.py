"""Stands before every request: faults, answers given twice, the log."""

import asyncio
import gzip
import json
import time
from collections import OrderedDict
from urllib.parse import parse_qs

from .service import Service
from .settings import Fault

_QUERY = "/queries/v1/query-request"
_ABORT = "/queries/v1/abort-request"
_KEPT_REPLIES = 500


class Gate:
    """An ASGI application around another."""

    def __init__(self, app, service: Service):
        self._app, self._service = app, service
        # A request that comes again under the same id gets the first one's answer.
        self._replies: OrderedDict[str, asyncio.Future] = OrderedDict()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/stand-in/"):
            await self._app(scope, receive, send)
            return
        path, body = scope["path"], await _read(receive)
        request = _json(scope, body) if path in (_QUERY, _ABORT) else {}
        if path == _ABORT:
            self._service.cancel(request.get("requestId", ""))
        fault = self._service.fault_for(path, request.get("sqlText", ""))
        after = fault is not None and fault.kind.endswith("_after")
        if fault is not None and not after:
            self._service.note("fault", kind=fault.kind, path=path)
            await _misbehave(fault, send)
            return
        scope["state"] = dict(scope.get("state") or {})
        begun = time.monotonic()
        reply = await self._reply(scope, body)
        if path == _QUERY:
            self._note(scope, request, reply, time.monotonic() - begun)
        if fault is not None:
            self._service.note("fault", kind=fault.kind, path=path)
            await _misbehave(fault, send)
            return
        for message in reply:
            await send(message)

    async def _reply(self, scope, body: bytes) -> list[dict]:
        identity = parse_qs(scope["query_string"].decode()).get("requestId", [""])[0]
        if scope["path"] != _QUERY or not identity:
            return await self._ask(scope, body)
        known = self._replies.get(identity)
        if known is not None:
            return await asyncio.shield(known)
        future = self._replies[identity] = asyncio.get_running_loop().create_future()
        while len(self._replies) > _KEPT_REPLIES:
            self._replies.popitem(last=False)
        scope["state"]["request_id"] = identity
        reply = await self._ask(scope, body)
        future.set_result(reply)
        return reply

    async def _ask(self, scope, body: bytes) -> list[dict]:
        sent = []
        given = False

        async def receive() -> dict:
            nonlocal given
            if given:
                await asyncio.Event().wait()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return sent

    def _note(self, scope, request: dict, reply: list[dict], seconds: float) -> None:
        answer = json.loads(reply[-1].get("body") or b"{}")
        headers = dict(scope["headers"])
        self._service.note(
            "query",
            sql=request.get("sqlText", ""),
            tag=request.get("parameters", {}).get("QUERY_TAG")
            or scope["state"].get("tag"),
            session=headers.get(b"authorization", b"").decode()[17:25],
            code=answer.get("code"),
            message=answer.get("message"),
            seconds=round(seconds, 4),
        )


async def _read(receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _json(scope, body: bytes) -> dict:
    if dict(scope["headers"]).get(b"content-encoding") == b"gzip":
        body = gzip.decompress(body)
    return json.loads(body or b"{}")


async def _misbehave(fault: Fault, send) -> None:
    if fault.kind.startswith("hang"):
        await asyncio.sleep(fault.seconds)
    if fault.kind.startswith(("hang", "cut")):
        _cut(send)
        return
    status, kind = fault.status, b"text/html"
    text = f"<html><body><h1>{fault.status}</h1></body></html>"
    if fault.kind == "error":
        status, kind = 200, b"application/json"
        data = {"errorCode": fault.code, "sqlState": fault.sqlstate}
        reply = {"data": data, "code": fault.code, "message": fault.message}
        text = json.dumps({**reply, "success": False})
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind)],
        }
    )
    await send({"type": "http.response.body", "body": text.encode()})


def _cut(send) -> None:
    """Ends the connection without an answer: `send` is a method of uvicorn's request."""
    send.__self__.transport.abort()
