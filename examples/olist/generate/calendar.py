"""When people buy: two years of growth, Black Friday, weekdays and hours."""

import numpy as np

from .columns import apportion, pick

# Orders by month of purchase: (first day on which the shop sold, last day, orders).
_MONTHS = [
    ("2016-09-04", "2016-09-15", 4),
    ("2016-10-02", "2016-10-10", 324),
    ("2016-12-23", "2016-12-23", 1),
    ("2017-01-05", "2017-01-31", 800),
    ("2017-02-01", "2017-02-28", 1_780),
    ("2017-03-01", "2017-03-31", 2_682),
    ("2017-04-01", "2017-04-30", 2_404),
    ("2017-05-01", "2017-05-31", 3_700),
    ("2017-06-01", "2017-06-30", 3_245),
    ("2017-07-01", "2017-07-31", 4_026),
    ("2017-08-01", "2017-08-31", 4_331),
    ("2017-09-01", "2017-09-30", 4_285),
    ("2017-10-01", "2017-10-31", 4_631),
    ("2017-11-01", "2017-11-30", 7_544),
    ("2017-12-01", "2017-12-31", 5_673),
    ("2018-01-01", "2018-01-31", 7_269),
    ("2018-02-01", "2018-02-28", 6_728),
    ("2018-03-01", "2018-03-31", 7_211),
    ("2018-04-01", "2018-04-30", 6_939),
    ("2018-05-01", "2018-05-31", 6_873),
    ("2018-06-01", "2018-06-30", 6_167),
    ("2018-07-01", "2018-07-31", 6_292),
    ("2018-08-01", "2018-08-29", 6_512),
    ("2018-09-01", "2018-09-03", 16),
    ("2018-10-01", "2018-10-17", 4),
]
# Times the usual of such a day.
_RUSHES = {
    "2017-11-24": 6.9,
    "2017-11-25": 3.6,
    "2017-11-26": 2.7,
    "2017-11-27": 2.1,
    "2017-11-28": 2.0,
    "2017-12-24": 0.4,
    "2017-12-25": 0.5,
    "2017-12-31": 0.5,
}
_WEEKDAYS = [16_196, 15_963, 15_552, 14_761, 14_122, 10_887, 11_960]  # from Monday
_HOURS = [
    *(2_394, 1_170, 510, 272, 206, 188, 502, 1_231, 2_967, 4_785, 6_177, 6_578),
    *(5_995, 6_518, 6_569, 6_454, 6_675, 6_150, 5_769, 5_982, 6_193, 6_217, 5_816, 4_123),
]


def purchase_times(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` purchase moments in seconds since 1970, in random order."""
    in_month = apportion(count, [orders for _, _, orders in _MONTHS])
    days = []
    for (first, last, _), orders in zip(_MONTHS, in_month, strict=True):
        calendar = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        number = calendar.astype(np.int64)
        weight = np.array(_WEEKDAYS, dtype=np.float64)[(number + 3) % 7]
        for day, factor in _RUSHES.items():
            weight[calendar == np.datetime64(day)] *= factor
        days.append(number[pick(rng, weight, int(orders))])
    day = rng.permutation(np.concatenate(days))
    return day * 86_400 + pick(rng, _HOURS, count) * 3_600 + rng.integers(0, 3_600, count)
