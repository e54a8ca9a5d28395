"""A private MinIO on loopback; `scripts/bootstrap test` builds the program."""

import os
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ports import free_port

_PROGRAM = Path(__file__).resolve().parents[2] / "build" / "deps" / "minio" / "minio"
_START_SECONDS = 60

ACCESS_KEY = "keelboat-tests"
SECRET_KEY = "s3cret/of+tests"


class MinioError(Exception):
    pass


@dataclass
class Minio:
    """A server that can be killed and started again with the data it had."""

    home: Path
    port: int
    process: subprocess.Popen | None = None
    tls: bool = False
    # Buckets are named in the host, below this one.
    domain: str = ""
    # What starts the program in other surroundings: nsenter …
    prefix: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        host = self.domain or "127.0.0.1"
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def certificate(self) -> Path:
        """Its own authority."""
        return self.home / "certs" / "public.crt"

    def make_certificate(self) -> None:
        self.certificate.parent.mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
            + ["-keyout", str(self.certificate.parent / "private.key")]
            + ["-out", str(self.certificate), "-subj", "/CN=minio of tests"]
            + ["-addext", "subjectAltName=IP:127.0.0.1"],
            check=True,
            capture_output=True,
        )

    def variables(self, bucket: str) -> dict[str, str]:
        """What the older pipeline calls them."""
        return {
            "MINIO_ENDPOINT": self.endpoint,
            "MINIO_ROOT_USER": ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": SECRET_KEY,
            "MINIO_BUCKET": bucket,
        }

    def reader_options(self) -> dict[str, str]:
        """How deltalake and Polars reach it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "AWS_CONDITIONAL_PUT": "etag",
        }

    def new_bucket(self, name: str) -> str:
        # A folder in the data of a server with one disk is a bucket.
        folder = str(self.home / "data" / name)
        subprocess.run([*self.prefix, "mkdir", folder], check=True)
        return name

    def objects(self, bucket: str) -> list[str]:
        """Names of all objects as they lie on the disk, hidden ones too."""
        root = self.home / "data" / bucket
        return sorted(
            str(meta.parent.relative_to(root)) for meta in root.rglob("xl.meta")
        )

    def unfinished(self) -> int:
        """Parts that lie on the disk and belong to no object."""
        uploads = self.home / "data" / ".minio.sys" / "multipart"
        return sum(1 for _ in uploads.rglob("part.*[0-9]"))

    def start(self) -> None:
        if not _PROGRAM.exists():
            raise MinioError(f"{_PROGRAM} is not there: run: scripts/bootstrap test")
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.prefix,
                    str(_PROGRAM),
                    "server",
                    "--quiet",
                    "--certs-dir",
                    str(self.certificate.parent),
                    "--address",
                    f"127.0.0.1:{self.port}",
                    str(self.home / "data"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.home),
                    "MINIO_ROOT_USER": ACCESS_KEY,
                    "MINIO_ROOT_PASSWORD": SECRET_KEY,
                    "MINIO_BROWSER": "off",
                    "MINIO_UPDATE": "off",
                    "MINIO_CI_CD": "1",
                    **({"MINIO_DOMAIN": self.domain} if self.domain else {}),
                },
            )
        deadline = time.monotonic() + _START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(
                    f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
                    "/minio/health/ready",
                    context=ssl._create_unverified_context() if self.tls else None,
                ) as ready:
                    # It says 200 and "offline" until it knows its disk.
                    if ready.headers["x-minio-server-status"] is None:
                        return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.05)
        log_text = (self.home / "server.log").read_text(errors="replace")
        raise MinioError(f"MinIO did not start:\n{log_text[-2000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def minio_server(
    home: Path, tls: bool = False, domain: str = "", prefix: tuple[str, ...] = ()
):
    """A server without buckets; ends with the block."""
    (home / "data").mkdir(parents=True, exist_ok=True)
    server = Minio(home, free_port(), tls=tls, domain=domain, prefix=prefix)
    if tls:
        server.make_certificate()
    try:
        server.start()
        yield server
    finally:
        server.stop()
