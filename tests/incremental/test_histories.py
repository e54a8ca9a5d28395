"""Random histories of a table: what lake and warehouse hold after each run."""

import pytest
from history import TABLE, open_history, text
from latest import configuration, latest

KEY = ["a", "b"]
ROUNDS = 12


def metadata(strategy: str) -> dict:
    return {
        "visits": {
            "load_strategy": strategy,
            "incremental_column": "edited",
            "description": "Visits",
        }
    }


def lake_rows(project) -> dict[tuple, tuple]:
    rows = latest(project.path / "lake" / "visits", KEY)
    return {key: tuple(row.values()) for key, row in rows.items()}


def warehouse_rows(project) -> dict[tuple, tuple]:
    found = project.warehouse("SELECT a, b, edited, note FROM raw.visits")
    rows = {(row[0], row[1]): row for row in found}
    assert len(rows) == len(found), "a key came twice"
    return rows


def outcome(project) -> dict:
    return project.ok("run", "--json").json["tables"][0]


def open_from(project) -> str:
    return configuration(project.path / "lake" / "visits")["keelboat.open_from"]


def go_on(history, round_number: int) -> None:
    history.edit(history.random.choice((0, 1, 15)))
    if history.random.random() < 0.4:
        history.begin_late()
    else:
        history.commit_late()
    if round_number % 4 == 3:
        history.delete_old()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hybrid_is_always_the_source(new_project, server, seed):
    project = new_project(TABLE, metadata("hybrid"))
    history = open_history(server, seed)
    history.edit(80)
    reasons = []
    for round_number in range(ROUNDS):
        table = outcome(project)
        reasons.append(table["reason"])
        assert lake_rows(project) == history.rows, (round_number, table)
        assert warehouse_rows(project) == history.rows, (round_number, table)
        history.after_run(open_from(project))
        go_on(history, round_number)
    assert reasons[0] == "no watermark yet"
    assert None in reasons, "not every run may be full"
    assert any("keys" in (reason or "") for reason in reasons), (
        "old deletes must be noticed"
    )


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_incremental_misses_only_early_deletes(new_project, server, seed):
    """Rows deleted before the window stay; all else is the source, in the warehouse too."""
    project = new_project(TABLE, metadata("incremental"))
    history = open_history(server, seed)
    history.edit(80)
    stay: dict[tuple, tuple] = {}
    for round_number in range(ROUNDS):
        table = outcome(project)
        expected = {**stay, **history.rows}
        assert lake_rows(project) == expected, (round_number, table)
        assert warehouse_rows(project) == expected, (round_number, table)
        assert table["reason"] == ("no watermark yet" if round_number == 0 else None)
        history.after_run(open_from(project))
        go_on(history, round_number)
        stay = {
            key: row
            for key, row in lake_rows(project).items()
            if key not in history.rows and text(row[2]) < history.open_from
        }
    assert stay, "some delete must have come too early to be seen"


def test_two_writers_at_once_bring_every_row_once(new_project, server):
    """Two projects over one lake and source: one run wins, the other says so; no row is lost."""
    project = new_project(TABLE, metadata("incremental"))
    history = open_history(server, 7)
    history.edit(60)
    project.ok("run")
    twin = type(project)(project.path.parent / "twin", dict(project.variables))
    twin.path.mkdir()
    text = (project.path / "keelboat.yaml").read_text()
    twin.write(
        "keelboat.yaml",
        text.replace("./lake", str(project.path / "lake")),
    )
    twin.write("metadata/table_metadata.json", metadata("incremental"))
    (twin.path / "schema").mkdir()
    for _ in range(4):
        history.edit(20)
        both = [one.start("run") for one in (project, twin)]
        for process in both:
            _, err = process.communicate(timeout=120)
            assert process.returncode in (0, 1), err
            if process.returncode == 1:
                assert "someone else" in err
    for one in (project, twin):
        one.ok("run")
        assert warehouse_rows(one) == history.rows
    assert lake_rows(project) == history.rows
