"""`keelboat check` of lake and warehouse: what is well, what is not, and what to do."""

import pytest


def lines(done) -> dict[str, dict]:
    return {line["part"]: line for line in done.json["checks"]}


def check(project, *parts: str, code: int = 0, **variables: str) -> dict[str, dict]:
    done = project.run("--env", "staging", "check", *parts, "--json", **variables)
    assert done.code == code, done.text
    return lines(done)


def test_all_is_well(project, account, minio):
    project.ok("--env", "staging", "setup")
    found = check(project)
    assert all(line["ok"] for line in found.values())
    lake = found["lake"]["detail"]
    assert "MinIO" in lake and "not encrypted" in lake and "clocks agree" in lake
    assert "writable (an object written, read, listed and deleted)" in lake
    warehouse = found["warehouse"]["detail"]
    assert "Snowflake" in warehouse and "writable" in warehouse
    assert f"role {account.role}" in warehouse
    assert f"warehouse {account.warehouse}" in warehouse
    assert "clocks agree" in warehouse and "not encrypted" in warehouse
    assert "a table made, written, emptied and dropped" in warehouse
    source = found["source"]["detail"]
    assert "MariaDB" in source and "clocks agree" in source
    assert "may read 2 tables" in source


def test_a_table_that_may_not_be_read(project, server):
    project.variables["MYSQL_USER"] = "half"
    project.variables["MYSQL_PASSWORD"] = "half"
    name = project.variables["MYSQL_DATABASE"]
    server.execute(
        "CREATE OR REPLACE USER half IDENTIFIED BY 'half';"
        f" GRANT SELECT ON {name}.orders TO half; GRANT INSERT ON {name}.customers TO half"
    )
    line = check(project, "source", code=1)["source"]
    assert line["error"]["kind"] == "denied"
    assert "customers" in line["error"]["message"]


def test_checking_leaves_nothing_behind(project, account, minio):
    project.ok("--env", "staging", "setup")
    bucket = project.variables["MINIO_BUCKET"]
    tables = "SELECT count(*) FROM information_schema.tables"
    database = project.variables["SNOWFLAKE_DATABASE"] + "_STAGING"
    before = minio.objects(bucket), account.sql(tables, database=database)
    check(project)
    assert (minio.objects(bucket), account.sql(tables, database=database)) == before


REFUSED = [
    ({"SNOWFLAKE_PASSWORD": "wrong"}, 3, ["refused", "Incorrect username or password"]),
    ({"SNOWFLAKE_ACCOUNT": "no-account"}, 3, ["account"]),
    ({"SNOWFLAKE_ROLE": "ACCOUNTADMIN"}, 2, ["ACCOUNTADMIN", "role"]),
    ({"SNOWFLAKE_WAREHOUSE": "NO_WH"}, 2, ["warehouse"]),
    ({"SNOWFLAKE_ACCOUNT": "https://x.snowflakecomputing.com"}, 2, ["write x"]),
    ({"SNOWFLAKE_PORT": "1"}, 3, ["127.0.0.1"]),
    ({"KEELBOAT_SNOWFLAKE_DRIVER": "/nowhere.so"}, 2, ["/nowhere.so", "pip install"]),
]


@pytest.mark.parametrize(("variables", "code", "words"), REFUSED)
def test_snowflake_refuses(project, variables, code, words):
    done = project.run("--env", "staging", "check", "warehouse", **variables)
    assert done.code == code, done.text
    for word in words:
        assert word in done.err, done.err
    assert project.variables["SNOWFLAKE_PASSWORD"] not in done.text


def test_a_suspended_warehouse(project, account):
    project.ok("--env", "staging", "setup")
    account.set(suspended=[account.warehouse])
    line = check(project, "warehouse", code=3)["warehouse"]
    assert account.warehouse in line["error"]["message"]
    assert "raise its quota" in line["error"]["message"]


def test_before_setup_it_says_so(project):
    line = check(project, "lake", code=2)["lake"]
    assert "keelboat setup" in line["error"]["message"]
    line = check(project, "warehouse", code=2)["warehouse"]
    assert "keelboat setup" in line["error"]["message"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"MINIO_ROOT_USER": "nobody"}, ["access key", "lake.access_key"]),
        ({"MINIO_ROOT_PASSWORD": "wrong-secret"}, ["lake.secret_key"]),
        ({"MINIO_ENDPOINT": "http://127.0.0.1:1"}, ["127.0.0.1:1"]),
    ],
)
def test_the_bucket_refuses(project, variables, words):
    project.ok("--env", "staging", "setup")
    line = check(project, "lake", code=3, **variables)["lake"]
    for word in words:
        assert word in line["error"]["message"]
