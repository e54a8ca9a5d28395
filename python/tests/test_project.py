"""keelboat.run, open_project and read_lake."""

import keelboat
import pytest


@pytest.fixture
def shop(project, monkeypatch):
    for name, value in project.variables.items():
        monkeypatch.setenv(name, value)
    return project


def test_a_run_tells_its_report_and_the_lake_is_read(shop, server):
    opened = keelboat.open_project(shop.path)
    assert (opened.name, opened.sources) == ("shop", {"shop": "mysql"})
    report = opened.run(quiet=True)
    assert report["status"] == "ok"
    first = opened.read_lake("orders").to_arrow()
    assert first.sort_by("id").column("customer").to_pylist() == ["Ana", "João", "Zoë 🚢"]
    server.execute(
        "UPDATE orders SET customer = 'Eva', updated = '2024-01-04' WHERE id = 1", "shop"
    )
    keelboat.run(shop.path, "orders", quiet=True)
    now = opened.read_lake("orders").to_arrow().sort_by("id")
    assert now.column("customer").to_pylist() == ["Eva", "João", "Zoë 🚢"]
    every = opened.read_lake("orders", every_version=True).to_arrow()
    assert every.num_rows >= now.num_rows
    old = keelboat.read_lake("orders", version=0, project=shop.path).to_pandas()
    assert sorted(old["customer"]) == ["Ana", "João", "Zoë 🚢"]
    [status] = [one for one in opened.status() if one["table"] == "orders"]
    assert status["rows"] == 3


def test_what_is_not_in_the_lake_is_named(shop):
    keelboat.run(shop.path, phase="extract", quiet=True)
    with pytest.raises(keelboat.NotFoundError, match="did you mean 'orders'"):
        keelboat.read_lake("ordres", project=shop.path)
    with pytest.raises(keelboat.NotFoundError, match="99"):
        keelboat.read_lake("orders", version=99, project=shop.path)


def test_the_lake_is_read_as_its_rows_are_asked_for(shop, server):
    keelboat.run(shop.path, phase="extract", quiet=True)
    server.execute("INSERT INTO orders SELECT 4, 'Rui', 7, NULL, '2024-02-04'", "shop")
    keelboat.run(shop.path, phase="extract", quiet=True)
    whole = keelboat.read_lake("orders", project=shop.path)
    batches = [batch.num_rows for batch in whole]
    assert sum(batches) == 4 and len(batches) > 1
    rows = iter(keelboat.read_lake("orders", project=shop.path))
    next(rows)
    for file in (shop.path / "lake" / "orders").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(
        keelboat.Error, match=r"reading table orders of the lake.*parquet"
    ):
        list(rows)


def test_a_run_that_fails_raises(shop, server, monkeypatch):
    server.execute("DROP TABLE customers", "shop")
    with pytest.raises(keelboat.Error, match="customers"):
        keelboat.run(shop.path, quiet=True)
    monkeypatch.setenv("MYSQL_PORT", "1")
    with pytest.raises(keelboat.UnavailableError):
        keelboat.run(shop.path, quiet=True)


def test_queries_are_listed(shop, monkeypatch):
    shop.write(
        "queries/mine.sql",
        "-- description: Mine\n-- parameters:\n--   n: {type: integer, default: 2}\n"
        "SELECT {{n}} AS n",
    )
    opened = keelboat.open_project(shop.path)
    assert [query.name for query in opened.queries()] == [
        "mine",
        "orders",
        "vdom",
        "vendors",
    ]
    assert opened.query("@mine").parameters[0].default == "2"
    assert opened.fetch("shop", "@mine", params={"n": 7}).to_pandas()["n"].tolist() == [7]
    with pytest.raises(keelboat.NotFoundError):
        opened.query("mien")
    for name in shop.variables:
        monkeypatch.delenv(name)
    with pytest.raises(keelboat.ConfigError, match="keelboat.yaml"):
        keelboat.open_project(shop.path.parent)
