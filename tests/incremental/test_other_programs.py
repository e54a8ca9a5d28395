"""Tables of the lake that another program has rewritten between two runs."""

from deltalake import DeltaTable

SHOP = """
CREATE TABLE orders (id INT PRIMARY KEY, price INT, updated DATETIME(6) NOT NULL,
                     KEY (updated));
INSERT INTO orders VALUES (1, 10, '2024-01-01'), (2, 20, '2024-02-01'),
                          (3, 30, '2024-03-01');
"""
METADATA = {
    "orders": {
        "load_strategy": "incremental",
        "incremental_column": "updated",
        "lookback": "1d",
        "description": "Orders",
    }
}


def test_a_compaction_of_several_versions_is_not_guessed_at(new_project, server):
    project = new_project(SHOP, METADATA)
    project.ok("run")
    server.execute(
        "UPDATE orders SET price = 11, updated = '2024-04-01' WHERE id = 1", "shop"
    )
    project.ok("extract")
    lake = DeltaTable(str(project.path / "lake" / "orders"))
    assert lake.to_pyarrow_table().num_rows == 4, "both versions of row 1"
    lake.optimize.compact()

    refused = project.run("load")
    assert refused.code == 1, refused.text
    assert "--full-refresh" in refused.err and "another program" in refused.err
    assert project.warehouse("SELECT id, price FROM raw.orders ORDER BY id") == [
        (1, 10),
        (2, 20),
        (3, 30),
    ]

    (table,) = project.ok("run", "--json").json["tables"]
    assert table["strategy"] == "full"
    assert "another program" in table["reason"]
    assert project.warehouse("SELECT id, price FROM raw.orders ORDER BY id") == [
        (1, 11),
        (2, 20),
        (3, 30),
    ]
    (table,) = project.ok("run", "--json").json["tables"]
    assert table["strategy"] == "incremental"
