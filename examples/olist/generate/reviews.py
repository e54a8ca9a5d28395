"""Reviews: a score that follows the delivery, and what people write about it.

Ids are not unique: some reviews were stored for two orders of the same moment, as in the
original. Comments carry accents, emoji, quotes, commas, tabs, backslashes and line breaks.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import (
    assign_by_rank,
    choose,
    fixed_text,
    hex_keys,
    labels,
    numbers,
    pick,
    stream,
    times,
)
from .orders import Orders
from .phrases import BODIES, CLOSINGS, EMOJI, JOINS, OPENINGS, TITLES
from .tables import TABLES

_REVIEWED_ORDERS = 98_673
_DISTINCT_IDS = 98_410
_SCORES = {1: 11_424, 2: 3_151, 3: 8_179, 4: 19_142, 5: 57_328}
_TITLED = 11_568
_COMMENTED = 40_977
_DAY = 86_400


def make_reviews(seed: int, scale: float, orders: Orders) -> pa.Table:
    rng = stream(seed, "order_reviews")
    full = TABLES["order_reviews"].rows
    total = max(2, round(full * scale))
    reviewed = round(_REVIEWED_ORDERS * total / full)
    distinct = min(round(_DISTINCT_IDS * total / full), reviewed)
    order = rng.permutation(len(orders.keys))[:reviewed]
    order = np.concatenate([order, rng.integers(0, reviewed, total - reviewed)])
    order[reviewed:] = order[order[reviewed:]]

    # Rows that share another row's id lie among the first `reviewed`, whose orders all
    # differ, so that (review_id, order_id) stays unique.
    twins = total - distinct
    content = np.arange(total)
    content[reviewed - twins : reviewed] = choose(rng, np.arange(reviewed - twins), twins)

    unhappy = np.where(orders.late, 1.6, 0.0) + np.where(orders.arrived, 0.0, 1.9)
    mood = rng.standard_normal(total) - unhappy[order]
    score = assign_by_rank(mood, list(_SCORES), list(_SCORES.values()))[content]
    titled, comment, title = _comments(rng, score, content)

    end = np.where(orders.arrived, orders.delivered, orders.promised)[order[content]]
    created = (end // _DAY + 1) * _DAY
    thought = np.clip(np.exp(rng.normal(0.85, 0.75, total)), 0.1, 180) * _DAY
    answered = created + thought[content].astype(np.int64)
    columns = [
        fixed_text(hex_keys(rng, total)[content]),
        fixed_text(orders.keys[order]),
        numbers(score),
        pc.if_else(titled, title, pa.scalar(None, pa.string())),
        comment,
        times(created),
        times(answered),
    ]
    shuffled = pa.array(rng.permutation(total))
    return pa.table(columns, schema=TABLES["order_reviews"].schema).take(shuffled)


def _comments(rng, score: np.ndarray, content: np.ndarray):
    """Which rows have a title, the messages, and a title for every row."""
    count = len(score)
    full = TABLES["order_reviews"].rows
    feeling = np.array([0, 0, 0, 1, 2, 2])[score]
    # The unhappier, the more is written; ranks keep the shares exact at every scale.
    urge = rng.random(count) + np.array([0, 0.45, 0.35, 0.1, 0.0, 0.0])[score]
    writes = assign_by_rank(urge, [False, True], [full - _COMMENTED, _COMMENTED])[content]
    names_it = rng.random(count) + 0.3 * writes
    titled = assign_by_rank(names_it, [False, True], [full - _TITLED, _TITLED])[content]

    def drawn(phrases: tuple[list[str], ...]) -> pa.Array:
        """One phrase a row out of the list for the row's feeling."""
        starts = np.cumsum([0] + [len(group) for group in phrases])
        sizes = np.array([len(group) for group in phrases])[feeling]
        position = starts[feeling] + (rng.random(count) * sizes).astype(np.int64)
        return labels([text for group in phrases for text in group], position[content])

    def any_of(texts: list[str], weights: list[float]) -> pa.Array:
        return labels(texts, pick(rng, weights, count)[content])

    message = pc.binary_join_element_wise(
        drawn(OPENINGS),
        any_of([text for text, _ in JOINS], [weight for _, weight in JOINS]),
        drawn(BODIES),
        any_of([text for text, _ in JOINS], [weight for _, weight in JOINS]),
        drawn(CLOSINGS),
        any_of([text for text, _ in EMOJI], [weight for _, weight in EMOJI]),
        "",
    )
    comment = pc.if_else(pa.array(writes), message, pa.scalar(None, pa.string()))
    return pa.array(titled), comment, drawn(TITLES)
