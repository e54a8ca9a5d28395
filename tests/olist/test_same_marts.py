"""The dbt project gives the same rows on DuckDB and on Snowflake's stand-in."""

import re
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from built_project import DbtProject
from snowflake_project import SnowflakeProject
from snowflake_service import snowflake

# Digests are over texts, which each warehouse writes in its own way; dbt's own columns hold
# the times of its runs.
OWN = {"row_checksum", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from"}
FIRST, SECOND = "2026-01-02 03:04:05", "2026-01-03 03:04:05"


@pytest.fixture(scope="module")
def both(example, small_shop, tmp_path_factory):
    """Both projects, built once on the same rows."""
    with snowflake() as service:
        duckdb = DbtProject(example / "dbt", tmp_path_factory.mktemp("duckdb"))
        other = SnowflakeProject(
            example / "dbt", tmp_path_factory.mktemp("snowflake"), service
        )
        for project in (duckdb, other):
            project.load(small_shop, FIRST)
        yield duckdb, other, duckdb.build(), other.build()


def plain(value):
    """A value as both warehouses can say it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, Decimal)):
        return f"{Decimal(str(value)).normalize():f}"
    text = str(value)
    # Decimals and moments come as text out of the stand-in.
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return f"{Decimal(text).normalize():f}"
    return text


def rows_of(columns: list[str], rows: list[tuple]) -> list[tuple]:
    kept = [place for place, name in enumerate(columns) if name not in OWN]
    ended = columns.index("dbt_valid_to") if "dbt_valid_to" in columns else None
    lines = []
    for row in rows:
        line = [plain(row[place]) for place in kept if place != ended]
        if ended is not None:
            line.append(row[ended] is None)
        lines.append(tuple(str(cell).removesuffix("+00:00") for cell in line))
    return sorted(lines)


def assert_same(duckdb: DbtProject, other: SnowflakeProject) -> None:
    relations = duckdb.relations()
    assert len(relations) == 31
    for relation in relations:
        schema, name = relation.split(".")
        columns = [
            column
            for (column,) in duckdb.query(
                "SELECT column_name FROM duckdb_columns()"
                f" WHERE schema_name = '{schema}' AND table_name = '{name}'"
                " ORDER BY column_index"
            )
        ]
        expected = rows_of(columns, duckdb.query(f"SELECT * FROM {relation}"))
        there, rows = other.table(schema, name)
        assert there == columns, relation
        found = rows_of(there, rows)
        assert len(found) == len(expected), relation
        for here, row in zip(expected, found, strict=True):
            assert row == here, relation


def test_both_pass_the_same_tests(both):
    _, _, here, there = both
    assert here == there


def test_every_relation_has_the_same_rows(both):
    assert_same(both[0], both[1])


def test_changes_deletions_and_late_rows_come_out_the_same(both, small_shop):
    """The incremental facts and the snapshots on their second run."""
    duckdb, other, *_ = both
    changed = dict(small_shop)
    orders, items = changed["orders"], changed["order_items"]
    gone = orders["order_id"][0]
    place = orders.schema.get_field_index("order_status")
    status = pa.array(
        [
            "canceled" if i == 5 else s
            for i, s in enumerate(orders["order_status"].to_pylist())
        ]
    )
    orders = orders.set_column(place, "order_status", status)
    changed["orders"] = orders.filter(pc.not_equal(orders["order_id"], gone))
    for name in ("order_items", "order_payments", "order_reviews"):
        rows = changed[name]
        changed[name] = rows.filter(pc.not_equal(rows["order_id"], gone))
    late = items.slice(7, 1)
    place = late.schema.get_field_index("order_item_id")
    late = late.set_column(
        place, "order_item_id", pa.array([19], late.schema.field(place).type)
    )
    changed["order_items"] = pa.concat_tables([changed["order_items"], late])
    products = changed["products"]
    place = products.schema.get_field_index("product_weight_g")
    weights = products["product_weight_g"].to_pylist()
    weights[3] = 77
    changed["products"] = products.set_column(
        place, "product_weight_g", pa.array(weights, products.schema.field(place).type)
    )
    for project in (duckdb, other):
        project.load(changed, SECOND)
        project.build()
    ((versions,),) = duckdb.query(
        "SELECT COUNT(*) - COUNT(DISTINCT product_id) FROM snapshots.snap_dim_product"
    )
    assert versions == 1
    assert_same(duckdb, other)


def test_freshness_is_measured_on_both(both):
    for project in both[:2]:
        done = project.dbt("source", "freshness", "--select", "source:shop.orders")
        assert done.returncode == 1
        assert "ERROR STALE freshness of shop.orders" in done.stdout
