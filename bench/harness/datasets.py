"""What is moved: each data set a private MariaDB, filled once and kept under build/bench/data.

Beside it lies a reference copy of the rows, made from the server's own text. A directory is filled under another name and renamed when it is complete, so one that exists
is whole. Its name holds a hash of what decides its content.
"""

import hashlib
import inspect
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "bench" / "data"
sys.path.append(str(ROOT / "examples" / "olist"))

from database.filled import open_shop  # noqa: E402
from database.mariadb import (  # noqa: E402
    FILL_SETTINGS,
    USER,
    Server,
    create_data_directory,
)

from . import fill  # noqa: E402
from .source import (  # noqa: E402
    SourceTable,
    copy_by_client,
    copy_by_server,
    describe,
)

_DATABASE = "bench"
_PASSWORD = "measured"
_PORTION_OF_POOL = 2  # A table's pages need room, and so do the pages of its growth.


@dataclass(frozen=True)
class Dataset:
    """`fill` is None for the Olist shop, whose server has its own way of being filled."""

    name: str
    what: str
    tables: tuple[str, ...] = ()  # Empty: all.
    fill: Callable | None = None
    rows: int = 0  # At scale 1.
    each: bool = False  # Measured table by table.


DATASETS = {
    d.name: d
    for d in (
        Dataset("olist", "nine tables of a shop, 1.55 million rows"),
        Dataset(
            "geolocation",
            "doubles and short texts, no key, a million rows",
            ("geolocation",),
        ),
        Dataset(
            "lineitem",
            "TPC-H's lineitem, 6 million rows of decimals, dates and short texts",
            ("lineitem",),
            fill.lineitem,
            6_001_215,
        ),
        Dataset(
            "wide_text",
            "24 texts of 8 to 400 characters, 300,000 rows",
            ("wide_text",),
            fill.wide_text,
            300_000,
        ),
        Dataset(
            "narrow_integers",
            "four integers, 10 million rows",
            ("narrow_integers",),
            fill.narrow_integers,
            10_000_000,
        ),
        Dataset(
            "growing",
            "lineitem five times: 1, 2, 4, 8 and 16 million rows",
            tuple(f"lineitem_{millions}m" for millions in fill.MILLIONS),
            fill.growing,
            16_000_000,
            each=True,
        ),
        Dataset(
            "keys",
            "the same 4 million rows under even and under skewed keys",
            ("even_keys", "skewed_keys"),
            fill.keys,
            4_000_000,
            each=True,
        ),
    )
}


@contextmanager
def serve(dataset: Dataset, scale: float) -> Iterator[tuple[list[SourceTable], Path]]:
    """A running server with the data, reached by this process's MYSQL_* variables; yields its
    tables and the reference copy."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if dataset.fill is None:
        with open_shop(scale=scale, report=_say) as server:
            os.environ.update(server.environment)
            tables = describe()
            reference = _shop_reference(tables, scale)
            if not reference.exists():
                _say("copying the source as reference")
                copy_by_client(tables, reference)
            wanted = dataset.tables or [table.name for table in tables]
            yield [table for table in tables if table.name in wanted], reference
        return
    home = CACHE / f"{dataset.name}-{_fingerprint(dataset, scale)}"
    if not home.exists():
        _fill(home, dataset, scale)
    bytes_on_disk = sum(f.stat().st_size for f in (home / _DATABASE).iterdir())
    pool = max(512 << 20, bytes_on_disk * _PORTION_OF_POOL)
    with Server(home, (f"--innodb-buffer-pool-size={pool}",)) as server:
        server.execute(
            f"CREATE OR REPLACE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{_PASSWORD}';"
            # The second lets a client agree on one snapshot over several connections.
            f"GRANT SELECT, SHOW VIEW ON {_DATABASE}.* TO '{USER}'@'127.0.0.1';"
            f"GRANT RELOAD, REPLICATION CLIENT ON *.* TO '{USER}'@'127.0.0.1';"
        )
        os.environ.update(server.environment)
        os.environ.update(MYSQL_PASSWORD=_PASSWORD, MYSQL_DATABASE=_DATABASE)
        tables = describe()
        reference = home.with_suffix(".duckdb")
        if not reference.exists():
            _say("copying the source as reference")
            copy_by_server(tables, reference, lambda sql: server.execute(sql, _DATABASE))
        yield tables, reference


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _shop_reference(tables: list[SourceTable], scale: float) -> Path:
    """Keyed by what the source holds, so another shop gets another copy."""
    shape = repr([(t.name, t.rows, t.columns) for t in tables]) + repr(scale)
    for part in ("generate", "database"):
        for file in sorted((ROOT / "examples" / "olist" / part).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                shape += hashlib.sha256(file.read_bytes()).hexdigest()
    return CACHE / f"olist-{hashlib.sha256(shape.encode()).hexdigest()[:12]}.duckdb"


def _fingerprint(dataset: Dataset, scale: float) -> str:
    text = inspect.getsource(fill) + dataset.name + repr((dataset.rows, scale))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _fill(home: Path, dataset: Dataset, scale: float) -> None:
    rows = round(dataset.rows * scale)
    _say(f"filling {dataset.name}: {dataset.what}" + (f" × {scale:g}" * (scale != 1)))
    filling = home.with_name(f"{home.name}.filling-{os.getpid()}")
    try:
        create_data_directory(filling)
        settings = (*FILL_SETTINGS, "--innodb-buffer-pool-size=1G")
        with (
            Server(filling, settings) as server,
            tempfile.TemporaryDirectory(dir=CACHE, prefix="rows-") as scratch,
        ):
            server.execute(f"CREATE DATABASE {_DATABASE} CHARACTER SET utf8mb4")

            def run(sql: str) -> str:
                return server.execute(
                    f"SET sql_mode = 'STRICT_ALL_TABLES';{sql}", _DATABASE
                )

            dataset.fill(run, Path(scratch), rows)
            run(f"ANALYZE TABLE {', '.join(dataset.tables)}")
        filling.rename(home)
    finally:
        shutil.rmtree(filling, ignore_errors=True)
