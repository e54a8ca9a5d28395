"""How a test turns a running server: /stand-in/..., which no real server has."""

import json

from .connection import Reply, Request
from .engine import EngineError
from .settings import Fault


class Control:
    def __init__(self, server):
        self._server = server

    def answer(self, request: Request) -> Reply:
        server = self._server
        try:
            match f"{request.method} {request.path}":
                case "PUT /stand-in/settings":
                    server.settings = server.settings.changed(json.loads(request.body))
                case "POST /stand-in/faults":
                    server.add_fault(Fault(**json.loads(request.body)))
                case "POST /stand-in/execute":
                    server.engine.execute(json.loads(request.body)["sql"])
                case "POST /stand-in/reset":
                    server.reset()
                case "POST /stand-in/expire":
                    server.sessions.expire_all()
                case "GET /stand-in/log":
                    return Reply.of_json(200, server.events())
                case "GET /stand-in/stats":
                    return Reply.of_json(200, server.stats())
                case _:
                    return Reply.of_text(404, f"no {request.method} {request.path}")
        except (KeyError, TypeError, ValueError, EngineError) as error:
            return Reply.of_text(400, str(error))
        return Reply(204)
