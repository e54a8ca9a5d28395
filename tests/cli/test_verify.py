"""verify: whole tables are told whole, and whatever is planted in lake or warehouse is found."""

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

ORDERS = "UPDATE orders SET price = price + 1, updated = NOW(6) WHERE id = 1;"


def verify(project, *arguments: str, code: int = 0) -> dict[str, dict]:
    """The tables of the report by name, after checks of what all reports share."""
    done = project.run("verify", "--json", *arguments)
    assert done.code == code, done.text
    report = done.json
    kept = json.loads(Path(report["evidence"]).read_text())
    assert kept["verify_id"] == report["verify_id"]
    assert kept["status"] == report["status"]
    assert (report["status"] == "damaged") == (code == 1)
    for table, full in zip(report["tables"], kept["tables"], strict=True):
        del full["warehouse"]["rows"]
        if full["source"] is not None:
            del full["source"]["rows"]
        assert table == full
    return {table["table"]: table for table in report["tables"]}


def evidence(project) -> dict:
    newest = max((project.path / "logs" / "verify").glob("*.json"))
    return json.loads(newest.read_text())


def file_of(project, table: str) -> Path:
    """The one with the most rows."""
    files = (project.path / "lake" / table).glob("*.parquet")
    return max(files, key=lambda file: pq.ParquetFile(file).metadata.num_rows)


def change_warehouse(project, sql: str) -> None:
    with duckdb.connect(str(project.path / "warehouse.duckdb")) as connection:
        connection.execute(sql)


def test_what_was_loaded_is_whole(project):
    project.ok("run")
    done = project.ok("verify")
    assert "ok      orders: lake v0 intact (2 files, " in done.err
    assert "warehouse equal" in done.err
    tables = verify(project)
    assert set(tables) == {"orders", "customers"}
    for table in tables.values():
        assert table["status"] == "ok"
        assert table["error"] is None
        assert table["lake"]["status"] == "intact"
        assert table["lake"]["findings"] == []
        assert table["warehouse"]["status"] == "equal"
        assert table["warehouse"]["version"] == table["lake"]["version"] == 0
        assert table["source"] is None
    assert set(verify(project, "customers")) == {"customers"}
    assert project.ok("-q", "verify").text == ""


def test_a_history_of_increments_is_whole(project, server):
    project.ok("run")
    for statement in (
        ORDERS + "INSERT INTO orders VALUES (4, 'Bo', 1, NULL, NOW(6))",
        ORDERS + "DELETE FROM orders WHERE id = 4",
        "INSERT INTO orders VALUES (5, 'Cy', 2, NULL, NOW(6) - INTERVAL 5 MINUTE)",
    ):
        server.execute(statement, "shop")
        project.ok("run")
        tables = verify(project)
        assert tables["orders"]["status"] == "ok"
        assert tables["orders"]["warehouse"]["status"] == "equal"
    assert tables["orders"]["lake"]["version"] == 3
    assert tables["orders"]["lake"]["files"] > 1


def test_a_flipped_byte_in_a_file(project):
    project.ok("run")
    file = file_of(project, "orders")
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0x10
    file.write_bytes(content)
    tables = verify(project, code=1)
    assert tables["customers"]["status"] == "ok"
    assert tables["orders"]["status"] == tables["orders"]["lake"]["status"] == "damaged"
    (finding,) = tables["orders"]["lake"]["findings"]
    assert finding["place"] == file.name
    assert "its bytes are not those that were committed" in finding["what"]
    told = project.run("-q", "verify").err
    assert "DAMAGED orders" in told
    assert file.name in told


def lost(table: pa.Table) -> pa.Table:
    return table.slice(1)


def doubled(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def flipped(table: pa.Table) -> pa.Table:
    prices = pc.if_else(
        pc.equal(table["id"], 1),
        pa.scalar(10.51).cast(table["price"].type),
        table["price"],
    )
    return table.set_column(table.schema.get_field_index("price"), "price", prices)


@pytest.mark.parametrize(
    ("change", "compared"), [(lost, False), (doubled, False), (flipped, True)]
)
def test_a_file_written_anew(project, change, compared):
    project.ok("run")
    file = file_of(project, "orders")
    pq.write_table(change(pq.read_table(file)), file)
    table = verify(project, "orders", code=1)["orders"]
    assert table["lake"]["findings"][0]["place"] == file.name
    # The warehouse shows which row it was, as long as the numbers of rows agree.
    warehouse = table["warehouse"]
    if compared:
        assert (warehouse["missing"], warehouse["extra"]) == (1, 1)
        assert "10.51 in the lake" in warehouse["findings"][0].replace("'", "")
    else:
        assert warehouse["status"] == "not_compared"
        assert "lake's files are damaged" in warehouse["note"]


def test_a_lost_file(project):
    project.ok("run")
    file = file_of(project, "orders")
    file.unlink()
    table = verify(project, "orders", code=1)["orders"]
    (finding,) = table["lake"]["findings"]
    assert finding["place"] == file.name
    assert "missing" in finding["what"]
    assert table["warehouse"]["status"] == "not_compared"


def test_a_commit_that_cannot_be_read(project):
    project.ok("run")
    log = project.path / "lake" / "orders" / "_delta_log" / f"{0:020}.json"
    log.write_bytes(log.read_bytes()[:100])
    table = verify(project, "orders", code=1)["orders"]
    assert log.name in table["lake"]["findings"][0]["what"]
    assert table["warehouse"]["status"] == "not_compared"


def test_commits_are_lost(project, server):
    project.ok("run")
    server.execute(ORDERS, "shop")
    project.ok("run")
    (project.path / "lake" / "orders" / "_delta_log" / f"{1:020}.json").unlink()
    table = verify(project, "orders", code=1)["orders"]
    assert "commits of the lake are lost" in table["warehouse"]["findings"][0]


def test_the_lake_is_gone(project):
    project.ok("run")
    folder = project.path / "lake" / "orders"
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    table = verify(project, "orders", code=1)["orders"]
    assert table["lake"]["status"] == "absent"
    assert "is gone" in table["warehouse"]["findings"][0]


def append(path: str) -> None:
    table = DeltaTable(path)
    write_deltalake(table, table.to_pyarrow_table().slice(0, 1), mode="append")


@pytest.mark.parametrize(
    "change",
    [
        append,
        lambda path: DeltaTable(path).delete("id = 2"),
        lambda path: DeltaTable(path).update(
            predicate="id = 2", updates={"customer": "'x'"}
        ),
        lambda path: DeltaTable(path).delete(),
    ],
    ids=["append", "delete", "update", "delete all"],
)
def test_another_program_changed_the_lake(project, change):
    project.ok("run")
    change(str(project.path / "lake" / "orders"))
    table = verify(project, "orders", code=1)["orders"]
    assert table["lake"]["findings"][0]["place"] == "version 1"
    assert "another program" in table["lake"]["findings"][0]["what"]


def test_another_program_compacted_the_lake(project, server):
    project.ok("run")
    server.execute("UPDATE orders SET updated = NOW(6) WHERE id = 1", "shop")
    project.ok("run")
    before = verify(project, "customers")
    project.ok("run")
    DeltaTable(str(project.path / "lake" / "customers")).optimize.compact()
    after = verify(project, "customers")
    assert before["customers"]["status"] == after["customers"]["status"] == "ok"


@pytest.mark.parametrize(
    ("sql", "missing", "extra", "words"),
    [
        ("UPDATE raw.orders SET price = 10.51 WHERE id = 1", 1, 1, ["10.50", "10.51"]),
        ("DELETE FROM raw.orders WHERE id = 2", 1, 0, ["id = '2'"]),
        ("INSERT INTO raw.orders FROM raw.orders WHERE id = 3", 0, 1, ["too much"]),
    ],
    ids=["flipped", "lost", "doubled"],
)
def test_the_warehouse_differs(project, sql, missing, extra, words):
    project.ok("run")
    change_warehouse(project, sql)
    table = verify(project, "orders", code=1)["orders"]
    assert table["lake"]["status"] == "intact"
    warehouse = table["warehouse"]
    assert warehouse["status"] == "damaged"
    assert (warehouse["missing"], warehouse["extra"]) == (missing, extra)
    assert all(word in warehouse["findings"][0] for word in words), warehouse
    rows = evidence(project)["tables"][0]["warehouse"]["rows"]
    assert [row["side"] for row in rows] == ["lake"] * missing + ["warehouse"] * extra
    project.ok("run", "orders", "--full-refresh")
    assert verify(project, "orders")["orders"]["status"] == "ok"


def test_the_warehouse_lost_a_table(project):
    project.ok("run")
    change_warehouse(project, "DROP TABLE raw.orders")
    table = verify(project, "orders", code=1)["orders"]
    assert "somebody dropped it" in table["warehouse"]["findings"][0]


def test_what_is_not_loaded_yet_is_no_damage(project, server):
    project.ok("extract")
    tables = verify(project)
    assert tables["orders"]["warehouse"]["status"] == "not_loaded"
    assert "keelboat load orders" in tables["orders"]["warehouse"]["note"]
    project.ok("load")
    server.execute(ORDERS, "shop")
    project.ok("extract")
    warehouse = verify(project)["orders"]["warehouse"]
    assert warehouse["status"] == "equal"
    assert warehouse["version"] == 0
    assert "version 1 of the lake is not loaded yet" in warehouse["note"]
    change_warehouse(project, "DELETE FROM raw.orders WHERE id = 2")
    assert verify(project, code=1)["orders"]["warehouse"]["missing"] == 1


def test_what_the_warehouse_has_was_cleaned_away(project):
    project.ok("run")
    project.ok("extract", "customers")
    project.ok("vacuum", "--older-than", "0s")
    warehouse = verify(project)["customers"]["warehouse"]
    assert warehouse["status"] == "not_compared"
    assert "version 1 of the lake is not loaded yet" in warehouse["note"]


def test_masked_columns_stay_masked_in_the_evidence(project):
    project.write(
        "schema/customers.json",
        {
            "type": "object",
            "properties": {"email": {"type": ["string", "null"], "x-mask": "hash"}},
        },
    )
    project.ok("run")
    assert verify(project)["customers"]["status"] == "ok"
    change_warehouse(project, "DELETE FROM raw.customers WHERE name = 'Ana'")
    table = verify(project, "customers", code=1)["customers"]
    assert table["warehouse"]["missing"] == 1
    kept = json.dumps(evidence(project), ensure_ascii=False)
    assert "Ana" in kept
    assert "ana@example.com" not in kept


def test_a_table_that_is_not_there(project):
    done = project.run("verify", "ordres")
    assert done.code == 2
    assert "did you mean 'orders'?" in done.err
    done = project.run("verify", "orders", "--json")
    assert done.code == 1
    (table,) = done.json["tables"]
    assert table["status"] == "failed"
    assert table["lake"]["status"] == "absent"
    assert "nothing to verify" in table["error"]
    assert "keelboat extract orders" in table["error"]


def test_the_warehouse_is_open_elsewhere(project):
    project.ok("run")
    with duckdb.connect(str(project.path / "warehouse.duckdb")):
        done = project.run("verify", "orders", "--json")
    assert done.code == 3
    (table,) = done.json["tables"]
    assert table["status"] == "failed"
    assert table["lake"]["status"] == "intact"


def test_the_evidence_cannot_be_kept(project):
    project.ok("run")
    project.write("logs/verify", "a file where a folder should be")
    done = project.run("verify", "orders", "--json")
    assert done.code == 2
    assert done.json["evidence"] is None
    assert done.json["tables"][0]["status"] == "ok"
    assert str(project.path / "logs" / "verify") in done.err
