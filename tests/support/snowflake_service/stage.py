"""Named stages: where their files lie, and how they are listed, brought here and removed."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import snowflake.connector.errors as errors
from fakesnow.transforms.stage import internal_dir
from pyarrow.fs import FileSelector, FileType, S3FileSystem

from .settings import Settings
from .statement import folded

_REFERENCE = re.compile(
    r"""@((?:"[^"]*"|[^"/.\s]+)(?:\.(?:"[^"]*"|[^"/.\s]+))*)(?:/(.*))?""", re.DOTALL
)
_NAME = re.compile(r'"[^"]*"|[^".]+')


@dataclass
class StagedFile:
    name: str  # as LIST shows it
    path: str  # below the stage
    size: int
    mark: str  # another content has another one
    modified: str


@dataclass
class Stage:
    """A place for files: a folder of the service, or a bucket."""

    name: tuple[str, str, str]
    options: dict = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.options.get("URL", "")

    @property
    def file_format(self) -> dict:
        return self.options.get("FILE_FORMAT", {})

    def files(self, path: str, settings: Settings) -> list[StagedFile]:
        """Those whose path begins with `path`, by name."""
        found = self._remote(path, settings) if self.url else self._local(path)
        return sorted(found, key=lambda file: file.name)

    def bring(self, path: str, folder: Path, settings: Settings) -> Path:
        """A file of the stage as a file of this machine; in `folder` where it is a copy."""
        if not self.url:
            return Path(self._root()) / path
        store, root = self._store(settings)
        copy = folder / hashlib.sha256(path.encode()).hexdigest()
        with _stage_errors(self):
            with store.open_input_stream(root + path) as remote, copy.open("wb") as local:
                while block := remote.read(1 << 20):
                    local.write(block)
        return copy

    def remove(self, path: str, settings: Settings) -> None:
        if not self.url:
            (Path(self._root()) / path).unlink()
            return
        store, root = self._store(settings)
        with _stage_errors(self):
            store.delete_file(root + path)

    def _root(self) -> str:
        return internal_dir(".".join(self.name))

    def _local(self, begin: str) -> list[StagedFile]:
        root = Path(self._root())
        return [
            StagedFile(
                name=f"{self.name[2].lower()}/{path.relative_to(root)}",
                path=str(path.relative_to(root)),
                size=path.stat().st_size,
                mark=hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(),
                modified=str(path.stat().st_mtime),
            )
            for path in root.rglob("*")
            if path.is_file() and str(path.relative_to(root)).startswith(begin)
        ]

    def _remote(self, begin: str, settings: Settings) -> list[StagedFile]:
        store, root = self._store(settings)
        selector = FileSelector(root.rstrip("/"), recursive=True, allow_not_found=True)
        with _stage_errors(self):
            found = store.get_file_info(selector)
        bucket = root.split("/")[0]
        return [
            StagedFile(
                name=f"s3://{bucket}/{info.path.removeprefix(bucket + '/')}",
                path=info.path.removeprefix(root),
                size=info.size,
                mark=f"{info.size}-{info.mtime_ns}",
                modified=str(info.mtime),
            )
            for info in found
            if info.type is FileType.File
            and info.path.removeprefix(root).startswith(begin)
        ]

    def _store(self, settings: Settings) -> tuple[S3FileSystem, str]:
        """The bucket's file system, and the stage's place in it with a slash at its end."""
        place = urlsplit(self.url)
        keys = self.options.get("CREDENTIALS", {})
        access, secret = keys.get("AWS_KEY_ID"), keys.get("AWS_SECRET_KEY")
        endpoint = self.options.get("ENDPOINT")
        if integration := self.options.get("STORAGE_INTEGRATION"):
            known = settings.integrations.get(folded(integration))
            if known is None:
                raise errors.ProgrammingError(
                    msg="SQL compilation error:\nIntegration "
                    f"'{folded(integration)}' does not exist or not authorized.",
                    errno=2003,
                    sqlstate="02000",
                )
            endpoint, access, secret = (
                known[name] for name in ("endpoint", "access_key", "secret_key")
            )
        endpoint = (endpoint or "s3.amazonaws.com").split("://")[-1]
        store = S3FileSystem(
            access_key=access,
            secret_key=secret,
            session_token=keys.get("AWS_TOKEN"),
            endpoint_override=endpoint,
            scheme="http" if _is_loopback(endpoint) else "https",
            region="us-east-1",
            connect_timeout=5,
            request_timeout=30,
        )
        path = place.path.strip("/")
        return store, place.netloc + "/" + (path + "/" if path else "")


class _stage_errors:  # noqa: N801 - reads as a statement
    def __init__(self, stage: Stage):
        self._stage = stage

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind, error, _) -> None:
        if isinstance(error, FileNotFoundError) or "404" in str(error):
            raise not_found(f"{self._stage.url}: {error}") from error
        if isinstance(error, OSError):
            raise errors.ProgrammingError(
                msg=f"Failure using stage area. Cause: [{error}]",
                errno=91003,
                sqlstate="55000",
            ) from error


def not_found(file: str) -> errors.ProgrammingError:
    return errors.ProgrammingError(
        msg=f"Remote file '{file}' was not found. There are several potential causes. The "
        "file might not exist. The required credentials may be missing or invalid. If you "
        "are running a copy command, please make sure files are not deleted when they are "
        "being loaded or files are not being loaded into two different tables concurrently "
        "with auto purge option.",
        errno=91016,
        sqlstate="22000",
    )


def parse_reference(reference: str) -> tuple[list[str], str] | None:
    """The stage's name and the path behind it; None for stages of tables and users."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or match[1].startswith(("%", "~")) or ".%" in match[1]:
        return None
    return [folded(part) for part in _NAME.findall(match[1])], match[2] or ""


def _is_loopback(endpoint: str) -> bool:
    host = endpoint.split(":")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
