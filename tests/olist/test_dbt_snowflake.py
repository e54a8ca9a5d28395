"""The dbt project compiles for Snowflake, and what it compiles to is Snowflake's SQL."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot

SCRIPT = Path(__file__).with_name("compile_for_snowflake.py")
# Functions of DuckDB that Snowflake lacks: none may be left in the compiled SQL.
DUCKDB_ONLY = ("isodow", "list_transform", "string_split", "strip_accents", "strftime")


@pytest.mark.parametrize("state", ["fresh", "existing"])
def test_compiles_to_snowflake_sql(example, tmp_path, state):
    done = subprocess.run(
        [sys.executable, SCRIPT, example / "dbt", tmp_path, state],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = sorted((tmp_path / "target" / "compiled").rglob("*.sql"))
    models = {
        path.stem: path.read_text() for path in compiled if path.parts[-3] == "models"
    }
    assert len(models) == 28
    for path in compiled:
        sql = path.read_text()
        sqlglot.parse_one(sql, read="snowflake", error_level=sqlglot.ErrorLevel.RAISE)
        assert not [name for name in DUCKDB_ONLY if name in sql.lower()], path.name
    assert ("not exists" in models["fact_orders"]) == (state == "existing")
    assert "OLIST.raw.orders" in models["stg_orders"]
    assert "OLIST.staging.stg_orders" in models["int_orders_lifecycle"]
