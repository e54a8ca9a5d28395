"""Logging in and out, and who a request comes from."""

import threading
import uuid

from .account import ACCOUNTS, Account
from .connection import Reply, Request
from .settings import Settings
from .throttle import Throttle

UNAUTHENTICATED = Reply.of_text(401, "Unauthenticated")
_WRONG = {"errors": {"password": "did not match stored password"}}


class Sessions:
    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Account, float]] = {}
        self._by_user = Throttle(10, clock)
        self._by_address = Throttle(50, clock)

    def count(self) -> int:
        return len(self._open)

    def expire_all(self) -> None:
        with self._lock:
            self._open.clear()

    def account_of(self, request: Request, settings: Settings) -> Account | None:
        """The cookie counts before the header, the session before the key."""
        key = self.key_of(request)
        with self._lock:
            account, since = self._open.get(key or "", (None, 0.0))
        age = (self._clock() - since) / 60
        if account and age < settings.max_session_age_minutes:
            return account
        api_key = request.headers.get("x-api-key")
        return next(
            (each for each in ACCOUNTS if api_key and each.api_key == api_key), None
        )

    @staticmethod
    def key_of(request: Request) -> str | None:
        return request.cookies.get("metabase.SESSION") or request.headers.get(
            "x-metabase-session"
        )

    def log_in(self, body: dict, address: str, settings: Settings) -> Reply:
        username, password = body.get("username"), body.get("password")
        for name, value in (("username", username), ("password", password)):
            if not isinstance(value, str) or not value.strip():
                return _missing(name, settings)
        with self._lock:
            if settings.session_throttle and (
                refused := self._throttled(username, address)
            ):
                return refused
            account = next((each for each in ACCOUNTS if each.email == username), None)
            if account is None or account.password != password:
                self._record_failure(username, address)
                return Reply.of_json(401, _WRONG)
            if not account.is_active:
                self._record_failure(username, address)
                return Reply.of_json(
                    401, {"errors": {"_error": "Your account is disabled."}}
                )
            if account.multi_factor and settings.generation.multi_factor:
                challenge = {
                    "mfa_required": True,
                    "methods": ["totp"],
                    "challenge_token": f"eyJhbGciOiJIUzI1NiJ9.{uuid.uuid4().hex}.x",
                }
                return Reply.of_json(200, challenge)
            key = str(uuid.uuid4())
            self._open[key] = (account, self._clock())
        cookies = [
            ("Set-Cookie", f"metabase.SESSION={key}; HttpOnly; SameSite=Lax; Path=/"),
            ("Set-Cookie", "metabase.TIMEOUT=alive; SameSite=Lax; Path=/"),
        ]
        return Reply.of_json(200, {"id": key}, cookies)

    def log_out(self, request: Request, settings: Settings) -> Reply:
        with self._lock:
            if self._open.pop(self.key_of(request) or "", None) is None:
                return Reply.of_text(404, "Not found.")
        expired = "Expires=Thu, 1 Jan 1970 00:00:00 GMT; Path=/"
        return Reply(204, headers=[("Set-Cookie", f"metabase.SESSION=; {expired}")])

    def end_session_of(self, request: Request) -> None:
        with self._lock:
            self._open.pop(self.key_of(request) or "", None)

    def _throttled(self, username: str, address: str) -> Reply | None:
        seconds = self._by_address.wait_seconds(address) or self._by_user.wait_seconds(
            username
        )
        if not seconds:
            return None
        self._record_failure(username, address)
        text = f"Too many attempts! You must wait {seconds} seconds before trying again."
        return Reply.of_json(401, {"errors": {"username": text}})

    def _record_failure(self, username: str, address: str) -> None:
        self._by_address.record_failure(address)
        self._by_user.record_failure(username)


def _missing(name: str, settings: Settings) -> Reply:
    answer = {"errors": {name: "value must be a non-blank string."}}
    if settings.generation.specific_errors:
        answer["specific-errors"] = {name: ["should be a string", "non-blank string"]}
    return Reply.of_json(400, answer)
