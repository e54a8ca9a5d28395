"""Temporary keys of a MinIO, perhaps with fewer rights, and services that lend them as an
instance's metadata service and AWS's token service do."""

import datetime
import hashlib
import hmac
import json
import threading
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from minio import ACCESS_KEY, SECRET_KEY, Minio

_ROLE = "etl"
_ROLES = "/latest/meta-data/iam/security-credentials/"


@dataclass
class TemporaryKeys:
    access_key: str
    secret_key: str
    session_token: str

    def variables(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _signed(url: str, body: bytes) -> urllib.request.Request:
    """By AWS Signature Version 4 for the service "sts"."""
    host = urllib.parse.urlsplit(url).netloc
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(body).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "host": host,
        "x-amz-content-sha256": payload,
        "x-amz-date": stamp,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{payload}"
    scope = f"{stamp[:8]}/us-east-1/sts/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = ("AWS4" + SECRET_KEY).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return urllib.request.Request(url, data=body, headers=headers)


def temporary_keys(minio: Minio, *actions: str, bucket: str = "*") -> TemporaryKeys:
    """Keys for a quarter of an hour; with actions ("s3:GetObject") only for those."""
    fields = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "DurationSeconds": "900",
    }
    if actions:
        statement = {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }
        fields["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    request = _signed(minio.endpoint + "/", urllib.parse.urlencode(fields).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        tree = ElementTree.fromstring(answer.read())
    found = {element.tag.rpartition("}")[2]: element.text for element in tree.iter()}
    return TemporaryKeys(
        found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
    )


class MetadataService:
    """Lends keys as an instance's metadata service does, version 2 only."""

    def __init__(self, minio: Minio) -> None:
        self._minio = minio
        self.lent = 0
        # How long what is lent next may be used, as the service says.
        self.seconds = 900.0

    def keys(self) -> dict[str, str]:
        self.lent += 1
        keys = temporary_keys(self._minio)
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(
            seconds=self.seconds
        )
        return {
            "Code": "Success",
            "AccessKeyId": keys.access_key,
            "SecretAccessKey": keys.secret_key,
            "Token": keys.session_token,
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]):
    """Answers by `handler` on a loopback port until the block ends; yields the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def metadata_service(minio: Minio):
    """Yields the service and the variable that leads to it."""
    service = MetadataService(minio)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
            fine = self.path == "/latest/api/token" and seconds
            self._answer(200 if fine else 400, "session" if fine else "")

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") != "session":
                self._answer(401, "")
            elif self.path == _ROLES:
                self._answer(200, _ROLE)
            elif self.path == _ROLES + _ROLE:
                self._answer(200, json.dumps(service.keys()))
            else:
                self._answer(404, "")

        def log_message(self, *_) -> None:
            pass

    with _serving(Handler) as url:
        yield service, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url}


_EXCHANGED = """\
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>{AccessKeyId}</AccessKeyId><SecretAccessKey>{SecretAccessKey}</SecretAccessKey>
<SessionToken>{Token}</SessionToken><Expiration>{Expiration}</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""
_REFUSED = """\
<ErrorResponse><Error><Code>InvalidIdentityToken</Code>
<Message>No such issuer</Message></Error></ErrorResponse>"""


@contextmanager
def token_service(minio: Minio, role: str, token: str):
    """Exchanges that token for keys of that role; yields the service and the variable that
    leads to it."""
    service = MetadataService(minio)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked = urllib.parse.parse_qs(self.rfile.read(length).decode())
            fine = (
                asked["Action"] == ["AssumeRoleWithWebIdentity"]
                and asked["RoleArn"] == [role]
                and asked["WebIdentityToken"] == [token]
            )
            text = _EXCHANGED.format(**service.keys()) if fine else _REFUSED
            body = text.encode()
            self.send_response(200 if fine else 400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    with _serving(Handler) as url:
        yield service, {"AWS_ENDPOINT_URL_STS": url}
