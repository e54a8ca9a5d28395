"""The generated data: the same bytes for the same seed, the full counts, the original's traps."""

import hashlib

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from generate import TABLES, BadDataDirectory, generate, read_kaggle, write_csv

FULL_COUNTS = {
    "customers": 99_441,
    "geolocation": 1_000_163,
    "order_items": 112_650,
    "order_payments": 103_886,
    "order_reviews": 99_224,
    "orders": 99_441,
    "products": 32_951,
    "sellers": 3_095,
    "product_category_name_translation": 71,
}
# Of seed 1 at scale 0.01. A change means that every user's demo data changes: be sure.
SMALL_DIGEST = "1ff4f69d8bac91b7b40a8e56e94f520968e18fad997c77312490053e5b6b6e43"


def digest(tables, directory) -> str:
    write_csv(tables, directory)
    result = hashlib.sha256()
    for table in TABLES.values():
        result.update((directory / table.file).read_bytes())
    return result.hexdigest()


@pytest.fixture(scope="module")
def full_shop():
    return generate()


def keys(table: pa.Table, *names: str) -> set:
    return set(zip(*(table[name].to_pylist() for name in names), strict=True))


def test_same_seed_gives_the_same_bytes(small_shop, tmp_path):
    assert digest(small_shop, tmp_path / "a") == SMALL_DIGEST
    assert digest(generate(1, 0.01), tmp_path / "b") == SMALL_DIGEST


def test_another_seed_gives_other_bytes_and_the_same_counts(small_shop, tmp_path):
    other = generate(2, 0.01)
    assert digest(other, tmp_path) != SMALL_DIGEST
    assert {name: table.num_rows for name, table in other.items()} == {
        name: table.num_rows for name, table in small_shop.items()
    }


def test_full_size_counts(full_shop):
    assert {name: table.num_rows for name, table in full_shop.items()} == FULL_COUNTS
    assert sum(FULL_COUNTS.values()) == 1_550_922


@pytest.mark.parametrize("scale", [0.001, 0.013, 1.5])
def test_counts_follow_the_scale(scale):
    for name, table in generate(3, scale).items():
        if name != "product_category_name_translation":
            assert table.num_rows == max(1, round(FULL_COUNTS[name] * scale)), name


@pytest.mark.parametrize(
    ("seed", "scale"), [(-1, 1.0), (1, 0.0), (1, float("nan")), (1, 1e9)]
)
def test_refuses_arguments_out_of_range(seed, scale):
    with pytest.raises(ValueError, match="must"):
        generate(seed, scale)


@pytest.mark.parametrize(
    ("child", "column", "parent"),
    [
        ("orders", "customer_id", "customers"),
        ("order_items", "order_id", "orders"),
        ("order_items", "product_id", "products"),
        ("order_items", "seller_id", "sellers"),
        ("order_payments", "order_id", "orders"),
        ("order_reviews", "order_id", "orders"),
    ],
)
def test_foreign_keys_hold(full_shop, child, column, parent):
    assert pc.all(pc.is_in(full_shop[child][column], full_shop[parent][column])).as_py()


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("customers", ["customer_id"]),
        ("orders", ["order_id"]),
        ("products", ["product_id"]),
        ("sellers", ["seller_id"]),
        ("order_items", ["order_id", "order_item_id"]),
        ("order_payments", ["order_id", "payment_sequential"]),
        ("order_reviews", ["review_id", "order_id"]),
        ("product_category_name_translation", ["product_category_name"]),
    ],
)
def test_keys_are_unique(full_shop, table, key):
    assert len(keys(full_shop[table], *key)) == full_shop[table].num_rows


def test_review_ids_repeat_and_repeat_their_content(full_shop):
    reviews = full_shop["order_reviews"]
    assert len(keys(reviews, "review_id")) == 98_410
    assert (
        len(keys(reviews, "review_id", "review_score", "review_creation_date")) == 98_410
    )
    assert len(keys(reviews, "order_id")) == 98_673


def test_geolocation_repeats_rows_and_spells_cities_two_ways(full_shop):
    geolocation = full_shop["geolocation"]
    distinct = geolocation.group_by(geolocation.column_names).aggregate([])
    assert distinct.num_rows == 1_000_163 - 261_831
    assert {"sao paulo", "são paulo"} <= set(
        pc.unique(geolocation["geolocation_city"]).to_pylist()
    )
    prefixes = geolocation["geolocation_zip_code_prefix"]
    assert pc.all(pc.match_substring_regex(prefixes, "^[0-9]{5}$")).as_py()
    assert pc.any(pc.starts_with(prefixes, "0")).as_py()


def test_nulls_lie_where_the_data_set_has_them(full_shop):
    assert {
        f"{name}.{column}": table[column].null_count
        for name, table in full_shop.items()
        for column in table.column_names
        if table[column].null_count
    } == {
        "products.product_category_name": 610,
        "products.product_name_lenght": 610,
        "products.product_description_lenght": 610,
        "products.product_photos_qty": 610,
        "products.product_weight_g": 2,
        "products.product_length_cm": 2,
        "products.product_height_cm": 2,
        "products.product_width_cm": 2,
        "orders.order_approved_at": 160,
        "orders.order_delivered_carrier_date": 1_783,
        "orders.order_delivered_customer_date": 2_965,
        "order_reviews.review_comment_title": pytest.approx(87_656, rel=0.001),
        "order_reviews.review_comment_message": pytest.approx(58_247, rel=0.001),
    }


def test_comments_carry_accents_emoji_quotes_and_line_breaks(full_shop):
    comments = pc.drop_null(full_shop["order_reviews"]["review_comment_message"])
    for trap in ("ã", "😍", "👨‍👩‍👧‍👦", '"', "\r\n", "\t", "\\o/", ","):
        assert pc.any(pc.match_substring(comments, trap)).as_py(), repr(trap)


def test_payments_add_up_to_items_and_freight(full_shop):
    paid, due = {}, {}
    payments, items = full_shop["order_payments"], full_shop["order_items"]
    for order, value in zip(payments["order_id"], payments["payment_value"], strict=True):
        paid[order.as_py()] = paid.get(order.as_py(), 0) + value.as_py()
    lines = zip(items["order_id"], items["price"], items["freight_value"], strict=True)
    for order, price, freight in lines:
        due[order.as_py()] = due.get(order.as_py(), 0) + price.as_py() + freight.as_py()
    unpaid = [order for order in due if order not in paid]
    assert len(unpaid) == 1
    assert [order for order in due if order in paid and due[order] != paid[order]] == []
    assert 15_000_000 < sum(paid.values()) < 17_000_000


def test_the_months_look_like_a_growing_shop(full_shop):
    moments = full_shop["orders"]["order_purchase_timestamp"]
    months = pc.strftime(moments, "%Y-%m").value_counts()
    count = {item["values"].as_py(): item["counts"].as_py() for item in months}
    assert count["2016-09"] == 4
    assert count["2017-01"] == 800
    assert count["2017-11"] == 7_544 == max(count.values())
    assert count["2018-10"] == 4
    assert "2016-11" not in count


def test_orders_keep_their_order_of_events(full_shop):
    orders = full_shop["orders"]
    bought = orders["order_purchase_timestamp"]
    for later in ("order_approved_at", "order_delivered_carrier_date"):
        assert pc.all(pc.less_equal(bought, orders[later])).as_py(), later
    arrived = orders["order_delivered_customer_date"]
    assert pc.all(pc.less(orders["order_delivered_carrier_date"], arrived)).as_py()
    late = pc.mean(pc.greater(arrived, orders["order_estimated_delivery_date"])).as_py()
    assert 0.05 < late < 0.11


def test_reads_back_what_it_wrote_in_the_real_files_format(small_shop, tmp_path):
    write_csv(small_shop, tmp_path)
    # The original's translation file begins with a byte order mark.
    translation = tmp_path / "product_category_name_translation.csv"
    translation.write_bytes(b"\xef\xbb\xbf" + translation.read_bytes())
    again = read_kaggle(tmp_path)
    for name, table in small_shop.items():
        assert again[name].equals(table.combine_chunks()), name


def test_a_missing_file_is_named(small_shop, tmp_path):
    write_csv(small_shop, tmp_path)
    (tmp_path / "olist_orders_dataset.csv").unlink()
    with pytest.raises(BadDataDirectory, match="lacks olist_orders_dataset.csv"):
        read_kaggle(tmp_path)


def test_a_broken_file_is_named(small_shop, tmp_path):
    write_csv(small_shop, tmp_path)
    (tmp_path / "olist_sellers_dataset.csv").write_text("seller_id,seller_city\nx,y\n")
    with pytest.raises(
        BadDataDirectory, match="olist_sellers_dataset.csv.*zip_code_prefix"
    ):
        read_kaggle(tmp_path)
