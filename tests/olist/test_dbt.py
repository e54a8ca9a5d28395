"""The dbt project on DuckDB: it builds, reruns give the same, changes and deletions follow."""

import re

import pytest
from built_project import DbtProject


@pytest.fixture(scope="module")
def built(example, small_shop, tmp_path_factory):
    """A warehouse on which the project was built once."""
    project = DbtProject(example / "dbt", tmp_path_factory.mktemp("dbt"))
    project.load(small_shop)
    project.first = project.build()
    return project


@pytest.fixture
def copy(built, tmp_path):
    """The built warehouse again, to be changed."""
    return built.copy(tmp_path)


def test_everything_passes(built):
    assert set(built.first.values()) <= {"success", "pass", "no-op"}
    kinds = [name.split(".")[0] for name in built.first]
    assert kinds.count("model") == 28
    assert kinds.count("snapshot") == 3
    assert kinds.count("unit_test") == 2
    assert kinds.count("test") > 150


def test_the_marts_hold_the_shop(built, small_shop):
    rows = {name: table.num_rows for name, table in small_shop.items()}
    count = {name: digest[0] for name, digest in built.digests().items()}
    assert count["marts.fact_orders"] == rows["orders"]
    assert count["marts.fact_order_items"] == rows["order_items"]
    assert count["marts.fact_payments"] == rows["order_payments"]
    assert count["marts.fact_reviews"] == rows["order_reviews"]
    assert count["marts.dim_product"] == rows["products"]
    assert count["marts.dim_date"] == 1_827
    revenue = sum(small_shop["order_items"]["price"].to_pylist())
    ((in_marts, in_lost_orders),) = built.query(
        "SELECT (SELECT SUM(revenue) FROM marts.mart_sales_metrics),"
        " (SELECT COALESCE(SUM(items_value), 0) FROM marts.fact_orders WHERE NOT is_sale)"
    )
    assert in_marts + in_lost_orders == revenue


def test_the_calendar_knows_its_days(built):
    assert built.query(
        "SELECT date_key, weekday_name, month_name, is_weekend FROM marts.dim_date"
        " WHERE is_black_friday AND year_number = 2017"
    ) == [(20171124, "Friday", "November", False)]


def test_cities_with_and_without_accents_meet(built):
    names = {
        city for (city,) in built.query("SELECT DISTINCT city FROM marts.dim_geography")
    }
    assert "Sao Paulo" in names
    assert not any(re.search("[^ -~]", name) for name in names)


def test_a_second_build_gives_the_same(copy):
    before = copy.digests()
    copy.build()
    assert copy.digests() == before


def test_a_full_reload_of_unchanged_tables_rewrites_no_fact(copy, small_shop):
    facts = "SELECT * FROM marts.fact_orders ORDER BY order_id"
    before = copy.query(facts)
    copy.load(small_shop, loaded_at="2026-01-03 03:04:05")
    done = copy.dbt("run", "--select", "int_orders_lifecycle", "fact_orders")
    assert done.returncode == 0, done.stdout
    assert copy.query(facts) == before


def test_marts_follow_changes_deletions_and_late_rows(copy):
    kept, changed, deleted, grown = (
        order
        for (order,) in copy.query(
            "SELECT order_id FROM marts.fact_orders WHERE order_status = 'delivered'"
            " AND item_count = 1 ORDER BY order_id LIMIT 4"
        )
    )
    ((product,),) = copy.query("SELECT MIN(product_id) FROM raw.products")
    # The late item's load time is older than everything: a clock that went back must not
    # hide it.
    copy.change(
        f"""
        UPDATE raw.orders SET order_status = 'canceled', _keelboat_loaded_at = '2026-02-01'
        WHERE order_id = '{changed}';
        DELETE FROM raw.orders WHERE order_id = '{deleted}';
        DELETE FROM raw.order_items WHERE order_id = '{deleted}';
        DELETE FROM raw.order_payments WHERE order_id = '{deleted}';
        DELETE FROM raw.order_reviews WHERE order_id = '{deleted}';
        INSERT INTO raw.order_items SELECT * REPLACE (2 AS order_item_id,
            TIMESTAMPTZ '2020-01-01 00:00:00+00' AS _keelboat_loaded_at)
        FROM raw.order_items WHERE order_id = '{grown}';
        UPDATE raw.products SET product_weight_g = 77 WHERE product_id = '{product}';
        """
    )
    copy.build()
    for fact in ("fact_orders", "fact_order_items"):
        assert copy.query(
            f"SELECT DISTINCT order_id, order_status, is_sale FROM marts.{fact}"
            f" WHERE order_id IN ('{kept}', '{changed}', '{deleted}') ORDER BY order_id"
        ) == [(kept, "delivered", True), (changed, "canceled", False)]
    assert copy.query(
        "SELECT order_id FROM marts.fact_orders WHERE loaded_at > '2026-01-15'"
    ) == [(changed,)]
    assert copy.query(
        f"SELECT item_count FROM marts.fact_orders WHERE order_id = '{grown}'"
    ) == [(2,)]
    versions = copy.query(
        "SELECT weight_g, dbt_valid_to IS NULL FROM snapshots.snap_dim_product"
        f" WHERE product_id = '{product}' ORDER BY dbt_valid_from"
    )
    assert [current for _, current in versions] == [False, True]
    assert versions[1][0] == 77


def test_bad_data_fails_the_tests_that_guard_against_it(copy):
    guards = {
        "unique_stg_customers_customer_id": "INSERT INTO raw.customers FROM raw.customers LIMIT 1",
        "unique_together_stg_order_payments": "INSERT INTO raw.order_payments"
        " FROM raw.order_payments LIMIT 1",
        "non_negative_stg_order_items_price": "UPDATE raw.order_items SET price = -1",
        "accepted_range_stg_order_reviews": "UPDATE raw.order_reviews SET review_score = 6",
        "relationships_stg_order_items_seller_id": "DELETE FROM raw.sellers WHERE seller_id ="
        " (SELECT MAX(seller_id) FROM raw.order_items)",
        "assert_valid_order_dates": "UPDATE raw.orders SET order_approved_at = '2001-01-01'",
        "only_letters_stg_sellers_zip": "UPDATE raw.sellers SET seller_zip_code_prefix = '123'",
        "accepted_values_stg_orders": "UPDATE raw.orders SET order_status = 'lost'",
        "same_row_count_fact_orders": "DELETE FROM marts.fact_orders WHERE order_value > 500",
        "assert_no_item_value_is_lost": "SELECT 1",
        "assert_monthly_revenue_adds_up": "UPDATE marts.mart_sales_metrics SET revenue = 1",
        "assert_payments_cover_orders": "UPDATE marts.fact_orders SET paid_value = 9",
        "assert_delivered_orders_have_revenue": "UPDATE marts.fact_orders SET order_value = 0",
        "assert_facts_have_no_vanished_orders": "UPDATE marts.fact_orders SET order_id ="
        " 'gone' || order_id",
    }
    copy.change(";".join(guards.values()))
    done = copy.dbt("test", "--select", "test_type:data")
    assert done.returncode == 1
    failed = [name for name, status in copy.statuses().items() if status == "fail"]
    missed = [guard for guard in guards if not any(guard in name for name in failed)]
    assert missed == []


def test_test_mode_lives_in_schemas_of_its_own_and_only_warns_of_orphans(
    example, small_shop, tmp_path
):
    project = DbtProject(example / "dbt", tmp_path, suffix="_test")
    project.load({name: rows.slice(0, 300) for name, rows in small_shop.items()})
    statuses = project.build()
    assert "warn" in statuses.values()
    assert set(statuses.values()) <= {"success", "pass", "no-op", "warn"}
    schemas = {name.split(".")[0] for name in project.relations()}
    assert schemas == {
        "staging_test",
        "intermediate_test",
        "marts_test",
        "snapshots_test",
    }


def test_freshness_is_measured_on_the_load_time(copy):
    copy.change("UPDATE raw.orders SET _keelboat_loaded_at = '2020-01-01'")
    done = copy.dbt("source", "freshness", "--select", "source:shop.orders")
    assert done.returncode == 1
    assert "ERROR STALE freshness of shop.orders" in done.stdout
    copy.change("UPDATE raw.orders SET _keelboat_loaded_at = now()")
    assert (
        copy.dbt("source", "freshness", "--select", "source:shop.orders").returncode == 0
    )


def test_every_model_and_column_is_described(built):
    manifest = built.manifest()
    described = {
        node["relation_name"].replace('"', "").split(".", 1)[1]: node
        for node in [*manifest["nodes"].values(), *manifest["sources"].values()]
        if node["resource_type"] in ("model", "snapshot", "source")
    }
    rows = built.query(
        "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns"
    )
    assert {relation for relation, _ in rows} == set(described)
    for relation, node in described.items():
        assert node["description"].strip(), relation
        assert {column for name, column in rows if name == relation} == set(
            node["columns"]
        )
        for column in node["columns"].values():
            assert column["description"].strip(), (relation, column["name"])
    for name in ("exposures", "unit_tests"):
        assert all(node["description"] for node in manifest[name].values())


def test_docs_open_with_the_projects_own_page(built):
    done = built.dbt("docs", "generate", "--static")
    assert done.returncode == 0, done.stdout
    page = (built.home / "target" / "static_index.html").read_text()
    assert "Olist: from a shop's database to marts" in page
