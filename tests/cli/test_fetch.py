"""`keelboat fetch` from MySQL: formats, files, pipes, parameters, and what goes wrong."""

import csv
import fcntl
import io
import json
import os
import re
import struct
import subprocess
import termios
from decimal import Decimal
from urllib.parse import quote

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from private_server import PASSWORD
from processes import ends_within, interrupted, wait_until

_ROWS = "SELECT id, customer, price, day, updated FROM orders ORDER BY id"


def url(project) -> str:
    variables = project.variables
    return (
        f"mysql://{variables['MYSQL_USER']}@127.0.0.1:{variables['MYSQL_PORT']}/"
        f"{variables['MYSQL_DATABASE']}"
    )


def table_of(path, kind: str) -> pa.Table:
    if kind == "parquet":
        return pa.parquet.read_table(path)
    with pa.ipc.open_file(path) as reader:
        return reader.read_all()


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_file_has_every_value_and_type(project, tmp_path, kind):
    file = tmp_path / f"orders.{kind}"
    done = project.ok("fetch", "shop", _ROWS, "-o", str(file), "--json")
    rows = table_of(file, kind)
    assert rows.num_rows == 3
    assert rows.schema.field("price").type == pa.decimal128(10, 2)
    assert rows.column("price").to_pylist() == [
        Decimal("10.50"),
        None,
        Decimal("99999999.99"),
    ]
    assert rows.column("customer")[2].as_py() == "Zoë 🚢"
    assert done.json["rows"] == 3
    assert done.json["bytes"] == file.stat().st_size
    assert done.json["strategy"] == "single"
    assert done.json["moved"] == 0
    assert [column["name"] for column in done.json["columns"]] == rows.column_names


def test_csv_goes_to_standard_output_and_people_to_standard_error(project):
    done = project.ok("fetch", "shop", _ROWS)
    lines = list(csv.reader(io.StringIO(done.out)))
    assert lines[0] == ["id", "customer", "price", "day", "updated"]
    assert lines[1] == ["1", "Ana", "10.50", "2024-01-01", "2024-01-01 10:00:00.000001"]
    assert lines[2][2] == ""
    assert "3 rows" in done.err


def test_json_lines_keep_digits(project):
    sql = (
        "SELECT CAST(18446744073709551615 AS UNSIGNED) AS n, 0.00000001 AS d,"
        " 'a\"b\\\\' AS s, NULL AS x"
    )
    done = project.ok("fetch", "shop", sql, "--format", "json", "-q")
    assert done.err == ""
    row = json.loads(done.out, parse_float=Decimal)
    assert row == {
        "n": 18446744073709551615,
        "d": Decimal("0.00000001"),
        "s": 'a"b\\',
        "x": None,
    }


def test_csv_tells_null_from_empty_and_is_read_back_whole(project):
    sql = "SELECT '' AS e, NULL AS n, 'a,\"b\"\\nc' AS q, x'00ff' AS b"
    done = project.ok("fetch", "shop", sql, "--format", "csv")
    assert done.out == 'e,n,q,b\n"",,"a,""b""\nc",00ff\n'


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow", "json"])
def test_an_answer_without_rows_keeps_its_columns(project, tmp_path, kind):
    file = tmp_path / "none"
    project.ok(
        "fetch",
        "shop",
        "SELECT * FROM orders WHERE 1 = 0",
        "-o",
        str(file),
        "--format",
        kind,
    )
    if kind in ("parquet", "arrow"):
        assert table_of(file, kind).column_names[0] == "id"
    else:
        assert file.read_text() == (
            "id,customer,price,day,updated\n" if kind == "csv" else ""
        )


def test_a_whole_table_in_ranges(project, tmp_path, server):
    server.execute(
        "CREATE TABLE numbers (id INT PRIMARY KEY, twice BIGINT);"
        "INSERT INTO numbers SELECT seq, seq * 2 FROM seq_1_to_400000; ANALYZE TABLE numbers",
        "shop",
    )
    file = tmp_path / "numbers.parquet"
    for strategy, connections in (("pagination", 1), ("parallel", None), ("single", 1)):
        report = project.ok(
            "fetch",
            "shop",
            "--table",
            "numbers",
            "--strategy",
            strategy,
            "--partition-on",
            "id",
            "--workers",
            "2",
            "-o",
            str(file),
            "--json",
        ).json
        assert report["strategy"] == strategy or report["warnings"]
        if connections:
            assert report["connections"] == connections
        ids = pa.parquet.read_table(file).column("id").to_pylist()
        assert ids == list(range(1, 400001))


def test_a_url_needs_no_project(project, tmp_path):
    (tmp_path / "empty").mkdir()
    project.path = tmp_path / "empty"
    done = project.ok("fetch", url(project), _ROWS)
    assert done.out.count("\n") == 4
    # The password is in the environment alone.
    assert PASSWORD not in done.text
    assert quote(PASSWORD) not in done.text


def test_a_password_in_a_url_is_not_told(project):
    wrong = url(project).replace("@", ":hunter2-is-secret@", 1)
    done = project.run("fetch", wrong, "SELECT 1", MYSQL_PASSWORD="also-secret-here")
    assert done.code == 3
    assert "hunter2" not in done.text and "also-secret" not in done.text
    assert not list(project.path.glob("**/*.log"))


def test_queries_are_found_by_name_with_parameters(project):
    project.write(
        "queries/since.sql",
        "-- description: Orders since a day\n"
        "-- parameters:\n"
        "--   since: {type: date, default: 2024-01-02}\n"
        "--   customer: {type: text, optional: true}\n"
        "SELECT id FROM orders WHERE updated >= {{since}} [[AND customer = {{customer}}]]"
        " ORDER BY id",
    )
    assert project.ok("fetch", "shop", "@since").out == "id\n2\n3\n"
    assert (
        project.ok("fetch", "shop", "@since", "-p", "since=2024-01-03").out == "id\n3\n"
    )
    done = project.ok("fetch", "shop", "@since", "-p", "customer=João")
    assert done.out == "id\n2\n"


def test_a_relative_file_lies_where_the_user_is(project, tmp_path):
    done = subprocess.run(
        project.command("fetch", "shop", "SELECT 1 AS n", "-o", "rows.csv", "--json"),
        env=project.environment(),
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["rows"] == 1
    assert (tmp_path / "rows.csv").read_text() == "n\n1\n"


def test_the_project_variable_is_looked_in_first(project, tmp_path):
    project.write("queries/n.sql", "SELECT 1 AS n")
    other = tmp_path / "other"
    (other / "queries").mkdir(parents=True)
    (other / "queries" / "n.sql").write_text("SELECT 2 AS n")
    assert project.ok("fetch", "shop", "@n").out == "n\n1\n"
    assert project.ok("fetch", "shop", "@n", KEELBOAT_PROJECT=str(other)).out == "n\n2\n"


_HOSTILE = [
    "it's",
    "\\",
    "\\' OR 1=1 -- ",
    "'; DROP TABLE orders; -- ",
    '"',
    "`",
    "{{x}}",
    "[[x]]",
    "/* */ # --",
    "é 🚢 \u2028",
    "line\nline\r\ttab",
    "%s ? :x $1",
    "",
    " ",
    "x" * 100_000 + "'",
]


@pytest.mark.parametrize("value", _HOSTILE, ids=range(len(_HOSTILE)))
def test_no_value_leaves_its_literal(project, value):
    project.write(
        "queries/echo.sql",
        "-- parameters:\n--   v: text\nSELECT {{v}} AS v, HEX({{v}}) AS h, 1 AS one",
    )
    for asked in ("@echo", "SELECT {{v}} AS v, HEX({{v}}) AS h, 1 AS one"):
        done = project.ok("fetch", "shop", asked, "-p", f"v={value}", "--format", "json")
        row = json.loads(done.out)
        assert row == {"v": value, "h": value.encode().hex().upper(), "one": 1}


def test_typed_parameters_of_plain_sql(project):
    done = project.ok(
        "fetch",
        "shop",
        "SELECT id FROM orders ORDER BY id LIMIT {{n}}",
        "-p",
        "n:integer=2",
    )
    assert done.out == "id\n1\n2\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["fetch", "shop"], 2, "say what to fetch"),
        (["fetch", "shop", "SELECT 1", "--table", "orders"], 2, "one of them"),
        (["fetch", "shp", "SELECT 1"], 2, "did you mean 'shop'"),
        (["fetch", "postgres://h/d", "SELECT 1"], 2, "not postgres://"),
        (["fetch", "shop", "@ordres"], 2, "did you mean 'orders'"),
        (["fetch", "shop", "@../../etc/passwd"], 2, "there is no query"),
        (["fetch", "shop", "--table", "ordres"], 2, "did you mean 'orders'"),
        (["fetch", "shop", "SELECT nothing FROM orders"], 2, "nothing"),
        (["fetch", "shop", "SELEC 1"], 2, "SELECT"),
        (["fetch", "shop", "SELECT 1", "-p", "x=1"], 2, "no parameter {{x}}"),
        (["fetch", "shop", "SELECT {{x}}", "-p", "y=1"], 2, "no parameter {{y}}"),
        (["fetch", "shop", "SELECT '{{x}}'", "-p", "x=1"], 2, "stands in quotes"),
        (["fetch", "shop", "SELECT {{x}}", "-p", "x:int=1"], 2, "did you mean 'integer'"),
        (["fetch", "shop", "SELECT {{x}}", "-p", "x:integer=a"], 2, "is no integer"),
        (["fetch", "shop", "SELECT {{x}}", "-p", "x"], 2, "NAME=VALUE"),
        (["fetch", "shop", "SELECT {{x}}", "-p", "x=1", "-p", "x=2"], 2, "given twice"),
        (["fetch", "shop", "--table", "orders", "-p", "x=1"], 2, "no parameters"),
        (["fetch", "shop", "SELECT 1", "-o", "rows"], 2, "does not tell its format"),
        (["fetch", "shop", "SELECT 1", "-o", "no/such/rows.csv"], 2, "no folder"),
        (["fetch", "shop", "SELECT 1", "-o", "/tmp", "--format", "csv"], 2, "folder"),
        (["fetch", "shop", "SELECT 1", "--json"], 2, "both want standard output"),
        (["fetch", "shop", "SELECT 1", "--format", "xml"], 2, "xml"),
        (["fetch", "shop", "SELECT 1", "--strategy", "fast"], 2, "fast"),
        (["fetch", "shop", "SELECT 1", "--workers", "0"], 2, "workers"),
        (["fetch", "shop", "SELECT 1 AS a", "--partition-on", "b"], 2, "no column b"),
        (["fetch", "shop", "--card", "7"], 1, "saved questions"),
    ],
)
def test_what_makes_no_sense_is_named(project, arguments, code, words):
    done = project.run(*arguments)
    assert done.code == code, done.text
    assert words in done.err
    assert done.out == "" or "--json" in arguments


def test_a_failure_leaves_the_file_as_it_was(project):
    file = project.write("out/rows.csv", "old")
    done = project.run(
        "fetch",
        "shop",
        "SELECT CAST(seq AS UNSIGNED) AS a, IF(seq > 100000, (SELECT 1 UNION SELECT 2), 1) AS b"
        " FROM seq_1_to_200000",
        "-o",
        str(file),
    )
    assert done.code != 0
    assert file.read_text() == "old"
    assert os.listdir(file.parent) == ["rows.csv"]


def test_a_device_is_written_and_not_replaced(project):
    project.ok("fetch", "shop", _ROWS, "-o", "/dev/null", "--format", "csv")
    assert not os.path.isfile("/dev/null")


def test_a_link_stays_one(project):
    target = project.write("target.csv", "old")
    link = project.path / "link.csv"
    link.symlink_to(target)
    project.ok("fetch", "shop", "SELECT 1 AS n", "-o", str(link))
    assert link.is_symlink()
    assert target.read_text() == "n\n1\n"


_ENDLESS = "SELECT a.seq, b.seq AS other FROM seq_1_to_100000 a, seq_1_to_100000 b"


def test_a_reader_that_goes_away_ends_it_quietly(project):
    process = project.start("fetch", "shop", _ENDLESS, "--no-progress", "-q")
    process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=60)
    assert process.returncode == 0
    assert process.stderr.read() == ""


def queries_at_work(server) -> int:
    asked_for = (
        "SELECT COUNT(*) FROM information_schema.processlist"
        " WHERE info LIKE 'SELECT%seq_1_to_100000 b%' AND id <> CONNECTION_ID()"
    )
    return int(server.execute(asked_for))


def unread(pipe) -> int:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


@pytest.mark.parametrize("to", ["file", "pipe"])
def test_ctrl_c_ends_it_within_two_seconds(project, server, to):
    file = project.path / "endless.parquet"
    output = ["-o", str(file)] if to == "file" else []

    def files() -> list[str]:
        names = os.listdir(project.path)
        return [name for name in names if "endless" in name or "tmp" in name]

    def interrupt() -> float:
        process = project.start("fetch", "shop", _ENDLESS, "--no-progress", *output)
        if to == "pipe":
            process.stdout.readline()  # And nothing more: the writer waits for its reader.
            wait_until(
                lambda: unread(process.stdout) > 60_000, 60, "the pipe is not full"
            )
        else:
            wait_until(files, 60, "no file was begun")
        wait_until(lambda: queries_at_work(server), 60, "the query was not asked")
        took = interrupted(process)
        assert not files()
        wait_until(
            lambda: not queries_at_work(server), 30, "the server still works on it"
        )
        return took

    ends_within(2, interrupt)


def test_progress_is_lines_for_programs(project, tmp_path):
    project.write("queries/all.sql", _ROWS)
    done = project.ok(
        "fetch", "shop", "@all", "-o", str(tmp_path / "x.csv"), "--log-format", "json"
    )
    events = [json.loads(line) for line in done.err.splitlines()]
    assert any(event.get("rows") == 3 for event in events), done.err


def test_help_shows_every_flag(project):
    text = project.ok("fetch", "--help").out
    for flag in ("-p", "-o", "--format", "--strategy", "--partition-on", "--workers"):
        assert re.search(rf"{flag}[, ]", text)


def test_the_python_reader_of_a_pipe(project):
    """What the help text shows: an Arrow stream is read while it is written."""
    process = subprocess.run(
        project.command("fetch", "shop", _ROWS, "--format", "arrow", "-q"),
        env=project.environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    with pa.ipc.open_stream(process.stdout) as reader:
        assert reader.read_all().num_rows == 3
