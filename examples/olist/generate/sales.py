"""What is in the orders and how it is paid: order_items and order_payments."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .columns import (
    apportion,
    assign_by_rank,
    choose,
    fixed_text,
    group_sizes,
    labels,
    money,
    numbers,
    pick,
    rank_fraction,
    stream,
    times,
)
from .orders import Orders
from .places import kilometres
from .tables import TABLES

_ORDERS_WITH_ITEMS = 98_666
_BASKETS = {
    **{1: 88_863, 2: 7_516, 3: 1_322, 4: 505, 5: 204, 6: 198, 7: 22, 8: 8, 9: 3, 10: 8},
    **{11: 4, 12: 5, 13: 1, 14: 2, 15: 2, 20: 2, 21: 1},
}
_SPLIT_PAYMENTS = 2_961
_PARTS = {
    **{2: 2_382, 3: 301, 4: 108, 5: 52, 6: 36, 7: 28, 8: 11, 9: 9, 10: 5, 11: 8, 12: 8},
    **{13: 3, 14: 2, 15: 2, 19: 2, 21: 1, 22: 1, 26: 1, 29: 1},
}
_TYPES = ["credit_card", "boleto", "voucher", "debit_card", "not_defined"]
_CARD, _BOLETO, _VOUCHER, _DEBIT, _UNDEFINED = range(5)
_INSTALLMENTS = {
    **{1: 25_455, 2: 12_413, 3: 10_461, 4: 7_098, 5: 5_239, 6: 3_920, 7: 1_626, 8: 4_268},
    **{9: 644, 10: 5_328, 11: 23, 12: 133, 13: 16, 14: 15, 15: 74, 16: 5, 17: 8, 18: 27},
    **{20: 17, 21: 3, 22: 1, 23: 1, 24: 18},
}
_DAY = 86_400


@dataclass(frozen=True)
class Basket:
    """Order lines by position; `order` and `product` are indices, lines sorted by order."""

    order: np.ndarray
    line: np.ndarray
    product: np.ndarray


def first_products(seed: int, products, count: int) -> np.ndarray:
    """The product each order begins with: all products once, the rest by demand."""
    rng = stream(seed, "first products")
    by_demand = pick(rng, products.popularity, count)
    covered = rng.permutation(len(products.keys))[:count]
    by_demand[: len(covered)] = covered
    return rng.permutation(by_demand)


def _fill_baskets(
    rng, orders: Orders, lead: np.ndarray, products, scale: float
) -> Basket:
    with_items = np.flatnonzero(orders.has_items)
    total = max(len(with_items), round(TABLES["order_items"].rows * scale))
    sizes = group_sizes(rng, len(with_items), total, _BASKETS)
    order = np.repeat(with_items, sizes)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    line = np.arange(total) - start
    other = pick(rng, products.popularity, total)
    same = (line == 0) | (rng.random(total) < 0.68)
    return Basket(order, line, np.where(same, lead[order], other))


def make_items(
    seed: int, scale: float, orders: Orders, lead, products, customers, sellers, places
) -> tuple[pa.Table, np.ndarray]:
    """The order_items table, and what each order costs in cents (0 = has no items)."""
    rng = stream(seed, "order_items")
    basket = _fill_baskets(rng, orders, lead, products, scale)
    count = len(basket.order)
    seller = products.seller[basket.product]
    # A product costs the same for all but the season; one order never mixes prices.
    season = np.round(1 + 0.05 * rng.standard_normal(len(orders.keys)), 2)
    changed = rng.random(len(orders.keys)) < 0.25
    factor = np.where(changed, season, 1.0)[basket.order]
    price = np.clip(
        (products.price_cents[basket.product] * factor).astype(np.int64), 85, None
    )

    here, there = customers.home[basket.order], sellers.home[seller]
    distance = kilometres(
        places.lat[here], places.lng[here], places.lat[there], places.lng[there]
    )
    kilograms = products.weight_g[basket.product] / 1_000
    freight = (
        950 + 0.8 * distance + 270 * kilograms**0.85 + 0.12 * distance * kilograms**0.8
    )
    freight = freight * np.exp(0.12 * rng.standard_normal(count))
    freight = np.where(rng.random(count) < 0.0034, 0, np.clip(freight, 30, 40_968))
    freight = freight.astype(np.int64)

    approved_day = (orders.approved + 6 * _DAY)[basket.order]
    limit = approved_day + _DAY * extra_days(rng, count)
    # A few sellers promise to ship years ahead: cursors on this column must survive it.
    limit[choose(rng, np.arange(count), max(1, round(4 * scale)))] += 730 * _DAY
    columns = [
        fixed_text(orders.keys[basket.order]),
        numbers(basket.line + 1),
        fixed_text(products.keys[basket.product]),
        fixed_text(sellers.keys[seller]),
        times(limit),
        money(price),
        money(freight),
    ]
    cost = np.bincount(basket.order, weights=price + freight, minlength=len(orders.keys))
    table = pa.table(columns, schema=TABLES["order_items"].schema)
    return table, cost.astype(np.int64)


def extra_days(rng: np.random.Generator, count: int) -> np.ndarray:
    """Days beyond the usual six that sellers get to post a parcel."""
    return pick(rng, [62, 12, 9, 6, 4, 3, 2, 1, 1], count)


def make_payments(seed: int, scale: float, orders: Orders, cost: np.ndarray) -> pa.Table:
    """One to 29 payments an order that add up to its items and freight to the cent."""
    rng = stream(seed, "order_payments")
    full = TABLES["order_payments"].rows
    total = max(len(orders.keys), round(full * scale))
    unpaid = choose(rng, np.flatnonzero(orders.has_items), 1 if scale >= 1 else 0)
    paid = np.setdiff1d(np.arange(len(orders.keys)), unpaid)
    splits = min(round(_SPLIT_PAYMENTS * scale), total - len(paid))
    parts = np.ones(len(orders.keys), dtype=np.int64)
    parts[unpaid] = 0
    split_orders = choose(rng, paid, splits)
    if splits:
        extra = total - len(paid)
        parts[split_orders] = group_sizes(rng, splits, extra + splits, _PARTS)
    order = np.repeat(np.arange(len(parts)), parts)
    first = np.repeat(np.cumsum(parts) - parts, parts)
    sequence = np.arange(len(order)) - first

    # Orders whose items were never recorded were paid for all the same.
    lost = (np.exp(rng.normal(4.5, 0.8, len(cost))) * 100).astype(np.int64)
    due = np.where(cost > 0, cost, lost)
    weight = rng.random(len(order)) + 0.05
    running = np.cumsum(weight)
    before = running[first] - weight[first]
    group_weight = np.bincount(order, weights=weight, minlength=len(parts))[order]
    upto = np.round(due[order] * np.clip((running - before) / group_weight, 0, 1))
    upto = upto.astype(np.int64)
    last = np.append(order[1:] != order[:-1], True)
    upto[last] = due[order][last]
    value = np.where(sequence == 0, upto, upto - np.concatenate([[0], upto[:-1]]))

    kind = _kinds(rng, scale, orders, parts, order, sequence)
    installments = np.ones(len(order), dtype=np.int64)
    cards = np.flatnonzero(kind == _CARD)
    urge = 0.55 * rank_fraction(value[cards]) + 0.45 * rng.random(len(cards))
    installments[cards] = assign_by_rank(
        urge, list(_INSTALLMENTS), list(_INSTALLMENTS.values())
    )
    installments[choose(rng, cards, round(2 * scale))] = 0
    columns = [
        fixed_text(orders.keys[order]),
        numbers(sequence + 1),
        labels(_TYPES, kind),
        numbers(installments),
        money(value),
    ]
    return pa.table(columns, schema=TABLES["order_payments"].schema)


def _kinds(rng, scale, orders, parts, order, sequence) -> np.ndarray:
    """Split orders: a card topped up with vouchers, or vouchers alone. Others: one kind."""
    all_vouchers = rng.random(len(parts)) < 0.21
    split = parts[order] > 1
    kind = np.full(len(order), _CARD)
    kind[split & ((sequence > 0) | all_vouchers[order])] = _VOUCHER
    single = np.flatnonzero(~split)
    shares = apportion(len(single), [74_450, 19_784, 713, 1_529])
    kind[rng.permutation(single)] = np.repeat([_CARD, _BOLETO, _VOUCHER, _DEBIT], shares)
    empty = single[~orders.has_items[order[single]]]
    kind[choose(rng, empty, round(3 * scale))] = _UNDEFINED
    return kind
