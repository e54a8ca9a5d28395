"""`keelboat fetch` from the stand-in Metabase: all generations, completeness, failures."""

import json
import os

import pyarrow.parquet
import pytest
from metabase import metabase
from processes import ends_within, interrupted, wait_until
from project_folder import ProjectFolder

_DATABASE = "Growth Team Clickhouse Connection"
_ORDERS = 120_000
_YAML = f"""\
name: bi
teams: {{growth: {_DATABASE}, customers: Customers Postgres}}
sources:
  bi:
    type: metabase
    url: ${{METABASE_URL}}
    username: ${{METABASE_USERNAME}}
    password: ${{METABASE_PASSWORD}}
    database: {_DATABASE}
"""


@pytest.fixture(scope="module", params=["v48", "v55", "v63"])
def server(request):
    with metabase(profile=request.param, orders=_ORDERS) as running:
        yield running


@pytest.fixture
def project(server, tmp_path):
    server.reset()
    folder = ProjectFolder(tmp_path / "bi")
    folder.path.mkdir()
    folder.write("keelboat.yaml", _YAML)
    folder.variables = {
        "METABASE_URL": server.url,
        "METABASE_USERNAME": server.username,
        "METABASE_PASSWORD": server.password,
    }
    return folder


def ask_nothing_again(project):
    """For faults that stay: a question that fails is not repeated."""
    project.replace("    database:", "    retries: 0\n    database:")


def orders_of(file):
    return pyarrow.parquet.read_table(file).column("order_id").to_pylist()


@pytest.mark.parametrize("strategy", ["auto", "single", "pagination", "parallel"])
def test_every_strategy_brings_every_row(project, server, strategy):
    file = project.path / "orders.parquet"
    report = project.ok(
        "fetch", "bi", "@orders", "-o", str(file), "--strategy", strategy, "--json"
    ).json
    assert report["rows"] == _ORDERS
    assert sorted(orders_of(file)) == [3 * n + 1 for n in range(_ORDERS)]
    if strategy in ("auto", "pagination"):
        assert report["strategy"] == "pagination"
        assert report["ranges"] > 1 and report["connections"] == 1
    if strategy != "single":
        assert orders_of(file) == sorted(orders_of(file)), (
            "ranges come in the key's order"
        )
    stats = server.stats()
    assert stats["counts"]["login"] == 1
    assert stats["sessions"] == 0


def test_a_url_with_a_key_and_no_project(project, server, tmp_path):
    (tmp_path / "empty").mkdir()
    project.path = tmp_path / "empty"
    project.variables = {"METABASE_API_KEY": server.api_key}
    done = project.ok(
        "fetch", server.url, "@vendors", "--database", _DATABASE, "--format", "json", "-q"
    )
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert len(rows) == len({row["vendor_id"] for row in rows}) == 5_000
    assert server.api_key not in done.text


@pytest.mark.parametrize("card", ["2", "Q2ordersSinceADayX0002"])
def test_a_saved_question_with_parameters(project, card):
    done = project.ok(
        "fetch", "bi", "--card", card, "-p", "since=2024-06-01", "-p", "city=Malmö",
        "--format", "json", "-q",
    )  # fmt: skip
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert len(rows) > 2_000
    assert {row["city"] for row in rows} == {"Malmö"}
    assert min(row["order_date"] for row in rows) == "2024-06-01"
    wrong = project.run("fetch", "bi", "--card", card, "-p", "sinse=2024-06-01")
    assert wrong.code == 2
    assert "since" in wrong.err


def test_a_team_stands_for_its_database(project):
    sql = "SELECT count(*) AS n FROM accounts"
    done = project.ok("fetch", "bi", sql, "--database", "customers", "-q")
    assert done.out == "n\n10\n"


def test_a_whole_saved_question(project):
    file = project.path / "orders.parquet"
    project.ok("fetch", "bi", "--card", "1", "-o", str(file))
    assert sorted(orders_of(file)) == [3 * n + 1 for n in range(_ORDERS)]


def test_a_table_and_parameters(project, server):
    tables = project.ok("fetch", "bi", "--table", "vendors", "--format", "csv", "-q")
    assert tables.out.count("\n") == 5_001
    done = project.ok("fetch", "bi", "@vdom", "-p", "vendor_id=7", "-q")
    rows = done.out.splitlines()[1:]
    assert rows and all(row.startswith("7,") for row in rows)


@pytest.mark.parametrize("how", ["clean", "reset"])
def test_an_answer_that_is_cut_is_fetched_again(project, server, how):
    server.fault(
        "cut", path="POST /api/dataset/json", after_bytes=200_000, how=how, times=1
    )
    file = project.path / "orders.parquet"
    project.ok("fetch", "bi", "@orders", "-o", str(file))
    assert sorted(orders_of(file)) == [3 * n + 1 for n in range(_ORDERS)]


def test_answers_that_are_always_cut_are_an_error_and_no_file(project, server):
    ask_nothing_again(project)
    server.fault("cut", path="POST /api/dataset/json", after_bytes=20_000, how="clean")
    file = project.path / "orders.parquet"
    done = project.run("fetch", "bi", "@orders", "-o", str(file), timeout=300)
    assert done.code in (1, 3), done.text
    assert not file.exists()
    assert os.listdir(project.path) == ["keelboat.yaml"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["fetch", "bi", "SELECT nothing FROM orders"], (1, 2), "nothing"),
        (["fetch", "bi", "@orders", "--database", "Grwth Team"], (2,), "Growth Team"),
        (["fetch", "bi", "@ordres"], (2,), "did you mean 'orders'"),
        (["fetch", "bi", "--table", "vendor"], (2,), "vendors"),
        (["fetch", "bi", "--card", "99999"], (2,), "99999"),
        (["fetch", "bi", "@orders", "-p", "since=yesterday"], (2,), "is no date"),
        (["fetch", "bi", "@orders", "--partition-on", "cty"], (2,), "cty"),
    ],
)
def test_what_is_wrong_is_named(project, arguments, code, words):
    done = project.run(*arguments)
    assert done.code in code, done.text
    assert words in done.err


def test_a_wrong_password_is_tried_once(project, server):
    done = project.run("fetch", "bi", "@orders", METABASE_PASSWORD="hunter2-wrong")
    assert done.code == 3
    assert "hunter2" not in done.text
    assert server.stats()["counts"]["login"] == 1


def test_a_value_that_contradicts_its_type_is_text_where_that_is_wanted(project, server):
    server.set(base_types={"name": "type/Boolean"}, profile="v48")
    asked = ["fetch", "bi", "SELECT id, name FROM accounts ORDER BY id"]
    asked += ["--database", "Customers Postgres"]
    done = project.run(*asked)
    assert done.code == 1
    assert "name" in done.err and "--on-mismatch string" in done.err
    for output in ("-", str(project.path / "accounts.csv")):
        done = project.ok(
            *asked, "--on-mismatch", "string", "-o", output, "--format", "csv"
        )
        text = done.out if output == "-" else (project.path / "accounts.csv").read_text()
        assert text.splitlines()[:2] == ["id,name", "1,Name 0"]
        assert len(text.splitlines()) == 11
        assert "name comes as text" in done.err


def test_ctrl_c_ends_the_servers_queries(project, server):
    file = project.path / "slow.parquet"
    sql = "SELECT count() AS n FROM numbers(100000000000000) WHERE cityHash64(number) = 1"

    def interrupt() -> float:
        process = project.start(
            "fetch", "bi", sql, "--strategy", "single", "--verify", "off", "-o", str(file),
            "--no-progress",
        )  # fmt: skip
        wait_until(lambda: server.stats()["running_queries"], 60, "nothing was asked")
        took = interrupted(process)
        assert os.listdir(project.path) == ["keelboat.yaml"]
        wait_until(
            lambda: not server.stats()["running_queries"],
            30,
            "the server still works on it",
        )
        return took

    ends_within(2, interrupt)


@pytest.mark.parametrize(
    ("username", "code", "words"),
    [
        ("gone@example.com", 3, "disabled"),
        ("reader@example.com", 1, "permissions"),
        ("outsider@example.com", 1, "no database"),
    ],
)
def test_accounts_that_may_not_are_told_why(project, server, username, code, words):
    done = project.run("fetch", "bi", "@vendors", METABASE_USERNAME=username)
    assert done.code == code
    assert words in done.err
    assert server.password not in done.text
    assert done.out == ""


def test_a_second_factor_is_explained(project, server):
    server.set(profile="v63")
    done = project.run("fetch", "bi", "@vendors", METABASE_USERNAME="careful@example.com")
    assert done.code == 3
    assert "second factor" in done.err and "METABASE_API_KEY" in done.err


def test_an_expired_session_is_renewed_once(project, server):
    file = project.path / "orders.parquet"
    server.fault("expire", path="POST /api/dataset/json", times=1)
    project.ok("fetch", "bi", "@orders", "-o", str(file))
    assert sorted(orders_of(file)) == [3 * n + 1 for n in range(_ORDERS)]
    assert server.stats()["counts"]["login"] == 2


def test_a_storm_passes(project, server):
    server.fault("reply", path="POST /api/dataset/json", status=503, times=3,
                 content_type="text/plain", body="busy")  # fmt: skip
    file = project.path / "orders.parquet"
    project.ok("fetch", "bi", "@orders", "-o", str(file))
    assert len(orders_of(file)) == _ORDERS


def test_a_proxys_page_is_named(project, server):
    ask_nothing_again(project)
    server.fault("reply", path="POST /api/dataset", status=200, content_type="text/html",
                 body="<html><body>Please log in to the network</body></html>")  # fmt: skip
    done = project.run("fetch", "bi", "@vendors")
    assert done.code in (1, 3), done.text
    assert "HTML" in done.err or "html" in done.err
    assert done.out == ""


def test_an_error_among_the_rows_is_an_error(project):
    sql = "SELECT number, throwIf(number = 90000, 'no such ninety thousand') AS t FROM numbers(100000)"
    file = project.path / "rows.parquet"
    done = project.run(
        "fetch", "bi", sql, "-o", str(file), "--verify", "off", timeout=120
    )
    assert done.code in (1, 2, 3), done.text
    assert os.listdir(project.path) == ["keelboat.yaml"]


def test_an_answer_without_rows_has_its_columns(project):
    empty = project.ok("fetch", "bi", "SELECT * FROM orders WHERE order_id = 0", "-q")
    assert empty.out.count("\n") == 1
    assert empty.out.startswith("order_id,")


def test_the_rows_that_moved_are_told(project):
    report = project.ok(
        "fetch", "bi", "@orders", "-o", str(project.path / "o.parquet"), "--json"
    ).json
    assert report["moved"] == 0
