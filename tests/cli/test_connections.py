"""How many connections to the source a command opens: no more for more tables."""

import pytest
from shop_project import shop_project

_TABLES = [f"table_{number}" for number in range(1, 10)]
_INCREMENTAL = {"load_strategy": "incremental", "incremental_column": "updated"}


@pytest.fixture
def nine_tables(server, tmp_path):
    sql = "".join(
        f"CREATE TABLE {table} (id INT PRIMARY KEY, updated DATETIME(6), KEY (updated));"
        f"INSERT INTO {table} VALUES (1, '2024-01-01'), (2, '2024-01-02');"
        for table in _TABLES
    )
    metadata = {table: _INCREMENTAL for table in _TABLES}
    project = shop_project(server, tmp_path / "nine", sql, metadata, "{workers: 2}")
    contract = {"type": "object", "properties": {"id": {"type": "integer"}}}
    for table in _TABLES:
        project.write(f"schema/{table}.json", contract)
    return project


@pytest.fixture
def opened(server):
    """Counts the connections that a piece of work opens; whoever asks opens one too."""

    def taken() -> int:
        answer = server.execute("SHOW GLOBAL STATUS LIKE 'Connections'")
        return int(answer.split()[-1])

    def count(work) -> int:
        before = taken()
        work()
        return taken() - before - 1

    return count


def test_nine_tables_take_no_more_connections_than_one(nine_tables, opened):
    assert opened(lambda: nine_tables.ok("check")) == 1
    # One to plan, two to read, one spare, and one that tries a lock, because this server has
    # no binary log by which connections could prove that they see one moment.
    for command in ("plan", "run", "run"):
        assert opened(lambda command=command: nine_tables.ok(command)) == 5


def test_nine_tables_are_planned_over_one_connection(nine_tables, opened):
    # Views are opened by the first read of each table then: a plan opens none.
    nine_tables.replace("{workers: 2}", "{workers: 2, snapshot: per_table}")
    assert opened(lambda: nine_tables.ok("plan")) == 1
    report = nine_tables.ok("run", "--json").json
    assert [table["rows"] for table in report["tables"]] == [2] * 9
    # As many as at the first run, where every table was measured too.
    assert opened(lambda: nine_tables.ok("plan")) == 1
