"""What the bench takes for right and for wrong."""

import sys
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from harness.source import SourceTable  # noqa: E402
from harness.verify import Verifier  # noqa: E402

_ROWS = "(VALUES (1, 1.5, 'a'), (2, 0.1, NULL), (3, 2.0, 'c')) v(id, price, name)"
_COLUMNS = {"id": "INTEGER", "price": "DECIMAL(10,2)", "name": "VARCHAR"}


@pytest.fixture
def verifier(tmp_path) -> Verifier:
    reference = tmp_path / "reference.db"
    with duckdb.connect(str(reference)) as database:
        database.execute(
            f"CREATE TABLE t AS SELECT id, price::DECIMAL(10,2) AS price, name FROM {_ROWS}"
        )
    return Verifier([SourceTable("t", 3, _COLUMNS, "id")], reference)


def parquet(folder: Path, query: str) -> Path:
    (folder / "t").mkdir(parents=True)
    duckdb.sql(f"COPY ({query}) TO '{folder}/t/part.parquet' (FORMAT parquet)")
    return folder


def test_rows_in_another_order_with_columns_added_are_right(verifier, tmp_path):
    query = f"SELECT name, 'x' AS _id, id, price::DECIMAL(10,2) AS price FROM {_ROWS}"
    verdict = verifier.check(parquet(tmp_path / "out", query + " ORDER BY id DESC"))
    assert verdict.wrong == []
    assert verdict.notes == []


def test_another_type_with_the_same_values_is_right_and_noted(verifier, tmp_path):
    query = f"SELECT id, price::DOUBLE AS price, name FROM {_ROWS}"
    verdict = verifier.check(parquet(tmp_path / "out", query))
    assert verdict.wrong == []
    assert verdict.notes == ["t.price is DOUBLE"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        (f"SELECT * FROM {_ROWS} WHERE id < 3", "t: 2 rows of 3"),
        (f"SELECT * FROM {_ROWS} UNION ALL SELECT 3, 2.0, 'c'", "t: 4 rows of 3"),
        (f"SELECT id, price, coalesce(name, '') AS name FROM {_ROWS}", "in name"),
        (f"SELECT id, price + 0.01 AS price, name FROM {_ROWS}", "in price"),
        (f"SELECT 4 - id AS id, price, name FROM {_ROWS}", "in combinations of columns"),
        (f"SELECT id, name FROM {_ROWS}", "t: no column price"),
        (f"SELECT id, 'many' AS price, name FROM {_ROWS}", "t: unreadable"),
    ],
)
def test_whatever_differs_is_named(verifier, tmp_path, query, wrong):
    verdict = verifier.check(parquet(tmp_path / "out", query))
    assert len(verdict.wrong) == 1
    assert wrong in verdict.wrong[0]


def test_a_table_that_is_not_there_is_named(verifier, tmp_path):
    assert verifier.check(tmp_path).wrong == ["t: missing"]


def test_a_database_is_read_whatever_its_schema(verifier, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as database:
        database.execute("CREATE SCHEMA raw")
        database.execute(f"CREATE TABLE raw.t AS SELECT * FROM {_ROWS} WHERE id > 1")
    assert verifier.check(folder).wrong == ["t: 2 rows of 3"]


def test_a_reference_that_is_not_the_source_is_refused(tmp_path):
    with duckdb.connect(str(tmp_path / "reference.db")) as database:
        database.execute(f"CREATE TABLE t AS SELECT * FROM {_ROWS}")
    with pytest.raises(ValueError, match="has 3 rows, the server 4"):
        Verifier([SourceTable("t", 4, _COLUMNS, "id")], tmp_path / "reference.db")
