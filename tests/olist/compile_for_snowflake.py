"""Compiles the dbt project for Snowflake without a Snowflake: `… PROJECT HOME [existing]`.

dbt asks the warehouse one thing while it compiles: which tables there are. The answer is
made up here: none, or (with `existing`) the incremental models.
"""

import sys
from pathlib import Path

from dbt.adapters.snowflake.impl import SnowflakeAdapter
from dbt.cli.main import dbtRunner

PROFILE = """\
keelboat:
  target: prod
  outputs:
    prod: {type: snowflake, account: none, user: none, password: none, database: OLIST,
           warehouse: NONE, role: NONE, schema: PUBLIC, threads: 2}
"""


def main(project: str, home: str, existing: bool) -> int:
    def list_relations(adapter, schema_relation):
        names = ("FACT_ORDERS", "FACT_ORDER_ITEMS") if existing else ()
        return [
            adapter.Relation.create(
                database=schema_relation.database.upper(),
                schema=schema_relation.schema.upper(),
                identifier=name,
                type="table",
            )
            for name in names
        ]

    SnowflakeAdapter.list_relations_without_caching = list_relations
    Path(home, "profiles.yml").write_text(PROFILE)
    result = dbtRunner().invoke(
        ["compile", "--no-populate-cache", "--no-introspect", "--no-use-colors"]
        + ["--no-send-anonymous-usage-stats", "--project-dir", project]
        + ["--profiles-dir", home, "--target-path", str(Path(home, "target"))]
        + ["--log-path", str(Path(home, "logs"))]
    )
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], "existing" in sys.argv[3:]))
