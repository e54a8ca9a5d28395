"""Olist-shaped data: a seeded generator, and the reader of the real Kaggle files.

Both give the same thing: a dictionary from table name to a `pyarrow.Table` whose columns
are those of `tables.TABLES`. Nothing here knows a database.
"""

from .kaggle import BadDataDirectory, read_kaggle
from .shop import generate
from .tables import TABLES, Table, write_csv

__all__ = ["TABLES", "BadDataDirectory", "Table", "generate", "read_kaggle", "write_csv"]
