"""The whole way with a small dbt project: events, failures, logs, docs."""

import pytest

PROJECT = """\
name: small
version: "1.0"
profile: keelboat
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
"""
MODEL = "SELECT customer, count(*) AS orders FROM raw.orders GROUP BY customer\n"
TESTS = """\
models:
  - name: per_customer
    columns:
      - name: customer
        data_tests: [unique, not_null]
"""


@pytest.fixture
def with_dbt(project):
    project.write("dbt/dbt_project.yml", PROJECT)
    project.write("dbt/models/per_customer.sql", MODEL)
    project.write("dbt/models/models.yml", TESTS)
    yaml = project.path / "keelboat.yaml"
    yaml.write_text(yaml.read_text() + "dbt: {project: dbt}\n")
    return project


def test_models_tests_docs_and_log(with_dbt):
    report = with_dbt.ok("run", "--json").json
    assert report["transform"]["status"] == "ok"
    assert (report["transform"]["models"], report["transform"]["tests"]) == (1, 2)
    assert with_dbt.warehouse("SELECT count(*) FROM analytics.per_customer") == [(3,)]
    log = (with_dbt.path / "logs" / "dbt.log").read_text()
    assert "SUCCESS" in log and "ERROR" not in log
    assert list((with_dbt.path / ".keelboat").rglob("static_index.html"))
    assert with_dbt.records()[0]["versions"]["dbt"].startswith("1.")
    assert with_dbt.ok("dbt", "--", "ls", "-q").out.split() == [
        "small.per_customer",
        "small.not_null_per_customer_customer",
        "small.unique_per_customer_customer",
    ]


def test_a_failing_test_fails_the_run_with_dbts_words(with_dbt, server):
    server.execute("INSERT INTO orders VALUES (9, '', 1, NULL, '2024-02-01')", "shop")
    with_dbt.write(
        "dbt/tests/no_empty.sql", "SELECT * FROM raw.orders WHERE customer = ''"
    )
    done = with_dbt.run("run", "--json")
    assert done.code == 1
    assert done.json["status"] == "failed"
    assert done.json["transform"]["failed"] == 1
    assert "no_empty" in done.err
    assert "ERROR" in (with_dbt.path / "logs" / "dbt.log").read_text()
    assert with_dbt.lake("orders").num_rows == 4


def test_a_project_that_does_not_compile(with_dbt):
    with_dbt.write("dbt/models/broken.sql", "SELECT * FROM {{ ref('nowhere') }}")
    done = with_dbt.run("run")
    assert done.code in (1, 2)
    assert "nowhere" in done.err


def test_transform_waits_for_every_table(with_dbt, server):
    server.execute("SET sql_mode=''; UPDATE orders SET day='2024-00-15'", "shop")
    done = with_dbt.run("run", "--json")
    assert done.code == 1
    assert done.json["transform"]["status"] == "skipped"
    assert "orders" in done.json["transform"]["reason"]
    alone = with_dbt.run("transform")
    assert alone.code == 1
    assert "orders" in alone.err
