"""Orders: when they were placed, what became of them, and when they arrived."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .calendar import purchase_times
from .columns import choose, fixed_text, hex_keys, labels, spread, stream, times
from .tables import TABLES

STATUSES = (
    "delivered shipped canceled unavailable invoiced processing created approved".split()
)
_STATUS_COUNTS = [96_478, 1_107, 625, 609, 314, 301, 5, 2]
# Of each status: orders without items, without approval, that reached no carrier, and
# that did but reached no customer.
_NO_ITEMS = {
    "unavailable": 603,
    "canceled": 164,
    "created": 5,
    "invoiced": 2,
    "shipped": 1,
}
_NOT_APPROVED = {"canceled": 141, "delivered": 14, "created": 5}
_NO_CARRIER = {"canceled": 550, "delivered": 2}
_LOST = {"canceled": 69, "delivered": 6}
_NEVER_SENT = ("unavailable", "invoiced", "processing", "created", "approved")
_DAY = 86_400


@dataclass(frozen=True)
class Orders:
    keys: np.ndarray
    status: np.ndarray
    purchase: np.ndarray
    approved: np.ndarray
    delivered: np.ndarray
    promised: np.ndarray
    has_items: np.ndarray
    arrived: np.ndarray
    table: pa.Table

    @property
    def late(self) -> np.ndarray:
        return self.arrived & (self.delivered > self.promised)


def _marked(rng, status, counts, scale, among=True) -> np.ndarray:
    """Exactly the scaled number of orders of each named status, chosen at random."""
    mask = np.zeros(len(status), dtype=bool)
    for name, count in counts.items():
        of_status = np.flatnonzero((status == STATUSES.index(name)) & among)
        mask[choose(rng, of_status, round(count * scale))] = True
    return mask


def make_orders(seed: int, scale: float, customers, distance_km: np.ndarray) -> Orders:
    """`distance_km[i]` lies between customer i and the seller of the order's first item."""
    rng = stream(seed, "orders")
    count = len(customers.keys)
    share = count / TABLES["orders"].rows
    purchase = purchase_times(rng, count)
    status = spread(count, _STATUS_COUNTS, rng)
    # The last weeks were never fulfilled: their orders swap status with canceled ones.
    unfinished = np.flatnonzero(purchase >= np.datetime64("2018-09-01", "s").astype(int))
    canceled = np.flatnonzero(status == STATUSES.index("canceled"))[: len(unfinished)]
    unfinished = unfinished[: len(canceled)]
    status[unfinished], status[canceled] = status[canceled], status[unfinished].copy()

    has_items = ~_marked(rng, status, _NO_ITEMS, share)
    not_approved = _marked(rng, status, _NOT_APPROVED, share)
    never_sent = np.isin(status, [STATUSES.index(name) for name in _NEVER_SENT])
    no_carrier = never_sent | _marked(rng, status, _NO_CARRIER, share)
    no_delivery = no_carrier | (status == STATUSES.index("shipped"))
    no_delivery |= _marked(rng, status, _LOST, share, among=~no_carrier)

    # A fifth pays by bank slip, which takes days to clear; cards clear in minutes.
    slow = rng.random(count) < 0.2
    approval = np.where(
        slow,
        _DAY * np.clip(rng.normal(1.5, 0.6, count), 0.05, 4),
        60 * np.exp(rng.normal(2.8, 0.9, count)),
    )
    handling = _DAY * np.exp(rng.normal(0.75, 0.75, count))
    usual_days = 3.0 + distance_km / 150
    transport = _DAY * usual_days * np.exp(rng.normal(0.0, 0.56, count))
    strike = (purchase > np.datetime64("2018-02-15", "s").astype(int)) & (
        purchase < np.datetime64("2018-03-20", "s").astype(int)
    )
    transport = np.where(strike, transport * 1.35, transport)
    approved = (purchase + approval).astype(np.int64)
    carrier = (approved + handling).astype(np.int64)
    # Some sellers post the parcel before the shop's books show the approval.
    early = rng.random(count) < 0.0137
    carrier = np.where(early, approved - rng.integers(600, 30_000, count), carrier)
    carrier = np.maximum(carrier, purchase + 300)
    delivered = (np.maximum(carrier, approved) + 7_200 + transport).astype(np.int64)
    promise_days = 7.0 + 1.45 * usual_days + np.abs(rng.normal(4.0, 3.5, count))
    promised = (purchase // _DAY + np.ceil(promise_days).astype(np.int64)) * _DAY

    keys = hex_keys(rng, count)
    columns = [
        fixed_text(keys),
        fixed_text(customers.keys),
        labels(list(STATUSES), status),
        times(purchase),
        times(approved, not_approved),
        times(carrier, no_carrier),
        times(delivered, no_delivery),
        times(promised),
    ]
    table = pa.table(columns, schema=TABLES["orders"].schema)
    return Orders(
        keys,
        status,
        purchase,
        approved,
        delivered,
        promised,
        has_items,
        ~no_delivery,
        table,
    )
