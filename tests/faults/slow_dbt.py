"""A dbt project of two models; the second one computes for seconds while `pace` is large."""

from project_folder import ProjectFolder

PACE = "KEELBOAT_TEST_PACE"
# Rows of a product that has to be hashed: some seconds, not parallel enough to be quick.
SLOW = {PACE: "4000000000"}

_SLOW_MODEL = (
    "{{ config(materialized='table') }}\n"
    "select count(*) as visits, (select max(hash(n.range)) from range("
    "{{ env_var('" + PACE + "', '10') }}) as n) is not null as computed\n"
    "from {{ ref('quick') }}\n"
)


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
