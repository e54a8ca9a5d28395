"""Tables that are altered or dropped after the plan was made and while rows are coming."""

import pytest
from faulty_proxy import Call, FaultyProxy
from visits_shop import VISITS

# The rows' own connection has sent this much by the time that a row of visits is out.
FIRST_ROWS = 100_000


def run_with_change(project, server, sql: str):
    """Runs, and changes the database once the first rows of visits have come."""
    statements = f"SET lock_wait_timeout = 1; {sql}"
    errors = []

    def change() -> None:
        try:
            server.execute(statements, "shop")
        except Exception as error:  # noqa: BLE001 - told to the test, not to the thread
            errors.append(str(error))

    with FaultyProxy(server.port) as proxy:
        proxy.plan(Call(after=FIRST_ROWS, action=change))
        done = project.run("run", MYSQL_PORT=str(proxy.port))
        assert proxy.spent == 1
    return done, errors


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE visits",
        "ALTER TABLE visits DROP COLUMN token",
        "ALTER TABLE visits MODIFY seen VARCHAR(40)",
        "TRUNCATE TABLE visits",
    ],
)
def test_a_table_that_is_being_read_is_read_whole_or_not_at_all(project, server, sql):
    done, errors = run_with_change(project, server, sql)
    log = project.path / "lake" / "visits" / "_delta_log"
    if done.code == 0:
        # The reader's own transaction kept the change out, or came before it.
        visits = project.lake("visits")
        assert sorted(visits.column("id").to_pylist()) == list(range(1, VISITS + 1))
        assert visits.schema.names[:3] == ["id", "token", "seen"]
    else:
        assert done.code == 1, done.text
        assert "visits" in done.err
        assert not log.exists()
    assert project.lake("customers").num_rows == 2


def test_rows_deleted_and_added_meanwhile_do_not_mix_with_the_snapshot(project, server):
    done, errors = run_with_change(
        project,
        server,
        "DELETE FROM visits WHERE id > 50000;"
        "INSERT INTO visits VALUES (100001, 'late', '2024-06-01')",
    )
    assert done.code == 0 and not errors, (done.text, errors)
    visits = project.lake("visits").column("id").to_pylist()
    assert sorted(visits) == list(range(1, VISITS + 1))
    project.ok("run")
    visits = project.lake("visits").column("id").to_pylist()
    assert sorted(visits) == [*range(1, 50_001), 100_001]
