"""The shop's filled data directory: made once per content, kept under build/olist.

A directory is filled under another name and renamed when it is complete, so one that
exists is whole. Its name is a hash of everything that decides its content.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .load import load_tables
from .mariadb import FILL_SETTINGS, Server, create_data_directory, find_program

EXAMPLE = Path(__file__).resolve().parent.parent
CACHE = EXAMPLE.parent.parent / "build" / "olist"
_KEPT = 6  # data directories


@contextmanager
def open_shop(
    seed: int = 1,
    scale: float = 1.0,
    kaggle: Path | None = None,
    private: bool = False,
    report: Callable[[str], None] = lambda message: None,
    cache: Path = CACHE,
) -> Iterator[Server]:
    """A running server with the nine tables; stopped when the block ends, however it ends.

    `kaggle` takes the real CSV files instead of generated data. `private` gives a copy
    that the caller may change; so does a cached directory that another process uses.
    """
    home = cache / _fingerprint(seed, scale, kaggle)
    cache.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # Whoever holds the first lock may fill, copy or remove the directory; whoever holds
        # the second runs a server on it.
        with (cache / f"{home.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not home.exists():
                _sweep(cache)
                _fill(home, seed, scale, kaggle, report)
            os.utime(home)
            used = stack.enter_context((cache / f"{home.name}.used").open("w"))
            idle = _try_lock(used)
            data = home
            if private or not idle:
                scratch = tempfile.TemporaryDirectory(
                    dir=cache, prefix=f"copy-{os.getpid()}-"
                )
                data = Path(stack.enter_context(scratch)) / "data"
                if idle:
                    shutil.copytree(home, data)
                    used.close()
        if not data.exists():
            # A directory in use is not in a state to be copied: fill another.
            report("the data directory is in use: working on a copy")
            _fill(data, seed, scale, kaggle, report)
        server = stack.enter_context(Server(data))
        server.admit_reader()
        yield server


def _try_lock(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(cache: Path) -> None:
    """Remove what killed processes left behind and all but the last few data directories."""
    for path in cache.iterdir():
        owner = re.search(r"(?:^copy|\.filling)-(\d+)", path.name)
        if owner and not Path("/proc", owner[1]).exists():
            shutil.rmtree(path, ignore_errors=True)
    whole = [path for path in cache.iterdir() if re.fullmatch("[0-9a-f]{16}", path.name)]
    for home in sorted(whole, key=lambda path: path.stat().st_mtime)[: -_KEPT + 1]:
        lock_name, used_name = f"{home.name}.lock", f"{home.name}.used"
        with (cache / lock_name).open("w") as lock, (cache / used_name).open("w") as used:
            if _try_lock(lock) and _try_lock(used):
                shutil.rmtree(home)


def _fingerprint(seed: int, scale: float, kaggle: Path | None) -> str:
    digest = hashlib.sha256()
    if kaggle is None:
        digest.update(f"generated {seed} {scale!r}".encode())
        sources = sorted((EXAMPLE / "generate").rglob("*"))
    else:
        digest.update(b"kaggle")
        sources = [
            EXAMPLE / "generate" / "tables.py",
            *sorted(Path(kaggle).glob("*.csv")),
        ]
    sources += [EXAMPLE / "schema.sql", *sorted((EXAMPLE / "database").glob("*.py"))]
    for path in sources:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    version = subprocess.run(
        [find_program("mariadbd", "mysqld"), "--version"],
        capture_output=True,
        check=True,
    )
    digest.update(version.stdout)
    return digest.hexdigest()[:16]


def _fill(home: Path, seed: int, scale: float, kaggle: Path | None, report) -> None:
    # Imported here: a warm start needs neither numpy nor pyarrow.
    from generate import generate, read_kaggle

    filling = home.with_name(f"{home.name}.filling-{os.getpid()}")
    shutil.rmtree(filling, ignore_errors=True)
    try:
        if kaggle is None:
            report(f"generating the shop's data (seed {seed}, scale {scale:g})")
            tables = generate(seed, scale)
        else:
            report(f"reading the data set in {kaggle}")
            tables = read_kaggle(Path(kaggle))
        rows = sum(table.num_rows for table in tables.values())
        report(f"filling MariaDB with {rows:,} rows in {len(tables)} tables")
        filling.parent.mkdir(parents=True, exist_ok=True)
        create_data_directory(filling)
        with Server(filling, FILL_SETTINGS) as server:
            load_tables(server, tables, EXAMPLE / "schema.sql")
        filling.rename(home)
    finally:
        shutil.rmtree(filling, ignore_errors=True)
