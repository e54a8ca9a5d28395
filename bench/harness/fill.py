"""The rows of the data sets. Each function gets `run` (SQL in, text out), a scratch folder and
how many rows; the same arguments make the same rows."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

MILLIONS = (1, 2, 4, 8, 16)
_ROWS_OF_SCALE_1 = 6_001_215
_LINEITEM = """
CREATE TABLE lineitem (
  l_orderkey INT NOT NULL, l_partkey INT NOT NULL, l_suppkey INT NOT NULL,
  l_linenumber INT NOT NULL, l_quantity DECIMAL(15,2) NOT NULL,
  l_extendedprice DECIMAL(15,2) NOT NULL, l_discount DECIMAL(15,2) NOT NULL,
  l_tax DECIMAL(15,2) NOT NULL, l_returnflag CHAR(1) NOT NULL, l_linestatus CHAR(1) NOT NULL,
  l_shipdate DATE NOT NULL, l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL,
  l_shipinstruct CHAR(25) NOT NULL, l_shipmode CHAR(10) NOT NULL,
  l_comment VARCHAR(44) NOT NULL, PRIMARY KEY (l_orderkey, l_linenumber));
"""
_WORDS = (
    "carefully final deposits sleep quickly above the ironic accounts são paulo coração água "
    "naïve façade über größe smörgåsbord lantern harbour keel ballast rudder anchor halyard "
    "order shipped delivered returned parcel invoice 东京 город αριθμός review excellent late"
).split()
# Characters of each text column: codes, names, sentences, descriptions.
_WIDTHS = (
    8,
    8,
    8,
    12,
    12,
    16,
    16,
    20,
    20,
    24,
    32,
    32,
    40,
    40,
    60,
    60,
    80,
    80,
    120,
    120,
) + ((200, 200, 300, 400))

Run = Callable[[str], str]


def lineitem(run: Run, scratch: Path, rows: int) -> None:
    program = Path(sys.executable).with_name("tpchgen-cli")
    scale = str(rows / _ROWS_OF_SCALE_1)
    subprocess.run(
        [program, "-s", scale, "-T", "lineitem", "-o", scratch],
        check=True,
        capture_output=True,
    )
    run(_LINEITEM)
    run(
        f"LOAD DATA INFILE '{scratch}/lineitem.tbl' INTO TABLE lineitem CHARACTER SET utf8mb4"
        " FIELDS TERMINATED BY '|'"
        " (l_orderkey, l_partkey, l_suppkey, l_linenumber, l_quantity, l_extendedprice,"
        " l_discount, l_tax, l_returnflag, l_linestatus, l_shipdate, l_commitdate,"
        " l_receiptdate, l_shipinstruct, l_shipmode, l_comment, @end)"
    )
    (scratch / "lineitem.tbl").unlink()


def growing(run: Run, scratch: Path, rows: int) -> None:
    # A little more than asked for: the generator counts orders, not their lines.
    lineitem(run, scratch, round(rows * 1.01))
    for millions in MILLIONS:
        run(
            f"CREATE TABLE lineitem_{millions}m LIKE lineitem;"
            f"INSERT INTO lineitem_{millions}m SELECT * FROM lineitem"
            f" ORDER BY l_orderkey, l_linenumber LIMIT {rows * millions // MILLIONS[-1]}"
        )
    run("DROP TABLE lineitem")


def wide_text(run: Run, scratch: Path, rows: int) -> None:
    words = "[" + ", ".join(f"'{word}'" for word in _WORDS) + "]"
    columns = ", ".join(
        f"left(array_to_string([w[1 + (hash(i, {number}, j) % {len(_WORDS)})::INT]"
        f" FOR j IN range({width // 4 + 1})], ' '), {width}) AS t{number}"
        for number, width in enumerate(_WIDTHS)
    )
    path = scratch / "wide_text.csv"
    duckdb.sql(
        f"COPY (SELECT i, {columns} FROM (SELECT i, {words} AS w FROM range({rows}) r(i)))"
        f" TO '{path}' (FORMAT csv, DELIMITER '|', HEADER false, QUOTE '')"
    )
    texts = ", ".join(f"t{n} VARCHAR({w}) NOT NULL" for n, w in enumerate(_WIDTHS))
    run(f"CREATE TABLE wide_text (id INT PRIMARY KEY, {texts})")
    run(
        f"LOAD DATA INFILE '{path}' INTO TABLE wide_text CHARACTER SET utf8mb4"
        " FIELDS TERMINATED BY '|'"
    )
    path.unlink()


def narrow_integers(run: Run, scratch: Path, rows: int) -> None:
    del scratch
    run(
        "CREATE TABLE narrow_integers (id INT PRIMARY KEY, customer INT NOT NULL,"
        " score SMALLINT, amount BIGINT NOT NULL);"
        "INSERT INTO narrow_integers SELECT seq, CRC32(seq) % 1000000,"
        " IF(seq % 10 = 0, NULL, CRC32(seq + 1) % 10000), CRC32(seq) * (CRC32(seq + 2) DIV 2)"
        f" FROM seq_1_to_{rows}"
    )


def keys(run: Run, scratch: Path, rows: int) -> None:
    """Skewed: nine rows of ten lie in a millionth of the keys' range, behind a huge gap."""
    del scratch
    columns = (
        "id BIGINT PRIMARY KEY, customer INT NOT NULL, price DECIMAL(12,2) NOT NULL,"
        " placed DATETIME NOT NULL, note VARCHAR(60) NOT NULL"
    )
    values = (
        "CRC32(seq) % 100000, CRC32(seq + 1) % 1000000 / 100,"
        " '2024-01-01' + INTERVAL seq SECOND, CONCAT(MD5(seq), ' ', seq)"
    )
    run(
        f"CREATE TABLE even_keys ({columns}); CREATE TABLE skewed_keys ({columns});"
        f"INSERT INTO even_keys SELECT seq, {values} FROM seq_1_to_{rows};"
        f"INSERT INTO skewed_keys SELECT IF(seq <= {rows // 10}, seq * 1000000000,"
        f" 9000000000000000000 + seq), {values} FROM seq_1_to_{rows}"
    )
