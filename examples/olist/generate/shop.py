"""Puts the parts together: one call, nine tables."""

import pyarrow as pa

from .orders import make_orders
from .people import make_customers, make_sellers
from .places import kilometres, make_geolocation, make_places
from .products import make_products, make_translation
from .reviews import make_reviews
from .sales import first_products, make_items, make_payments
from .tables import TABLES

SMALLEST_SCALE = 0.001


def generate(seed: int = 1, scale: float = 1.0) -> dict[str, pa.Table]:
    """All nine tables in loading order; the same arguments give the same bytes.

    `scale` multiplies every row count but that of the 71 category translations. Raises
    ValueError when it is below SMALLEST_SCALE or the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"the seed must not be negative, it is {seed}")
    if not SMALLEST_SCALE <= scale <= 100:
        raise ValueError(
            f"the scale must lie between {SMALLEST_SCALE} and 100, it is {scale}"
        )
    places = make_places(seed, scale)
    customers = make_customers(seed, scale, places)
    sellers = make_sellers(seed, scale, places)
    products = make_products(seed, scale, len(sellers.keys))
    lead = first_products(seed, products, len(customers.keys))
    sender = sellers.home[products.seller[lead]]
    distance = kilometres(
        places.lat[customers.home],
        places.lng[customers.home],
        places.lat[sender],
        places.lng[sender],
    )
    orders = make_orders(seed, scale, customers, distance)
    items, cost = make_items(
        seed, scale, orders, lead, products, customers, sellers, places
    )
    made = {
        "product_category_name_translation": make_translation(),
        "customers": customers.table,
        "sellers": sellers.table,
        "products": products.table,
        "orders": orders.table,
        "order_items": items,
        "order_payments": make_payments(seed, scale, orders, cost),
        "order_reviews": make_reviews(seed, scale, orders),
        "geolocation": make_geolocation(seed, scale, places),
    }
    return {name: made[name] for name in TABLES}
