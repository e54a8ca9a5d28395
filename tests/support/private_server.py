"""A private MariaDB for one test module: empty databases to fill and throw away."""

import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "examples" / "olist"))

from database.mariadb import Server, create_data_directory  # noqa: E402

USER = "reader"
PASSWORD = "pa55-wörd'%$"
# Dozens of these servers share a disk.
_SMALL_LOG = "--innodb-log-file-size=24M"


@contextmanager
def private_server(folder: Path, *settings: str):
    """A running server without any database; everything goes when the block ends."""
    data = folder / "data"
    create_data_directory(data)
    try:
        with Server(data, (_SMALL_LOG, *settings)) as server:
            quoted = PASSWORD.replace("'", "''")
            server.execute(f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{quoted}'")
            yield server
    finally:
        shutil.rmtree(data)


def new_database(server: Server, name: str, sql: str) -> dict[str, str]:
    """(Re)creates a database that the reader may read; returns the variables that reach it."""
    server.execute(
        f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}`;"
        f"GRANT SELECT ON `{name}`.* TO '{USER}'@'127.0.0.1';"
    )
    server.execute(sql, name)
    return {
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": str(server.port),
        "MYSQL_USER": USER,
        "MYSQL_PASSWORD": PASSWORD,
        "MYSQL_DATABASE": name,
    }
