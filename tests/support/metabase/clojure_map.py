"""The order in which Clojure's maps give their keys."""

_MASK = 0xFFFFFFFF


def zipmap_keys(names: list[str]) -> list[str]:
    """Up to eight keys stay in the order of their first coming; more are in hash order."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) <= 8:
        return distinct
    return sorted(distinct, key=_path)


def _path(name: str) -> list[int]:
    """Which branch a hash map takes at each level."""
    hashed = _murmur3(_java_hash(name))
    return [(hashed >> shift) & 31 for shift in range(0, 32, 5)]


def _java_hash(text: str) -> int:
    result = 0
    units = text.encode("utf-16-be")
    for at in range(0, len(units), 2):
        result = (result * 31 + int.from_bytes(units[at : at + 2], "big")) & _MASK
    return result


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _murmur3(value: int) -> int:
    if value == 0:
        return 0
    k = _rotate(value * 0xCC9E2D51 & _MASK, 15) * 0x1B873593 & _MASK
    h = (_rotate(k, 13) * 5 + 0xE6546B64) & _MASK
    h ^= 4
    h ^= h >> 16
    h = h * 0x85EBCA6B & _MASK
    h ^= h >> 13
    h = h * 0xC2B2AE35 & _MASK
    return h ^ (h >> 16)
