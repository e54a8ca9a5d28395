"""A dbt project of two models, in which a test can choose what takes seconds and see when it
has come to it: the import of dbt, the second model, the docs."""

from pathlib import Path

from project_folder import ProjectFolder

# Rows that have to be hashed, by one thread: many minutes on any machine. No test waits for it.
_LONG = "400000000000"
SLOW_MODEL = {"KEELBOAT_TEST_MODEL": _LONG}
SLOW_DOCS = {"KEELBOAT_TEST_DOCS": _LONG}
DOCS_BEGIN = "reading the catalog for the docs"

_SLOW_MODEL = (
    "{{ config(materialized='table') }}\n"
    "select count(*) as visits, (select max(hash(n.range)) from range("
    "{{ env_var('KEELBOAT_TEST_MODEL', '10') }}) as n) is not null as computed\n"
    "from {{ ref('quick') }}\n"
)

# A part of the adapter's query for the docs; the project's macros come before the adapter's.
_SLOW_DOCS = (
    "{% macro duckdb__get_catalog_schemas_where_clause_sql(schemas) %}\n"
    "{{ log('" + DOCS_BEGIN + "', info=True) }}\n"
    "{% do run_query('select max(hash(n.range)) from range(' ~ "
    "env_var('KEELBOAT_TEST_DOCS', '10') ~ ') as n') %}\n"
    "where true\n"
    "{% endmacro %}\n"
)

# Python imports a module of this name by itself when it starts.
_WATCHED_IMPORT = """\
import os
import sys
from importlib.abc import MetaPathFinder


class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "dbt.cli.main":
            open(os.environ["KEELBOAT_TEST_IMPORTING"], "w").close()


sys.meta_path.insert(0, Watch())
"""


def write_dbt_project(folder: ProjectFolder) -> None:
    folder.write(
        "dbt/dbt_project.yml",
        "name: shop\nversion: '1.0'\nprofile: keelboat\nmodel-paths: [models]\n"
        "models: {shop: {+materialized: table}}\n",
    )
    folder.write(
        "dbt/models/sources.yml",
        "sources:\n  - name: raw\n    tables: [{name: visits}, {name: customers}]\n",
    )
    folder.write(
        "dbt/models/quick.sql", "select id, seen from {{ source('raw', 'visits') }}\n"
    )
    folder.write("dbt/models/slow.sql", _SLOW_MODEL)
    folder.write("dbt/macros/slow_docs.sql", _SLOW_DOCS)


def watched_import(folder: Path) -> tuple[dict[str, str], Path]:
    """Variables that make the import of dbt show, and the file that appears when it begins."""
    (folder / "sitecustomize.py").write_text(_WATCHED_IMPORT)
    sign = folder / "importing"
    return {"PYTHONPATH": str(folder), "KEELBOAT_TEST_IMPORTING": str(sign)}, sign
