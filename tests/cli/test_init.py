"""keelboat init: empty, from a live database, from a template; what is there stays."""

import json
from urllib.parse import quote

import pytest
from private_server import PASSWORD, new_database
from project_folder import ProjectFolder

ODD_SHOP = """
CREATE TABLE `Preço "R$" (it's)` (
  `order` BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, `it's {{x}}` VARCHAR(20),
  `Loaded_At` DATETIME, kind ENUM('a', 'it''s') NOT NULL, weight DECIMAL(12,3) UNSIGNED
) COMMENT '{{ run_query("x") }} {% if %} | said';
INSERT INTO `Preço "R$" (it's)` VALUES
  (1, 'x', NULL, 'a', 1.5), (18446744073709551615, NULL, '2024-01-01', 'it''s', NULL);
CREATE TABLE orders (
  id INT PRIMARY KEY, updated_at DATETIME(6) NOT NULL COMMENT 'Last edit', KEY (updated_at));
INSERT INTO orders VALUES (1, '2024-01-01 10:00:00.000001');
CREATE TABLE points (lat DOUBLE, lng DOUBLE);
INSERT INTO points VALUES (1.5, -0.1), (1.5, -0.1);
CREATE TABLE events (id INT AUTO_INCREMENT PRIMARY KEY, what TEXT);
"""


def url(variables: dict[str, str], password: str = PASSWORD) -> str:
    return (
        f"mysql://{variables['MYSQL_USER']}:{quote(password, safe='')}@127.0.0.1:"
        f"{variables['MYSQL_PORT']}/{variables['MYSQL_DATABASE']}"
    )


@pytest.fixture
def folder(tmp_path) -> ProjectFolder:
    """An empty folder."""
    empty = ProjectFolder(tmp_path / "my shop")
    empty.path.mkdir()
    return empty


def files_of(folder: ProjectFolder) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder.path)): path.read_bytes()
        for path in folder.path.rglob("*")
        if path.is_file()
    }


def test_a_live_database_becomes_a_project_that_runs(server, folder):
    variables = new_database(server, "odd", ODD_SHOP)
    report = folder.ok("init", "--json", "--from", url(variables)).json
    files = files_of(folder)
    assert set(files) == set(report["written"])
    assert report["kept"] == []
    for name, content in files.items():
        for spelling in (PASSWORD, quote(PASSWORD, safe="")):
            assert spelling.encode() not in content, name
    metadata = json.loads(files["metadata/table_metadata.json"])
    assert metadata["orders"] == {
        "load_strategy": "incremental",
        "incremental_column": "updated_at",
        "primary_key": ["id"],
    }
    assert metadata["events"]["load_strategy"] == "full"
    assert metadata["events"]["incremental_column"] == "id"
    assert metadata["points"] == {"load_strategy": "full"}
    assert any("points has no key" in note for note in report["notes"])

    # Only the password is missing; everything else was written down.
    missing = folder.run("check")
    assert missing.code == 2
    assert "MYSQL_PASSWORD" in missing.err
    folder.variables = {"MYSQL_PASSWORD": PASSWORD}
    assert "FAILED" not in folder.ok("check").text
    done = folder.ok("run", "--json").json
    assert done["status"] == "ok"
    assert {table["table"]: table["rows"] for table in done["tables"]} == {
        'Preço "R$" (it\'s)': 2,
        "orders": 1,
        "points": 2,
        "events": 0,
    }
    assert done["transform"]["status"] == "ok"
    assert done["transform"]["models"] == 4
    rows = folder.warehouse(
        "SELECT order_, kind FROM staging.stg_preco_r_it_s ORDER BY 1"
    )
    assert [(int(number), kind) for number, kind in rows] == [
        (1, "a"),
        (18446744073709551615, "it's"),
    ]


def test_files_that_are_there_are_never_changed(server, folder):
    variables = new_database(server, "odd", ODD_SHOP)
    folder.write("keelboat.yaml", "mine")
    folder.write("dbt/models/staging/stg_orders.sql", "mine too")
    report = folder.ok("init", "--json", "--from", url(variables)).json
    assert sorted(report["kept"]) == [
        "dbt/models/staging/stg_orders.sql",
        "keelboat.yaml",
    ]
    before = files_of(folder)
    assert before["keelboat.yaml"] == b"mine"
    assert before["dbt/models/staging/stg_orders.sql"] == b"mine too"
    again = folder.ok("init", "--json", "--from", url(variables)).json
    assert again["written"] == []
    assert files_of(folder) == before


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (lambda link: link.replace("pa55", "wrong"), 3, "refused"),
        # A server does not say whether a database exists that the user may not see.
        (lambda link: link.replace("/odd", "/ood"), 2, "did you mean 'odd'?"),
        (lambda link: link.replace("mysql:", "postgres:"), 2, "mysql://"),
        (lambda link: link.replace("/odd", ""), 2, "no database"),
    ],
    ids=["password", "database", "scheme", "nothing after the host"],
)
def test_a_url_that_does_not_work_writes_nothing(server, folder, change, code, word):
    variables = new_database(server, "odd", ODD_SHOP)
    done = folder.run("init", "--from", change(url(variables)))
    assert done.code == code, done.text
    assert word in done.err
    assert "pa55" not in done.text
    assert files_of(folder) == {}


def test_an_empty_database_is_refused(server, folder):
    variables = new_database(server, "empty", "SELECT 1")
    done = folder.run("init", "--from", url(variables))
    assert done.code == 2
    assert "no tables" in done.err
    assert files_of(folder) == {}


def test_the_template_is_the_example(folder):
    folder.ok("init", "--template", "olist")
    files = files_of(folder)
    assert b"olist" in files["keelboat.yaml"]
    assert ".env.example" in files
    assert "dbt/dbt_project.yml" in files
    unknown = folder.run("init", "--template", "olits")
    assert unknown.code == 2
    assert "'olist'" in unknown.err


def test_an_empty_project_says_what_is_missing(folder):
    folder.ok("init")
    done = folder.run("check")
    assert done.code == 2
    assert "MYSQL_DATABASE" in done.err


def test_a_folder_that_cannot_be_written(folder):
    folder.write("file", "x")
    done = folder.run("init", "file")
    assert done.code == 2
    assert "cannot write" in done.err
