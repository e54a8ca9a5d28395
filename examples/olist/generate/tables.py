"""The nine tables: names, Kaggle file names, columns in file order, full-size row counts."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

MONEY = pa.decimal128(10, 2)
TIME = pa.timestamp("s")
TEXT = pa.string()
NUMBER = pa.int32()
DEGREES = pa.float64()


@dataclass(frozen=True)
class Table:
    """One source table; `optional` names the columns that may be null."""

    name: str
    file: str
    rows: int
    columns: dict[str, pa.DataType]
    optional: frozenset[str] = frozenset()

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(list(self.columns.items()))


def _table(name, rows, columns, optional=(), file=None):
    return Table(
        name, file or f"olist_{name}_dataset.csv", rows, columns, frozenset(optional)
    )


# Parents come before their children: this is also the order in which they are loaded.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "product_category_name_translation",
            71,
            {"product_category_name": TEXT, "product_category_name_english": TEXT},
            file="product_category_name_translation.csv",
        ),
        _table(
            "customers",
            99_441,
            {
                "customer_id": TEXT,
                "customer_unique_id": TEXT,
                "customer_zip_code_prefix": TEXT,
                "customer_city": TEXT,
                "customer_state": TEXT,
            },
        ),
        _table(
            "sellers",
            3_095,
            {
                "seller_id": TEXT,
                "seller_zip_code_prefix": TEXT,
                "seller_city": TEXT,
                "seller_state": TEXT,
            },
        ),
        _table(
            "products",
            32_951,
            {
                "product_id": TEXT,
                "product_category_name": TEXT,
                "product_name_lenght": NUMBER,
                "product_description_lenght": NUMBER,
                "product_photos_qty": NUMBER,
                "product_weight_g": NUMBER,
                "product_length_cm": NUMBER,
                "product_height_cm": NUMBER,
                "product_width_cm": NUMBER,
            },
            optional=(
                "product_category_name",
                "product_name_lenght",
                "product_description_lenght",
                "product_photos_qty",
                "product_weight_g",
                "product_length_cm",
                "product_height_cm",
                "product_width_cm",
            ),
        ),
        _table(
            "orders",
            99_441,
            {
                "order_id": TEXT,
                "customer_id": TEXT,
                "order_status": TEXT,
                "order_purchase_timestamp": TIME,
                "order_approved_at": TIME,
                "order_delivered_carrier_date": TIME,
                "order_delivered_customer_date": TIME,
                "order_estimated_delivery_date": TIME,
            },
            optional=(
                "order_approved_at",
                "order_delivered_carrier_date",
                "order_delivered_customer_date",
            ),
        ),
        _table(
            "order_items",
            112_650,
            {
                "order_id": TEXT,
                "order_item_id": NUMBER,
                "product_id": TEXT,
                "seller_id": TEXT,
                "shipping_limit_date": TIME,
                "price": MONEY,
                "freight_value": MONEY,
            },
        ),
        _table(
            "order_payments",
            103_886,
            {
                "order_id": TEXT,
                "payment_sequential": NUMBER,
                "payment_type": TEXT,
                "payment_installments": NUMBER,
                "payment_value": MONEY,
            },
        ),
        _table(
            "order_reviews",
            99_224,
            {
                "review_id": TEXT,
                "order_id": TEXT,
                "review_score": NUMBER,
                "review_comment_title": TEXT,
                "review_comment_message": TEXT,
                "review_creation_date": TIME,
                "review_answer_timestamp": TIME,
            },
            optional=("review_comment_title", "review_comment_message"),
        ),
        _table(
            "geolocation",
            1_000_163,
            {
                "geolocation_zip_code_prefix": TEXT,
                "geolocation_lat": DEGREES,
                "geolocation_lng": DEGREES,
                "geolocation_city": TEXT,
                "geolocation_state": TEXT,
            },
        ),
    )
}


def write_csv(tables: dict[str, pa.Table], directory: Path) -> None:
    """Write each table under its Kaggle file name: UTF-8, LF, null = empty field."""
    directory.mkdir(parents=True, exist_ok=True)
    options = pa.csv.WriteOptions(quoting_style="needed")
    for name, rows in tables.items():
        pa.csv.write_csv(rows, str(directory / TABLES[name].file), options)
