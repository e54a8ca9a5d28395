"""Reads the real data set: the nine CSV files of Kaggle's `olistbr/brazilian-ecommerce`."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from .tables import TABLES, Table


class BadDataDirectory(Exception):
    """The folder given by --data does not hold the data set; the message says what is amiss."""


def read_kaggle(directory: Path) -> dict[str, pa.Table]:
    """All nine tables, in the files' order and with the files' text. Empty fields are null."""
    for table in TABLES.values():
        if not (directory / table.file).is_file():
            raise BadDataDirectory(
                f"{directory} lacks {table.file}: give the folder that holds the nine CSV "
                "files of the Olist data set"
            )
    return {name: _read(table, directory / table.file) for name, table in TABLES.items()}


def _read(table: Table, path: Path) -> pa.Table:
    try:
        return pa.csv.read_csv(
            path,
            # One block: quoted line breaks may not straddle two of them.
            read_options=pa.csv.ReadOptions(block_size=max(1, path.stat().st_size)),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=table.schema,
                include_columns=table.schema.names,
                null_values=[""],
                strings_can_be_null=True,
                timestamp_parsers=["%Y-%m-%d %H:%M:%S"],
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError, KeyError) as error:
        raise BadDataDirectory(f"reading {path}: {error}") from error
