"""What a client can learn before it asks for rows."""

NOT_CACHED = {
    "cache-control": "max-age=0, no-cache, must-revalidate, proxy-revalidate",
    "expires": "Tue, 03 Jul 2001 06:00:00 GMT",
}


def table_id(client, name: str, database: int = 2) -> int:
    tables = client.get(f"/api/database/{database}?include=tables").json()["tables"]
    return next(table["id"] for table in tables if table["name"] == name)


def fields(client, name: str) -> dict[str, dict]:
    found = client.get(f"/api/table/{table_id(client, name)}/query_metadata").json()
    return {field["name"]: field for field in found["fields"]}


def test_health_needs_no_login(client, server):
    answer = client.get("/api/health", headers={})
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    server.set(initializing=True)
    answer = client.get("/api/health", headers={})
    assert (answer.status, answer.json()) == (
        503,
        {"status": "initializing", "progress": 0.5},
    )
    assert client.get("/api/user/current").status == 401


def test_properties_tell_the_version_to_all_and_more_to_admins(any_client, server):
    server.set(report_timezone="Europe/Berlin")
    found = any_client.get("/api/session/properties", headers={}).json()
    assert found["version"]["tag"].startswith("v0.")
    assert found["report-timezone-long"] == "Europe/Berlin"
    assert "report-timezone" not in found
    key = any_client.log_in(server.admin, server.password).json()["id"]
    found = any_client.get(
        "/api/session/properties", headers={"X-Metabase-Session": key}
    ).json()
    assert found["report-timezone"] == "Europe/Berlin"


def test_the_newest_name_their_version_in_every_answer(client, server):
    for path in ("/api/health", "/api/database", "/api/nope"):
        assert client.get(path).headers["x-metabase-version"] == "v0.63.1"
    assert client.dataset("SELECT 1").headers["x-metabase-version"] == "v0.63.1"
    server.set(profile="v48")
    assert "x-metabase-version" not in client.get("/api/health").headers


def test_what_is_not_there(client, server):
    answer = client.get("/api/nope")
    assert (answer.status, answer.text) == (404, "API endpoint does not exist.")
    answer = client.get("/api/table/999999")
    assert (answer.status, answer.json()["message"]) == (404, "Not found.")
    server.set(profile="v55")
    answer = client.get("/api/table/999999")
    assert (answer.status, answer.text) == (404, "Not found.")
    assert answer.headers["content-type"] == "text/plain"


def test_what_is_forbidden(client, server):
    key = client.log_in("outsider@example.com", server.password).json()["id"]
    headers = {"X-Metabase-Session": key}
    answer = client.get("/api/database/2", headers=headers)
    assert (answer.status, answer.text) == (403, "You don't have permissions to do that.")
    assert client.dataset("SELECT 1", headers=headers).status == 403
    assert client.get("/api/database", headers=headers).json() == {"data": [], "total": 0}


def test_databases_are_wrapped(any_client):
    found = any_client.get("/api/database").json()
    assert found["total"] == len(found["data"]) == 5
    assert "Growth Team Clickhouse Connection" in [each["name"] for each in found["data"]]
    assert "tables" not in found["data"][0]
    found = any_client.get("/api/database?include=tables").json()
    assert {"orders", "vendors", "vdom"} <= {
        each["name"] for each in found["data"][0]["tables"]
    }
    answer = any_client.get("/api/database?include=x")
    assert (answer.status, list(answer.json())) == (400, ["errors"])


def test_saved_questions_are_a_database(client):
    found = client.get("/api/database?saved=true").json()["data"][-1]
    assert (found["id"], found["is_saved_questions"]) == (-1337, True)


def test_one_database_is_not_wrapped(client):
    assert client.get("/api/database/2").json()["engine"] == "clickhouse"
    found = client.get("/api/database/2/metadata").json()
    assert {table["schema"] for table in found["tables"]} == {""}
    assert all(table["fields"] for table in found["tables"])
    found = client.get("/api/database/2/metadata?skip_fields=true").json()
    assert not any("fields" in table for table in found["tables"])


def test_fields_tell_keys_and_types(client):
    found = fields(client, "orders")
    key = found["order_id"]
    assert (key["semantic_type"], key["fingerprint"]) == ("type/PK", None)
    assert (key["database_type"], key["base_type"]) == ("UInt64", "type/BigInteger")
    assert found["created_at"]["base_type"] == "type/DateTimeWithLocalTZ"
    types = fields(client, "types")
    assert (types["int64"]["database_type"], types["int64"]["base_type"]) == (
        "Int64",
        "type/BigInteger",
    )
    assert types["uint128"]["base_type"] == "type/*"


def test_a_key_may_hold_duplicates(client):
    found = fields(client, "skewed")
    # One is called so, the other is what ClickHouse sorts by.
    assert [found[name]["semantic_type"] for name in ("id", "part", "word")] == [
        "type/PK",
        "type/PK",
        None,
    ]
    rows = client.dataset(
        "SELECT count(), uniqExact(id), uniqExact(part) FROM skewed"
    ).rows
    assert rows == [[3000, 31, 10]]


def test_fingerprints_come_from_a_sample(client):
    found = fields(client, "orders")["vendor_id"]["fingerprint"]
    assert found["global"]["distinct-count"] > 1
    assert found["global"]["nil%"] == 0
    assert found["type"]["type/Number"]["min"] >= 1
    assert set(found["type"]["type/Number"]) == {"min", "q1", "q3", "max", "avg", "sd"}


def test_nothing_may_be_cached(any_client):
    for path in ("/api/health", "/api/database", "/api/nope"):
        headers = any_client.get(path).headers
        assert NOT_CACHED.items() <= headers.items()
    assert NOT_CACHED.items() <= any_client.dataset("SELECT 1").headers.items()
    assert NOT_CACHED.items() <= any_client.export("csv", "SELECT 1").headers.items()


def test_teams_see_the_same_tables(client):
    for database in (2, 3, 4):
        assert client.dataset("SELECT count() FROM orders", database).rows == [[3000]]


def test_the_samples_are_the_same_in_every_run(client):
    rows = client.dataset("SELECT sum(cityHash64(*)) FROM orders").rows
    assert rows == client.dataset("SELECT sum(cityHash64(*)) FROM orders", 3).rows
    found = client.dataset(
        "SELECT min(order_id), max(order_id), uniqExact(order_id) FROM orders"
    )
    assert found.rows == [[1, 8998, 3000]]
    found = client.dataset("SELECT city FROM orders GROUP BY city ORDER BY city").rows
    assert found == [["Berlin"], ["Lyon"], ["Malmö"], ["Tehran"], ["Åre"]]
