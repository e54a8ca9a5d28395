"""Vectorised making of columns: random keys, weighted picks, exact shares, Arrow arrays.

Everything random comes from a `Generator` made by `stream`, so that each part of the data
has its own sequence: a change to one table leaves the others as they were.
"""

import zlib

import numpy as np
import pyarrow as pa

_HEX_PAIRS = np.frombuffer(
    b"".join(b"%02x" % value for value in range(256)), dtype=np.uint16
)


def stream(seed: int, part: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(part.encode())]))


def hex_keys(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` distinct 32-character hex keys as an array of S32."""
    raw = np.frombuffer(rng.bytes(16 * count), dtype=np.uint8)
    return _HEX_PAIRS[raw].view("S32")


def apportion(total: int, weights) -> np.ndarray:
    """Split `total` into whole parts in proportion to `weights` (largest remainder)."""
    weights = np.asarray(weights, dtype=np.float64)
    exact = total * weights / weights.sum()
    parts = np.floor(exact).astype(np.int64)
    missing = int(total - parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:missing]] += 1
    return parts


def spread(total: int, weights, rng: np.random.Generator) -> np.ndarray:
    """Indices of `weights`, each as often as its share of `total`, in random order."""
    return rng.permutation(np.repeat(np.arange(len(weights)), apportion(total, weights)))


def pick(rng: np.random.Generator, weights, count: int) -> np.ndarray:
    """`count` independent indices, drawn with probability in proportion to `weights`."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    return np.minimum(drawn, len(cumulative) - 1)


def choose(rng: np.random.Generator, among: np.ndarray, count: int) -> np.ndarray:
    """`count` different members of `among` (all of them when there are fewer)."""
    return rng.permutation(among)[:count]


def group_sizes(
    rng: np.random.Generator, groups: int, total: int, sizes: dict[int, int]
) -> np.ndarray:
    """Sizes of `groups` groups that add up to `total`, distributed like `sizes`.

    `sizes` maps a size to how often it is seen at full scale. Rounding is made good by
    one-step changes of random groups, so the sum is exact at every scale.
    """
    smallest = min(sizes)
    result = np.repeat(list(sizes), apportion(groups, list(sizes.values())))
    result = rng.permutation(result)
    while (missing := total - int(result.sum())) != 0:
        if missing > 0:
            result[rng.integers(0, groups, missing)] += 1
        else:
            result[choose(rng, np.flatnonzero(result > smallest), -missing)] -= 1
    return result


def rank_fraction(values: np.ndarray) -> np.ndarray:
    """Rank of each value, scaled to [0, 1)."""
    ranks = np.empty(len(values), dtype=np.float64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks / max(1, len(values))


def assign_by_rank(scores: np.ndarray, labels, weights) -> np.ndarray:
    """The lowest scores get the first label, and so on: exact shares, ordered by score."""
    shares = apportion(len(scores), weights)
    result = np.empty(len(scores), dtype=np.asarray(labels).dtype)
    result[np.argsort(scores, kind="stable")] = np.repeat(labels, shares)
    return result


def fixed_text(values: np.ndarray) -> pa.Array:
    """Arrow strings out of a fixed-width byte array without padding (keys, prefixes)."""
    width = values.dtype.itemsize
    offsets = np.arange(len(values) + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(values)
    return pa.StringArray.from_buffers(
        len(values), pa.py_buffer(offsets), pa.py_buffer(data)
    )


def zip_prefixes(numbers: np.ndarray) -> pa.Array:
    """Five digits with leading zeros."""
    digits = np.empty((len(numbers), 5), dtype=np.uint8)
    rest = numbers.astype(np.int64)
    for position in range(4, -1, -1):
        digits[:, position] = 48 + rest % 10
        rest = rest // 10
    return fixed_text(digits.reshape(-1).view("S5"))


def labels(values: list, indices: np.ndarray, null: np.ndarray | None = None) -> pa.Array:
    """`values[indices]` as Arrow strings; null where `null` is true."""
    taken = pa.array(indices, type=pa.int32(), mask=null)
    return pa.array(values, type=pa.string()).take(taken)


def money(cents: np.ndarray) -> pa.Array:
    """decimal(10,2) out of whole, non-negative cents."""
    words = np.zeros((len(cents), 2), dtype="<i8")
    words[:, 0] = cents
    return pa.Array.from_buffers(
        pa.decimal128(10, 2), len(cents), [None, pa.py_buffer(words)]
    )


def numbers(values: np.ndarray, null: np.ndarray | None = None) -> pa.Array:
    return pa.array(np.asarray(values).astype(np.int32), mask=null)


def times(seconds: np.ndarray, null: np.ndarray | None = None) -> pa.Array:
    """Timestamps out of whole seconds since 1970."""
    moments = np.asarray(seconds).astype("datetime64[s]")
    return pa.array(moments, type=pa.timestamp("s"), mask=null)
