"""Every value arrives: source, lake and warehouse compared by readers that are not ours."""

import datetime as dt
import uuid
from decimal import Decimal

from private_server import new_database

TYPES = """
CREATE TABLE every_type (
  id BIGINT UNSIGNED PRIMARY KEY,
  tiny TINYINT, flag TINYINT(1), small SMALLINT UNSIGNED, medium MEDIUMINT, big BIGINT,
  f FLOAT, d DOUBLE, dec38 DECIMAL(38,10), dec65 DECIMAL(65,30), bits BIT(64), y YEAR,
  day DATE, moment DATETIME(6), stamp TIMESTAMP(6) NULL, span TIME(6),
  fixed CHAR(5), words VARCHAR(200), latin VARCHAR(50) CHARACTER SET latin1,
  bytes VARBINARY(20), blob_ BLOB, choice ENUM('a','b','ção'), several SET('x','y','z'),
  doc JSON, place POINT
) DEFAULT CHARSET utf8mb4;
SET time_zone = '+00:00';
INSERT INTO every_type VALUES
  (18446744073709551615, -128, 5, 65535, -8388608, -9223372036854775808,
   0.1, -1.7976931348623157e308,
   9999999999999999999999999999.9999999999,
   99999999999999999999999999999999999.999999999999999999999999999999,
   b'1111111111111111111111111111111111111111111111111111111111111111', 2155,
   '9999-12-31', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999',
   '838:59:59', 'fixed', 'emoji 🚢, \\n newline, "quotes"', 'ação',
   x'00ff00', x'', 'ção', 'x,z', '{"a": [1, 18446744073709551615]}', POINT(1, 2)),
  (0, 127, 0, 0, 8388607, 9223372036854775807, -1.5, 4.9e-324, -0.0000000001,
   -0.000000000000000000000000000001, 0, 0, '0001-01-01', '1000-01-01 00:00:00',
   '1970-01-01 00:00:01', '-838:59:59', '', '', '', '', NULL, 'a', '', '[]', NULL),
  (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE empty_table (id INT PRIMARY KEY, word VARCHAR(10));
CREATE TABLE `odd "name" and Preço (R$)` (`select` INT PRIMARY KEY, `CamelCase` INT,
  `Preço (R$)` DECIMAL(4,2), `a``b"c` VARCHAR(5));
INSERT INTO `odd "name" and Preço (R$)` VALUES (1, 2, 3.50, 'x');
CREATE TABLE no_key (word VARCHAR(10));
INSERT INTO no_key VALUES ('same'), ('same'), (NULL);
"""

ODD = 'odd "name" and Preço (R$)'


def loaded(project, server):
    project.variables = new_database(server, "types", TYPES)
    project.write(
        "metadata/table_metadata.json",
        {
            table: {"load_strategy": "full"}
            for table in ("every_type", "empty_table", "no_key", ODD)
        },
    )
    project.ok("run")
    return project


def test_every_type_arrives_unharmed(project, server):
    loaded(project, server)
    rows = {row["id"]: row for row in project.lake("every_type").to_pylist()}
    top = rows[Decimal(18446744073709551615)]
    assert top["tiny"] == -128
    assert top["flag"] == 5
    assert top["big"] == -9223372036854775808
    assert top["f"] == 0.10000000149011612  # the nearest 32-bit float
    assert top["d"] == -1.7976931348623157e308
    assert top["dec38"] == Decimal("9999999999999999999999999999.9999999999")
    assert (
        top["dec65"]
        == "99999999999999999999999999999999999.999999999999999999999999999999"
    )
    assert top["bits"] == Decimal(18446744073709551615)
    assert top["y"] == 2155
    assert top["day"] == dt.date(9999, 12, 31)
    assert top["moment"] == dt.datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert top["stamp"] == dt.datetime(2038, 1, 19, 3, 14, 7, 999999, tzinfo=dt.UTC)
    assert top["span"].startswith("838:59:59")
    assert top["words"] == 'emoji 🚢, \n newline, "quotes"'
    assert top["latin"] == "ação"
    assert top["bytes"] == b"\x00\xff\x00"
    assert top["blob_"] == b""
    assert top["choice"] == "ção"
    assert top["several"] == "x,z"
    assert "18446744073709551615" in top["doc"]
    low = rows[Decimal(0)]
    assert low["dec65"] == "-0.000000000000000000000000000001"
    assert low["d"] == 4.9e-324
    assert low["y"] == 0
    assert low["day"] == dt.date(1, 1, 1)
    assert low["span"].startswith("-838:59:59")
    assert low["words"] == "" and low["bytes"] == b"" and low["blob_"] is None
    nulls = rows[Decimal(1)]
    assert {name for name, value in nulls.items() if value is not None} == {"id"}


def test_the_warehouse_has_the_same_values(project, server):
    loaded(project, server)
    [(big, moment, dec38, dec65, span)] = project.warehouse(
        "SELECT id, moment, dec38, dec65, span FROM raw.every_type WHERE tiny = -128"
    )
    assert big == 18446744073709551615
    assert moment == dt.datetime(9999, 12, 31, 23, 59, 59, 999999)
    assert dec38 == Decimal("9999999999999999999999999999.9999999999")
    assert dec65.endswith(".999999999999999999999999999999")
    assert str(span).startswith("838:59:59")
    assert project.warehouse("SELECT count(*) FROM raw.empty_table") == [(0,)]
    assert project.warehouse("SELECT count(*), count(word) FROM raw.no_key") == [(3, 2)]
    columns = project.warehouse(
        'SELECT "select", "CamelCase", "Preço (R$)", "a`b""c" FROM raw."'
        + ODD.replace('"', '""')
        + '"'
    )
    assert columns == [(1, 2, Decimal("3.50"), "x")]


def test_generated_columns_tell_run_and_time(project):
    report = project.ok("run", "--json").json
    [(run, zone)] = project.warehouse(
        "SELECT DISTINCT _keelboat_run_id, typeof(_keelboat_loaded_at) FROM raw.orders"
    )
    assert run == report["run_id"]
    assert zone == "TIMESTAMP WITH TIME ZONE"


def test_where_columns_and_exclude(project):
    project.write(
        "metadata/table_metadata.json",
        {
            "orders": {
                "load_strategy": "full",
                "where": "price IS NOT NULL",
                "exclude": ["customer"],
            },
            "customers": {"load_strategy": "full", "columns": ["name"]},
        },
    )
    project.ok("run")
    orders = project.lake("orders")
    assert orders.num_rows == 2
    assert "customer" not in orders.column_names
    assert project.lake("customers").column_names == ["name"]


def test_the_older_metadata_form(project):
    project.write(
        "metadata/table_metadata.json",
        {
            "metadata_version": "1.0.0",
            "tables": [
                {
                    "source_table": "customers",
                    "strategy": "full_load",
                    "primary_key": ["name"],
                    "pipeline_order": 2,
                    "load_frequency": "daily",
                },
                {
                    "source_table": "orders",
                    "strategy": "incremental_by_watermark",
                    "watermark_column": "updated",
                    "primary_key": ["customer"],
                    "pipeline_order": 1,
                },
            ],
            "retry_policy": {
                "max_retries": 1,
                "retry_delay": 1,
                "exponential_backoff": True,
            },
        },
    )
    plan = project.ok("plan", "--json").json["tables"]
    assert [table["table"] for table in plan] == ["orders", "customers"]
    assert plan[0]["asked"] == "incremental"
    report = project.ok("run", "--json").json
    assert {table["rows"] for table in report["tables"]} == {2, 3}


def test_a_declared_key_that_is_not_unique_is_warned_about(project, server):
    server.execute("INSERT INTO orders VALUES (4, 'Ana', 1, NULL, '2024-01-04')", "shop")
    project.write(
        "metadata/table_metadata.json",
        {"orders": {"load_strategy": "full", "primary_key": ["customer"]}},
    )
    done = project.ok("run", "--no-progress")
    assert "not unique" in done.err
    assert "2 rows" in done.err


def test_reruns_end_in_the_same_state(project):
    project.ok("run")
    before = project.lake("orders").sort_by("id").to_pylist()
    project.ok("run")
    assert project.lake("orders").sort_by("id").to_pylist() == before
    assert uuid.UUID(
        __import__("deltalake")
        .DeltaTable(str(project.path / "lake/orders"))
        .metadata()
        .id
    )
