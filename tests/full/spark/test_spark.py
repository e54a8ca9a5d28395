"""Tables in a bucket, read by Spark with delta-spark."""

import json
import subprocess
from pathlib import Path

import pytest
from minio import ACCESS_KEY, SECRET_KEY, minio_server
from project_folder import ROOT
from small_shop import project as local_project  # noqa: F401 - fixture
from small_shop import server  # noqa: F401 - fixture

_HOME = ROOT / "build" / "deps" / "spark"


def spark(minio, *tables: dict) -> list[dict]:
    python = _HOME / "venv" / "bin" / "python"
    assert python.exists(), f"{_HOME} is not there: run: make test-full"
    asked = {
        "endpoint": minio.endpoint,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "tables": list(tables),
    }
    done = subprocess.run(
        [python, Path(__file__).with_name("read_tables.py"), _HOME / "jars"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture
def project(local_project, tmp_path):  # noqa: F811
    with minio_server(tmp_path / "minio") as minio:
        local_project.replace(
            "lake: {url: ./lake}",
            "lake: {url: 's3://${MINIO_BUCKET}/shop', endpoint: '${MINIO_ENDPOINT}',"
            " access_key: '${MINIO_ROOT_USER}', secret_key: '${MINIO_ROOT_PASSWORD}'}",
        )
        local_project.variables |= minio.variables(minio.new_bucket("lake"))
        local_project.minio = minio
        yield local_project


def ids(table: dict) -> list[int]:
    return sorted(row["id"] for row in table["rows"])


def test_spark_reads_every_version_and_a_new_column(project, server):  # noqa: F811
    project.ok("run")
    server.execute(
        "INSERT INTO orders VALUES (4, 'Eve', 7, NULL, '2024-01-04 10:00:00');", "shop"
    )
    project.ok("run", "orders")
    server.execute(
        "ALTER TABLE orders ADD COLUMN note VARCHAR(20);"
        "INSERT INTO orders VALUES (5, 'Max', 8, NULL, '2024-01-05 10:00:00', 'new');",
        "shop",
    )
    project.ok("run", "orders")
    for _ in range(10):  # As many commits as make a checkpoint.
        project.ok("run", "customers")
    uri = "s3://lake/shop/"
    zero, one, newest, customers = spark(
        project.minio,
        {"uri": uri + "orders", "version": 0},
        {"uri": uri + "orders", "version": 1},
        {"uri": uri + "orders"},
        {"uri": uri + "customers"},
    )
    assert ids(zero) == [1, 2, 3]
    assert set(ids(one)) == {1, 2, 3, 4}
    assert set(ids(newest)) == {1, 2, 3, 4, 5}
    assert "note" not in one["columns"]
    assert newest["columns"]["note"] == "string"
    assert newest["columns"]["price"] == "decimal(10,2)"
    by_id = {row["id"]: row for row in newest["rows"]}
    assert by_id[5]["note"] == "new"
    assert by_id[1]["note"] is None
    assert by_id[1]["price"] == "10.50"
    assert by_id[3]["customer"] == "Zoë 🚢"
    assert by_id[1]["updated"].startswith("2024-01-01 10:00:00.000001")
    names = {row["name"]: row["email"] for row in customers["rows"]}
    assert names == {"Ana": "ana@example.com", "João": None}
    checkpoints = [
        name for name in project.minio.objects("lake") if ".checkpoint." in name
    ]
    assert any(name.startswith("shop/customers/") for name in checkpoints)
