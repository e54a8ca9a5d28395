"""Who is let in, and with what words the others are sent away."""

import jwt
from fakesnow.transforms import SERVER_VERSION

from .account import ACCOUNT
from .settings import Settings

_PAGE = (
    "<!DOCTYPE html><html><head><title>404 Not Found</title></head>"
    "<body><h1>404 Not Found</h1></body></html>"
)


class Refused(Exception):
    """A login that fails; `page` where it is a page of the web server."""

    def __init__(self, code: str, message: str, page: str = ""):
        super().__init__(message)
        self.code, self.message, self.page = code, message, page


def admit(settings: Settings, data: dict, role: str) -> tuple[str, str]:
    """User and role of a login request's `data`; raises Refused."""
    account = data.get("ACCOUNT_NAME", "").split(".")[0]
    if settings.account and _plain(account) != _plain(settings.account):
        raise Refused("404", "no such account", _PAGE)
    user = data.get("LOGIN_NAME", "").upper()
    kind = (data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
    if kind == "SNOWFLAKE_JWT":
        user = _check_key(settings, user, data.get("TOKEN", ""))
    elif kind == "PROGRAMMATIC_ACCESS_TOKEN":
        if not _is_token(settings, user, data.get("TOKEN") or data.get("PASSWORD")):
            raise Refused("394400", "Programmatic access token is invalid.")
    elif kind in ("SNOWFLAKE", "USERNAME_PASSWORD_MFA"):
        password = data.get("PASSWORD", "")
        right = settings.users.get(user) == password
        if not right and not _is_token(settings, user, password):
            raise Refused("390100", "Incorrect username or password was specified.")
    else:
        raise Refused(
            "390101", f"Authenticator '{kind}' is not enabled for this account."
        )
    role = role.strip('"').upper() or settings.roles[0]
    if role not in settings.roles:
        raise Refused(
            "390189",
            f"Role '{role}' specified in the connect string is not granted to this user. "
            "Contact your local system administrator, or attempt to login with another "
            "role, e.g. PUBLIC.",
        )
    return user, role


def reply(token: str, number: int, connection, role: str, warehouse: str) -> dict:
    return {
        "data": {
            "token": token,
            "masterToken": token,
            "validityInSeconds": 3600,
            "sessionId": number,
            "serverVersion": SERVER_VERSION,
            "parameters": [
                {"name": "AUTOCOMMIT", "value": connection._autocommit},
                {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
                # Arrays of binds come in the request, never through a stage.
                {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
            ],
            "sessionInfo": {
                "databaseName": connection.database if connection.database_set else None,
                "schemaName": connection.schema if connection.schema_set else None,
                "warehouseName": warehouse or None,
                "roleName": role,
            },
        },
        "success": True,
        "code": None,
        "message": None,
    }


def _check_key(settings: Settings, user: str, token: str) -> str:
    """The user, whom some clients name in the token alone: "ACCOUNT.USER"."""
    try:
        unproved = jwt.decode(token, options={"verify_signature": False})
        user = user or unproved.get("sub", "").split(".")[-1]
        jwt.decode(
            token,
            settings.public_keys[user],
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_iat": False},
        )
    except (KeyError, jwt.PyJWTError) as error:
        raise Refused("390144", "JWT token is invalid.") from error
    return user


def _is_token(settings: Settings, user: str, token: str | None) -> bool:
    return token is not None and settings.tokens.get(user) == token


def _plain(account: str) -> str:
    return (account or ACCOUNT).upper().replace("_", "-")
