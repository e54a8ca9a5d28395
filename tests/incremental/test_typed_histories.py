"""Random histories over cursors of every type, with crashes and races between two writers."""

import random

import pytest
from latest import configuration, latest
from project_folder import ProjectFolder
from three_ways import connect
from typed_history import SHAPES, TypedHistory

KEY = ["a", "b"]
ROUNDS = 7
# Moments of a run at which it is killed; a commit is all or nothing.
MOMENTS = (
    "before visits/part-",
    "after visits/part-",
    "before visits/_delta_log/",
    "after visits/_delta_log/",
)


def lake_rows(project) -> dict[tuple, tuple]:
    rows = latest(project.path / "lake" / "visits", KEY)
    return {key: tuple(row.values()) for key, row in rows.items()}


def warehouse_rows(project) -> dict[tuple, tuple]:
    found = project.warehouse("SELECT a, b, edited, note FROM raw.visits")
    rows = {(row[0], row[1]): row for row in found}
    assert len(rows) == len(found), "a key came twice"
    return rows


def twin_of(project, metadata: dict) -> ProjectFolder:
    """Another project over the same lake and source, with a warehouse of its own."""
    twin = ProjectFolder(project.path.parent / "twin", dict(project.variables))
    twin.path.mkdir()
    text = (project.path / "keelboat.yaml").read_text()
    twin.write("keelboat.yaml", text.replace("./lake", str(project.path / "lake")))
    twin.write("metadata/table_metadata.json", metadata)
    (twin.path / "schema").mkdir()
    return twin


def crash(project, history) -> None:
    moment = history.random.choice(MOMENTS)
    log = project.path / "lake" / "visits" / "_delta_log"
    before = len(list(log.glob("*.json")))
    project.die(moment, "run")
    if len(list(log.glob("*.json"))) > before:
        history.committed(configuration(log.parent))


def race(project, twin, history) -> None:
    """Both at once: who comes second says so, or finds what the first one left."""
    running = [one.start("run") for one in (project, twin)]
    codes = []
    for process in running:
        _, err = process.communicate(timeout=120)
        codes.append(process.returncode)
        assert process.returncode in (0, 1), err
        assert process.returncode == 0 or "someone else" in err
    assert 0 in codes
    history.committed(configuration(project.path / "lake" / "visits"))


@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
@pytest.mark.parametrize("name", SHAPES)
def test_every_kind_of_cursor(new_project, server, name, strategy):
    shape = SHAPES[name]
    seed = f"{name} {strategy}"
    project = new_project(shape.table(), shape.metadata(strategy))
    twin = twin_of(project, shape.metadata(strategy))
    stay: dict[tuple, tuple] = {}
    done = {"crash": 0, "race": 0, "quiet": 0}
    with connect(server) as connection:
        history = TypedHistory(shape, connection, random.Random(seed))
        history.edit(60)
        for number in range(ROUNDS):
            kind = ("quiet", "crash", "race")[number % 3]
            if number > 0 and kind == "crash":
                crash(project, history)
            if number > 0 and kind == "race":
                race(project, twin, history)
            done[kind] += 1
            table = project.ok("run", "--json").json["tables"][0]
            told = (seed, number, kind, table)
            expected = {**stay, **history.rows}
            assert lake_rows(project) == expected, told
            assert warehouse_rows(project) == expected, told
            if number == 0:
                assert table["reason"] == "no watermark yet"
            elif strategy == "incremental":
                assert table["reason"] is None
            history.committed(configuration(project.path / "lake" / "visits"))
            history.edit(history.random.choice((0, 1, 12)))
            if number % 2:
                history.delete_old()
            if strategy == "incremental":
                # Rows deleted before the window stay: nobody looks there.
                stay = {
                    key: row
                    for key, row in lake_rows(project).items()
                    if key not in history.rows and not history.in_tail(row)
                }
    assert all(count >= 2 for count in done.values()), done
    twin.ok("run")
    assert warehouse_rows(twin) == lake_rows(project)


@pytest.mark.parametrize("strategy", ["incremental", "hybrid"])
def test_without_a_key_every_row_counts(new_project, server, strategy):
    """Twins and ties, edited and deleted within the window."""
    sql = "CREATE TABLE visits (edited INT NOT NULL, note VARCHAR(9), KEY (edited))"
    table = {
        "load_strategy": strategy,
        "incremental_column": "edited",
        "description": "Visits",
        "lookback": 30,
    }
    project = new_project(sql, {"visits": table})
    choose = random.Random(strategy)
    rows: list[tuple] = []
    now = 0
    with connect(server) as connection, connection.cursor() as cursor:
        for number in range(6):
            for _ in range(15):
                now += choose.choice((0, 0, 1, 5))
                row = (now, choose.choice("ab"))
                cursor.execute("INSERT INTO visits VALUES (%s, %s)", row)
                rows.append(row)
                recent = [row for row in rows if row[0] > now - 20]
                if choose.random() < 0.3:
                    gone = choose.choice(recent)
                    cursor.execute(
                        "DELETE FROM visits WHERE edited = %s AND note = %s LIMIT 1", gone
                    )
                    rows.remove(gone)
            connection.commit()
            report = project.ok("run", "--json").json["tables"][0]
            if number > 0:
                reason = "no key, so deleted rows could not be seen"
                assert report["reason"] == (reason if strategy == "hybrid" else None)
            lake = project.lake("visits").to_pylist()
            assert sorted((row["edited"], row["note"]) for row in lake) == sorted(rows)
            found = project.warehouse("SELECT edited, note FROM raw.visits")
            assert sorted(found) == sorted(rows)
    assert len(set(rows)) < len(rows), "some rows must be twins"
