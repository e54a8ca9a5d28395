"""What a sync has found: databases, their tables and fields, with numbers that stay."""

import threading

from .clickhouse_type import base_type, database_type, parse, unwrap
from .engine import Engine
from .settings import Settings

SAVED_QUESTIONS = -1337
_TEMPORAL = ("Date", "Date32", "DateTime", "DateTime64")
# Name -> id, dialect, the engine's database.
DATABASES = {
    "Growth Team Clickhouse Connection": (2, "clickhouse", "shop"),
    "Data Team Clickhouse Connection": (3, "clickhouse", "shop"),
    "Product Team Clickhouse Connection": (4, "clickhouse", "shop"),
    "Customers Postgres": (5, "postgres", "crm"),
    "Archive Vertica": (6, "vertica", "shop"),
}
BY_ID = {
    id_: (name, dialect, schema) for name, (id_, dialect, schema) in DATABASES.items()
}


class Catalog:
    def __init__(self, engine: Engine):
        self._engine = engine
        self._lock = threading.Lock()
        self._fingerprints: dict[tuple[str, str], list] = {}
        self._tables: dict[str, list[str]] = {}
        self._columns: dict[tuple[str, str], list] = {}
        for schema in {schema for _, _, schema in BY_ID.values()}:
            names = engine.rows(
                f"SELECT name FROM system.tables WHERE database = '{schema}' ORDER BY name"
            )
            self._tables[schema] = [name for (name,) in names]
            for table in self._tables[schema]:
                self._columns[schema, table] = engine.rows(
                    "SELECT name, type, is_in_primary_key FROM system.columns"
                    f" WHERE database = '{schema}' AND table = '{table}' ORDER BY position"
                )

    def database(self, id_: int, settings: Settings, tables: bool = False) -> dict:
        name, dialect, _ = BY_ID[id_]
        found = {
            "id": id_,
            "name": name,
            "engine": dialect,
            "description": None,
            "features": ["basic-aggregations", "native-parameters", "set-timezone"],
            "timezone": settings.report_timezone,
            "dbms_version": {"flavor": "ClickHouse", "version": "26.9.2.1"},
            "is_sample": False,
            "is_saved_questions": False,
            "is_on_demand": False,
            "initial_sync_status": "complete",
            "native_permissions": "write",
            "settings": None,
            "created_at": "2024-01-01T00:00:00Z",
        }
        if tables:
            found["tables"] = self.tables_of(id_)
        return found

    @staticmethod
    def saved_questions() -> dict:
        return {
            "id": SAVED_QUESTIONS,
            "name": "Saved Questions",
            "is_saved_questions": True,
            "features": ["basic-aggregations"],
            "tables": [],
        }

    def tables_of(self, database: int) -> list[dict]:
        _, _, schema = BY_ID[database]
        return [self._table(database, at) for at in range(len(self._tables[schema]))]

    def find_table(self, id_: int) -> tuple[int, str, str] | None:
        """Database, schema and name."""
        database, at = divmod(id_, 100)
        if database not in BY_ID or at >= len(self._tables[BY_ID[database][2]]):
            return None
        schema = BY_ID[database][2]
        return database, schema, self._tables[schema][at]

    def table(self, id_: int) -> dict:
        return self._table(*divmod(id_, 100))

    def columns(self, schema: str, table: str) -> list[tuple[str, str, bool]]:
        """Name, type, and whether the sync thinks it is the key."""
        return [
            (name, type_, bool(in_key) or name.lower() == "id")
            for name, type_, in_key in self._columns[schema, table]
        ]

    def fields(self, table_id: int) -> list[dict]:
        database, schema, table = self.find_table(table_id)
        dialect = BY_ID[database][1]
        fingerprints = self._fingerprints_of(schema, table)
        fields = []
        for at, (name, type_, is_key) in enumerate(self.columns(schema, table)):
            base = base_type(type_, dialect)
            fields.append(
                {
                    "id": table_id * 100 + at,
                    "table_id": table_id,
                    "name": name,
                    "display_name": name.replace("_", " ").title(),
                    "database_type": database_type(type_, dialect),
                    "base_type": base,
                    "effective_type": base,
                    "semantic_type": "type/PK" if is_key else None,
                    "fk_target_field_id": None,
                    "position": at,
                    "database_position": at,
                    "has_field_values": "none",
                    "database_required": False,
                    "database_is_auto_increment": False,
                    "visibility_type": "normal",
                    "active": True,
                    "coercion_strategy": None,
                    "fingerprint": None if is_key else fingerprints[at],
                    "nfc_path": None,
                    "parent_id": None,
                }
            )
        return fields

    def _table(self, database: int, at: int) -> dict:
        _, dialect, schema = BY_ID[database]
        name = self._tables[schema][at]
        return {
            "id": database * 100 + at,
            "db_id": database,
            "name": name,
            "display_name": name.title(),
            # Postgres has schemas; of a ClickHouse connection only one database was synced.
            "schema": "public" if dialect == "postgres" else None,
            "entity_type": "entity/GenericTable",
            "active": True,
            "visibility_type": None,
            "description": None,
        }

    def _fingerprints_of(self, schema: str, table: str) -> list:
        """From a sample, as a sync takes it: real extremes may lie outside."""
        with self._lock:
            if (schema, table) not in self._fingerprints:
                columns = self._columns[schema, table]
                wanted = ", ".join(
                    _fingerprint_sql(name, type_) for name, type_, _ in columns
                )
                values = self._engine.rows(
                    f"SELECT {wanted} FROM (SELECT * FROM {schema}.{table} LIMIT 10000)"
                )[0]
                self._fingerprints[schema, table] = [
                    _fingerprint(type_, found)
                    for (_, type_, _), found in zip(columns, values, strict=True)
                ]
            return self._fingerprints[schema, table]


def _fingerprint_sql(name: str, type_: str) -> str:
    bare = unwrap(parse(type_))[0]
    counts = (
        f"uniqExact(toString(`{name}`)), countIf(isNull(`{name}`)) / greatest(count(), 1)"
    )
    if (
        bare.name.startswith(("Int", "UInt", "Float", "Decimal"))
        and "Interval" not in bare.name
    ):
        number = f"toFloat64(`{name}`)"
        return (
            f"[{counts}, ifNull(min({number}), 0), ifNull(quantile(0.25)({number}), 0),"
            f" ifNull(quantile(0.75)({number}), 0), ifNull(max({number}), 0),"
            f" ifNull(avg({number}), 0), ifNull(stddevSamp({number}), 0)]"
        )
    if bare.name in _TEMPORAL:
        return f"(toString(min(`{name}`)), toString(max(`{name}`)), {counts})"
    return f"[{counts}]"


def _fingerprint(type_: str, found: list) -> dict:
    if unwrap(parse(type_))[0].name in _TEMPORAL:
        earliest, latest, distinct, missing = found
        special = {"type/DateTime": {"earliest": earliest, "latest": latest}}
    else:
        distinct, missing, *numbers = found
        names = ("min", "q1", "q3", "max", "avg", "sd")
        special = (
            {"type/Number": dict(zip(names, numbers, strict=True))} if numbers else None
        )
    answer = {"global": {"distinct-count": int(distinct), "nil%": missing}}
    return {**answer, "type": special} if special else answer
