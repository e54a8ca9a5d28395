"""Products and the translation of their categories."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from .columns import apportion, fixed_text, hex_keys, labels, numbers, pick, stream
from .tables import TABLES

_NO_CATEGORY = 610
_NO_SIZE = 2
_PHOTOS = [16_489, 6_263, 3_860, 2_428, 1_484, 968, 343, 192, 105, 95, 72, 35, 9, 5, 8]


@dataclass(frozen=True)
class Products:
    keys: np.ndarray
    price_cents: np.ndarray
    weight_g: np.ndarray
    popularity: np.ndarray
    seller: np.ndarray
    table: pa.Table


def read_categories() -> list[dict[str, str]]:
    path = Path(__file__).parent / "data" / "categories.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_translation() -> pa.Table:
    """The 71 categories that have an English name (two products' categories lack one)."""
    rows = [row for row in read_categories() if row["english"]]
    columns = [
        pa.array([row["portuguese"] for row in rows]),
        pa.array([row["english"] for row in rows]),
    ]
    return pa.table(columns, schema=TABLES["product_category_name_translation"].schema)


def shop_price(rng: np.random.Generator, cents: np.ndarray) -> np.ndarray:
    """Prices as shops write them: ending in ,90 ,99 ,00 or anything."""
    ending = np.array([90, 99, 0, 50])[pick(rng, [35, 25, 20, 5], len(cents))]
    written = np.where(rng.random(len(cents)) < 0.85, cents // 100 * 100 + ending, cents)
    return np.clip(written, 85, 673_500)


def make_products(seed: int, scale: float, sellers: int) -> Products:
    rng = stream(seed, "products")
    categories = read_categories()
    count = max(sellers, round(TABLES["products"].rows * scale))
    nameless = round(_NO_CATEGORY * count / TABLES["products"].rows)
    in_category = apportion(
        count - nameless, [int(row["products"]) for row in categories]
    )
    # Nameless products borrow the price and weight of a random category.
    category = np.concatenate(
        [
            np.repeat(np.arange(len(categories)), in_category),
            pick(rng, in_category, nameless),
        ]
    )
    no_name = np.arange(count) >= count - nameless
    order = rng.permutation(count)
    category, no_name = category[order], no_name[order]

    price = np.array([float(row["price"]) for row in categories])[category]
    size_noise = rng.standard_normal(count)
    price = 1.02 * price * np.exp(0.45 * size_noise + 0.74 * rng.standard_normal(count))
    weight = np.array([float(row["weight"]) for row in categories])[category]
    weight = weight * np.exp(0.75 * size_noise + 0.55 * rng.standard_normal(count))
    weight = np.clip(
        np.where(rng.random(count) < 0.6, weight // 50 * 50, weight), 50, 40_425
    )
    # Litres out of grams at a light parcel's density, as three sides of a box.
    side = np.cbrt(weight * 5.5)
    shape = np.exp(0.3 * rng.standard_normal((3, count)))
    length = np.clip(side * 1.45 * shape[0], 16, 105)
    height = np.clip(side * 0.75 * shape[1], 2, 105)
    width = np.clip(side * 1.05 * shape[2], 11, 118)

    sold = np.array([float(row["items"]) for row in categories])
    listed = np.maximum(1, np.bincount(category, minlength=len(categories)))
    popularity = (sold / listed)[category] * np.minimum(rng.pareto(1.35, count), 300)
    seller_size = rng.permutation((np.arange(sellers) + 8.0) ** -0.95)
    seller = pick(rng, seller_size, count)
    seller[rng.permutation(count)[:sellers]] = np.arange(sellers)

    no_size = np.zeros(count, dtype=bool)
    no_size[
        rng.permutation(count)[: round(_NO_SIZE * count / TABLES["products"].rows)]
    ] = True
    name_length = np.clip(rng.normal(49, 10, count), 5, 76)
    description_length = np.clip(np.exp(rng.normal(6.35, 0.75, count)), 4, 3_992)
    keys = hex_keys(rng, count)
    columns = [
        fixed_text(keys),
        labels([row["portuguese"] for row in categories], category, no_name),
        numbers(name_length, no_name),
        numbers(description_length, no_name),
        numbers(1 + pick(rng, _PHOTOS, count), no_name),
        numbers(weight, no_size),
        numbers(length, no_size),
        numbers(height, no_size),
        numbers(width, no_size),
    ]
    table = pa.table(columns, schema=TABLES["products"].schema)
    price_cents = shop_price(rng, (price * 100).astype(np.int64))
    return Products(keys, price_cents, weight, popularity, seller, table)
