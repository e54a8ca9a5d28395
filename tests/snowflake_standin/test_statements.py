"""Statements that fakesnow alone cannot do, or does otherwise than Snowflake."""

from decimal import Decimal

import pytest
from snowflake.connector.errors import Error, ProgrammingError


def test_null_timestamps_stay_null(schema):
    row = schema.run(
        "SELECT NULL::TIMESTAMP_NTZ, NULL::TIMESTAMP_TZ, '2024-01-02 03:04:05'::TIMESTAMP_NTZ"
    )[0]
    assert row[:2] == (None, None)
    assert str(row[2]) == "2024-01-02 03:04:05"


def test_sums_of_decimals_are_exact(schema):
    schema.run("CREATE TABLE t (a NUMBER(12, 2))")
    schema.run("INSERT INTO t VALUES (0.1), (0.2)")
    assert schema.run("SELECT COUNT(*) FROM t HAVING SUM(a) = 0.3") == [(2,)]
    schema.run("CREATE TABLE u AS SELECT SUM(a) AS total FROM t")
    assert schema.run("SELECT total FROM u") == [(Decimal("0.30"),)]


def test_merge_counts_and_refuses_duplicates(schema):
    schema.run("CREATE TABLE t (a INT, b VARCHAR)")
    schema.run("INSERT INTO t VALUES (1, 'old'), (2, 'old')")
    merge = (
        "MERGE INTO t AS d USING (SELECT * FROM VALUES {} AS v (a, b)) AS s ON d.a = s.a"
        " WHEN MATCHED THEN UPDATE SET d.b = s.b"
        " WHEN NOT MATCHED THEN INSERT (a, b) VALUES (a, b)"
    )
    schema.run("BEGIN")
    assert schema.run(merge.format("(2, 'new'), (3, 'new')")) == [(1, 1)]
    schema.run("COMMIT")
    assert schema.run("SELECT a, b FROM t ORDER BY a") == [
        (1, "old"),
        (2, "new"),
        (3, "new"),
    ]
    with pytest.raises(ProgrammingError, match="Duplicate row detected"):
        schema.run(merge.format("(2, 'x'), (2, 'y')"))


def test_temporary_objects_end_with_their_session(schema, connect):
    session = connect(schema=schema.name)
    session.cursor().execute(f"CREATE TEMPORARY TABLE {schema.name}.t AS SELECT 1 AS a")
    session.cursor().execute("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 2 AS a")
    assert session.cursor().execute("SELECT a FROM t").fetchall() == [(1,)]
    assert session.cursor().execute("SELECT a FROM v").fetchall() == [(2,)]
    session.close()
    for name in ("t", "v"):
        with pytest.raises(ProgrammingError):
            schema.run(f"SELECT * FROM {name}")


def test_keys_are_noted_and_not_enforced(schema):
    schema.run("CREATE TABLE t (a INT PRIMARY KEY, b INT UNIQUE)")
    schema.run("CREATE TABLE u (a INT, b INT, PRIMARY KEY (a, b))")
    for table in ("t", "u"):
        schema.run(f"INSERT INTO {table} VALUES (1, 1), (1, 1)")
        assert schema.run(f"SELECT COUNT(*) FROM {table}") == [(2,)]
        with pytest.raises(Error, match="NULL result in a non-nullable column"):
            schema.run(f"INSERT INTO {table} VALUES (NULL, 1)")


def test_swap_and_clone(schema):
    schema.run("CREATE TABLE one AS SELECT 1 AS a")
    schema.run("CREATE TABLE two AS SELECT 2 AS a")
    schema.run("ALTER TABLE one SWAP WITH two")
    assert schema.run("SELECT a FROM one") == [(2,)]
    schema.run(f"CREATE OR REPLACE TRANSIENT TABLE two CLONE {schema.name}.one")
    assert schema.run("SELECT a FROM two") == [(2,)]


def test_comments_of_tables_and_columns(schema):
    schema.run("CREATE TABLE t (a INT COMMENT 'it''s a', b INT) COMMENT = 'it''s t'")
    schema.run("COMMENT ON COLUMN t.b IS 'it''s b'")
    comments = "SELECT column_name, comment FROM information_schema.columns WHERE" + (
        f" table_schema = '{schema.name}' AND table_name = 'T' ORDER BY ordinal_position"
    )
    assert schema.run(comments) == [("A", "it's a"), ("B", "it's b")]
    schema.run("ALTER TABLE t ALTER a COMMENT $$new 'a'$$, b COMMENT $$new b$$")
    assert schema.run(comments) == [("A", "new 'a'"), ("B", "new b")]
    assert [row[9] for row in schema.run("DESCRIBE TABLE t")] == ["new 'a'", "new b"]
    table = f"SELECT comment FROM information_schema.tables WHERE table_schema = '{schema.name}'"
    assert schema.run(table) == [("it's t",)]
    schema.run("COMMENT ON TABLE t IS 'new t''s'")
    assert schema.run(table) == [("new t's",)]


def test_a_view_with_described_columns(schema):
    schema.run("CREATE TABLE t AS SELECT 1 AS a")
    schema.run('CREATE VIEW v ("A" COMMENT $$it\'s a$$) AS SELECT a FROM t')
    assert schema.run("SELECT a FROM v") == [(1,)]


def test_session_parameters_and_rights_are_taken(schema, service):
    schema.run("ALTER SESSION SET TIMEZONE = 'UTC', LOCK_TIMEOUT = 5")
    schema.run("ALTER SESSION UNSET LOCK_TIMEOUT")
    schema.run(f"GRANT USAGE ON SCHEMA {schema.name} TO ROLE PUBLIC")
    schema.run("CREATE WAREHOUSE OTHER_WH WAREHOUSE_SIZE = 'XSMALL'")
    schema.run("USE WAREHOUSE OTHER_WH")
    assert schema.run("SELECT CURRENT_WAREHOUSE()") == [("OTHER_WH",)]


def test_what_it_cannot_do_is_an_error_at_once(schema):
    with pytest.raises(ProgrammingError):
        schema.run("SELECT * FROM TABLE(NO_SUCH_FUNCTION(1))")
    with pytest.raises(ProgrammingError):
        schema.run("CREATE DYNAMIC TABLE d TARGET_LAG = '1 minute' AS SELECT 1 AS a")
    with pytest.raises(ProgrammingError):
        schema.run("this is no SQL (")


def test_a_session_without_a_database(connect, schema):
    schema.run("CREATE TABLE t (a INT)")
    cursor = connect(database=None).cursor()
    cursor.execute(
        "SELECT DATEDIFF(MICROSECOND, CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ),"
        " CAST('1970-01-01 00:00:01' AS TIMESTAMP_NTZ))"
    )
    assert cursor.fetchone() == (1_000_000,)
    cursor.execute(f"DESCRIBE TABLE {schema.session.database}.{schema.name}.T")
    assert [row[0] for row in cursor.fetchall()] == ["A"]
