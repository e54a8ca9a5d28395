"""Customers (one per order, some of them the same person again) and sellers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .columns import fixed_text, hex_keys, labels, stream, zip_prefixes
from .places import Places, plain
from .tables import TABLES

_PERSONS = 96_096


@dataclass(frozen=True)
class People:
    """Keys and homes (indices into `Places`) of customers or sellers, with their table."""

    keys: np.ndarray
    home: np.ndarray
    table: pa.Table


def make_customers(seed: int, scale: float, places: Places) -> People:
    rng = stream(seed, "customers")
    count = max(2, round(TABLES["customers"].rows * scale))
    persons = max(1, round(count * _PERSONS / TABLES["customers"].rows))
    home = places.settle(rng, count, "customers")
    person = np.arange(count)
    person[persons:] = rng.integers(0, persons, count - persons)
    stays = rng.random(count) < 0.92
    home = np.where(stays, home[person], home)
    order = rng.permutation(count)
    person, home = person[order], home[order]
    keys, person_keys = hex_keys(rng, count), hex_keys(rng, persons)
    columns = [
        fixed_text(keys),
        fixed_text(person_keys[person]),
        zip_prefixes(places.zip_code[home]),
        labels([plain(name) for name in places.cities], places.city[home]),
        labels(places.states, places.state[home]),
    ]
    return People(keys, home, pa.table(columns, schema=TABLES["customers"].schema))


def make_sellers(seed: int, scale: float, places: Places) -> People:
    rng = stream(seed, "sellers")
    count = max(1, round(TABLES["sellers"].rows * scale))
    home = places.settle(rng, count, "sellers")
    keys = hex_keys(rng, count)
    columns = [
        fixed_text(keys),
        zip_prefixes(places.zip_code[home]),
        labels([plain(name) for name in places.cities], places.city[home]),
        labels(places.states, places.state[home]),
    ]
    return People(keys, home, pa.table(columns, schema=TABLES["sellers"].schema))
