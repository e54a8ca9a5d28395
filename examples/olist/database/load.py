"""Loads tables into an empty server by LOAD DATA, keys and foreign keys checked."""

import subprocess
import tempfile
from pathlib import Path

from generate import TABLES, write_csv

from .mariadb import DATABASE, Server, ServerError


def load_tables(server: Server, tables: dict, schema: Path) -> None:
    """Create the shop's database and fill it. Raises ServerError on the first bad row."""
    server.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    server.execute(schema.read_text(encoding="utf-8"), DATABASE)
    with tempfile.TemporaryDirectory(prefix="keelboat-olist-") as scratch:
        directory = Path(scratch)
        write_csv(tables, directory)
        # geolocation depends on nothing and is as big as the rest: it loads alongside.
        alone = ["geolocation"]
        in_order = [name for name in TABLES if name not in alone]
        loads = [_start(server, names, directory) for names in (alone, in_order)]
        problems = [problem for load in loads if (problem := _finish(load))]
    if problems:
        raise ServerError("loading the shop: " + "; ".join(problems))
    # The server's own estimates, which plans show, are otherwise those of empty tables.
    server.execute(f"ANALYZE TABLE {', '.join(tables)}", DATABASE)
    counted = server.execute(
        ";".join(f"SELECT COUNT(*) FROM {name}" for name in tables), DATABASE
    )
    for (name, rows), count in zip(tables.items(), counted.split(), strict=True):
        if int(count) != rows.num_rows:
            raise ServerError(
                f"loading {name}: {rows.num_rows} rows sent, {count} arrived"
            )


def _start(server: Server, names: list[str], directory: Path) -> subprocess.Popen:
    script = "".join(_statement(name, directory) for name in names)
    load = subprocess.Popen(
        # Warnings are shown so that a value cut short can be made an error.
        server.client("--local-infile=1", "--show-warnings", "--batch", DATABASE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    load.stdin.write(script)
    load.stdin.close()
    return load


def _finish(load: subprocess.Popen) -> str:
    """What went wrong, or an empty string."""
    output = load.stdout.read().strip()
    load.stdout.close()
    if load.wait() == 0 and not output:
        return ""
    return (
        output.splitlines()[0] if output else f"the client ended with {load.returncode}"
    )


def _statement(name: str, directory: Path) -> str:
    table = TABLES[name]
    targets = [
        f"@{column}" if column in table.optional else column for column in table.columns
    ]
    nulls = [
        f"{name} = NULLIF(@{name}, '')"
        for name in table.columns
        if name in table.optional
    ]
    path = str(directory / table.file).replace("\\", "\\\\").replace("'", "\\'")
    return (
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES';"
        f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {name} CHARACTER SET utf8mb4 "
        "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' "
        "LINES TERMINATED BY '\\n' IGNORE 1 LINES "
        f"({', '.join(targets)})" + (f" SET {', '.join(nulls)}" if nulls else "") + ";\n"
    )
