"""Contracts and masks through the whole way."""

import hashlib
import json

MASKED = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "email": {"type": ["string", "null"], "x-mask": "hash", "format": "email"},
    },
}


def test_a_masked_value_is_nowhere(project):
    project.write("schema/customers.json", MASKED)
    project.ok("run", "-v")
    expected = hashlib.sha256(b"ana@example.com").hexdigest()
    assert expected in project.lake("customers").column("email").to_pylist()
    assert project.warehouse("SELECT email FROM raw.customers WHERE name = 'Ana'") == [
        (expected,)
    ]
    for file in project.path.rglob("*"):
        if file.is_file():
            assert b"ana@example.com" not in file.read_bytes(), file


def test_a_violation_reports_the_mask_and_not_the_value(project, server):
    server.execute(
        "UPDATE customers SET email = 'not-an-address' WHERE name = 'Ana'", "shop"
    )
    project.write("schema/customers.json", MASKED)
    done = project.run("run")
    assert done.code == 4
    assert "format email" in done.err
    assert "not-an-address" not in done.text


def test_the_column_list_form_masks_too(project):
    project.write(
        "schema/customers.json",
        {
            "table_name": "customers",
            "columns": [
                {
                    "name": "name",
                    "type": "VARCHAR(40)",
                    "nullable": False,
                    "primary_key": True,
                },
                {"name": "email", "type": "VARCHAR(80)", "nullable": True},
            ],
            "constraints": {"primary_key": ["name"]},
            "data_masking": {
                "enabled": True,
                "masked_columns": [{"column_name": "email", "masking_type": "partial"}],
            },
        },
    )
    project.ok("run")
    assert project.lake("customers").column("email").to_pylist().count(None) == 1
    [(email,)] = project.warehouse("SELECT email FROM raw.customers WHERE name = 'Ana'")
    assert email == "a*************m"


def quarantining(rule: dict) -> dict:
    return {
        "type": "object",
        "x-on-violation": "quarantine",
        "properties": {"id": {"type": "integer", **rule}},
    }


def test_quarantine_keeps_the_bad_rows_apart(project):
    project.write("schema/orders.json", quarantining({"maximum": 2}))
    report = project.ok("run", "--json").json
    orders = next(table for table in report["tables"] if table["table"] == "orders")
    assert (orders["rows"], orders["quarantined"]) == (2, 1)
    bad = project.lake("orders__quarantine").to_pylist()
    assert [row["id"] for row in bad] == [3]
    assert "maximum" in bad[0]["_keelboat_reason"]
    assert project.warehouse("SELECT max(id) FROM raw.orders") == [(2,)]


def test_quarantine_follows_the_newest_run(project, server):
    project.write("schema/orders.json", quarantining({"maximum": 2}))
    project.ok("run")
    server.execute("DELETE FROM orders WHERE id = 3", "shop")
    project.ok("run")
    assert project.lake("orders__quarantine").num_rows == 0


def test_warn_lets_rows_pass_and_says_so(project):
    contract = quarantining({"maximum": 2}) | {"x-on-violation": "warn"}
    project.write("schema/orders.json", contract)
    done = project.ok("run")
    assert "maximum" in done.err
    assert project.lake("orders").num_rows == 3


def test_no_table_has_the_name_of_anothers_quarantine(project, server):
    server.execute(
        "CREATE TABLE orders__quarantine (id INT PRIMARY KEY, z INT);"
        "INSERT INTO orders__quarantine VALUES (7, 7)",
        "shop",
    )
    file = project.path / "metadata" / "table_metadata.json"
    tables = json.loads(file.read_text())
    tables["orders__quarantine"] = {"load_strategy": "full"}
    project.write("metadata/table_metadata.json", tables)
    project.ok("run")
    project.write("schema/orders.json", quarantining({"maximum": 2}))
    for arguments in (("run",), ("run", "orders"), ("plan",), ("check",)):
        done = project.run(*arguments)
        assert done.code == 2, done.text
        told = " ".join(done.text.split())
        assert "'orders__quarantine' has the name of the quarantine of table" in told
    assert project.lake("orders__quarantine").to_pylist() == [{"id": 7, "z": 7}]
