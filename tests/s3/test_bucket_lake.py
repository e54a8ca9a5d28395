"""The whole way with the lake in a bucket of MinIO."""

import json

import pytest
from deltalake import DeltaTable
from minio import ACCESS_KEY, SECRET_KEY, minio_server
from private_server import new_database
from pyarrow.fs import S3FileSystem
from readers import READERS


def ids(table) -> list[int]:
    return sorted(table.column("id").to_pylist())


@pytest.mark.parametrize("reader", READERS)
def test_a_run_goes_the_whole_way_and_others_read_it(project, minio, bucket, reader):
    report = project.ok("run", "--json", "--no-progress").json
    assert report["status"] == "ok"
    tables = {table["table"]: table for table in report["tables"]}
    assert tables["orders"]["rows"] == tables["orders"]["warehouse_rows"] == 3
    assert project.warehouse("SELECT customer FROM raw.orders ORDER BY id")[2] == (
        "Zoë 🚢",
    )
    read = READERS[reader](minio, f"s3://{bucket}/shop/orders")
    assert ids(read) == [1, 2, 3]
    # Nothing lies in the project's folder but what belongs there.
    assert not (project.path / "lake").exists()
    assert not (project.path / ".keelboat" / "copies").exists()


@pytest.mark.parametrize("reader", READERS)
def test_increments_time_travel_and_a_new_column(project, minio, server, bucket, reader):
    project.ok("run")
    server.execute(
        "INSERT INTO orders VALUES (4, 'Eve', 7, NULL, '2024-01-04 10:00:00');"
        "UPDATE orders SET price = 1 WHERE id = 3;",
        "shop",
    )
    table = project.ok("run", "orders", "--json").json["tables"][0]
    assert table["strategy"] == "incremental"
    assert table["lake_version"] == 1
    assert project.warehouse("SELECT count(*) FROM raw.orders") == [(4,)]
    server.execute("ALTER TABLE orders ADD COLUMN note VARCHAR(20)", "shop")
    server.execute(
        "INSERT INTO orders VALUES (5, 'Max', 8, NULL, '2024-01-05 10:00:00', 'new')",
        "shop",
    )
    project.ok("run", "orders")
    assert project.warehouse("SELECT note FROM raw.orders WHERE id = 5") == [("new",)]
    uri = f"s3://{bucket}/shop/orders"
    read = READERS[reader]
    assert ids(read(minio, uri, 0)) == [1, 2, 3]
    assert set(ids(read(minio, uri, 1))) == {1, 2, 3, 4}
    newest = read(minio, uri)
    assert set(ids(newest)) == {1, 2, 3, 4, 5}
    assert newest.column("note").to_pylist().count("new") == 1


def test_what_others_write_is_read(project, minio, bucket):
    project.ok("run")
    uri = f"s3://{bucket}/shop/customers"
    table = DeltaTable(uri, storage_options=minio.reader_options())
    table.optimize.compact()
    table.create_checkpoint()
    status = project.ok("status", "--json").json["tables"]
    rows = {table["table"]: table["rows"] for table in status}
    assert rows == {"orders": 3, "customers": 2}
    project.ok("run")
    assert project.warehouse("SELECT count(*) FROM raw.customers") == [(2,)]


def test_plan_status_verify_and_vacuum(project, minio, server, bucket):
    project.ok("run")
    plan = project.ok("plan", "--json").json
    assert {table["table"] for table in plan["tables"]} == {"orders", "customers"}
    status = project.ok("status", "--json").json["tables"]
    assert all(table["lake_version"] == 0 for table in status)
    project.ok("verify", "--json")
    project.ok("verify", "--source")
    server.execute("DELETE FROM customers WHERE name = 'Ana'", "shop")
    project.ok("run", "customers")
    before = [name for name in minio.objects(bucket) if "customers/part" in name]
    assert len(before) == 2
    names = minio.objects(bucket)
    project.ok("vacuum", "customers", "--older-than", "0d", "--dry-run")
    assert minio.objects(bucket) == names
    done = project.ok("vacuum", "customers", "--older-than", "0d", "--json").json
    assert done["tables"][0]["files"] == 1
    after = [name for name in minio.objects(bucket) if "customers/part" in name]
    assert len(after) == 1
    assert set(after) < set(before)
    project.ok("verify")


def test_a_damaged_object_is_found_and_not_loaded(project, minio, bucket):
    project.ok("extract")
    part = next(n for n in minio.objects(bucket) if "customers/part" in n)
    # Written over by somebody, with as many bytes.
    place = S3FileSystem(
        endpoint_override=minio.endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY
    )
    path = f"{bucket}/{part}"
    size = place.get_file_info(path).size
    with place.open_output_stream(path) as out:
        out.write(b"x" * size)
    done = project.run("load", "customers", "--json")
    assert done.code == 1
    error = done.json["tables"][0]["error"]
    assert "is not the one that was committed" in json.dumps(error)
    assert project.run("verify", "customers").code == 1


def test_test_mode_keeps_to_its_own_prefix(project, minio, bucket):
    project.ok("run", "--test-mode")
    names = minio.objects(bucket)
    assert names
    assert all(name.startswith("shop/_test/") for name in names)


def test_the_old_pipelines_variables_are_enough(project, minio, bucket, tmp_path):
    (project.path / "keelboat.yaml").unlink()
    del project.variables["MINIO_ROOT_USER"], project.variables["MINIO_ROOT_PASSWORD"]
    # Without a scheme, and in the other spelling.
    project.variables |= {
        "MINIO_ENDPOINT": f"127.0.0.1:{minio.port}",
        "MINIO_ACCESS_KEY": ACCESS_KEY,
        "MINIO_SECRET_KEY": SECRET_KEY,
    }
    project.ok("run")
    assert any(name.startswith("orders/part-") for name in minio.objects(bucket))


def test_buckets_named_in_the_host(project, tmp_path):
    with minio_server(tmp_path / "minio-named", domain="localhost") as server:
        project.variables |= server.variables(server.new_bucket("by-name"))
        project.replace("  endpoint:", "  addressing: virtual\n  endpoint:")
        code, line = check_line(project)
        assert code == 0, line
        assert f"http://by-name.localhost:{server.port}" in line["detail"]
        project.ok("run")
        assert project.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
        project.ok("verify")


def test_no_text_shows_a_key(project):
    texts = [
        project.ok("run", "-v").text,
        project.ok("check", "lake", "--json").text,
        project.run("check", "lake", MINIO_ROOT_PASSWORD="wrong-s3cret").text,
    ]
    for file in [*(project.path / "logs").rglob("*"), *project.path.glob(".keelboat/*")]:
        if file.is_file():
            texts.append(file.read_text(errors="replace"))
    for text in texts:
        assert SECRET_KEY not in text
        assert ACCESS_KEY not in text
        assert "wrong-s3cret" not in text


def check_line(project, **variables) -> tuple[int, dict]:
    done = project.run("check", "lake", "--json", **variables)
    return done.code, json.loads(done.out)["checks"][0]


def test_the_check_says_what_is_there(project, minio, bucket):
    code, line = check_line(project)
    assert code == 0
    assert line["name"] == f"s3://{bucket}/shop"
    assert (
        f"MinIO at {minio.endpoint}, not encrypted, clocks agree, writable"
        in line["detail"]
    )
    # The probe is gone again.
    assert minio.objects(bucket) == []


@pytest.mark.parametrize(
    ("variable", "value", "code", "words"),
    [
        ("MINIO_ROOT_PASSWORD", "wrong", 3, "check lake.secret_key"),
        ("MINIO_ROOT_USER", "nobody", 3, "check lake.access_key"),
        ("MINIO_BUCKET", "no-such-bucket", 2, "keelboat setup"),
        ("MINIO_ENDPOINT", "http://127.0.0.1", 3, "names no port"),
        ("MINIO_ENDPOINT", "https://127.0.0.1:{port}", 3, "does the server speak https"),
        ("MINIO_ENDPOINT", "ftp://127.0.0.1", 2, "must begin with http"),
    ],
)
def test_the_check_names_the_remedy(project, minio, variable, value, code, words):
    done = project.run("check", "lake", **{variable: value.format(port=minio.port)})
    assert done.code == code, done.text
    assert words in done.text


def test_small_objects_are_put_together(project, minio, server, bucket):
    project.variables |= new_database(
        server,
        "shop",
        "CREATE TABLE visits (id INT PRIMARY KEY, page VARCHAR(20));"
        "INSERT INTO visits SELECT seq, concat('page', seq % 7) FROM seq_1_to_3000;",
    )
    project.write(
        "metadata/table_metadata.json",
        {"visits": {"load_strategy": "full", "partitions": 6}},
    )
    project.ok("extract")
    done = project.ok("optimize", "--json").json["tables"][0]
    assert done["files_before"] > done["files_after"] == 1
    for read in READERS.values():
        table = read(minio, f"s3://{bucket}/shop/visits")
        assert ids(table) == list(range(1, 3001))
    project.ok("vacuum", "--older-than", "0d")
    parts = [name for name in minio.objects(bucket) if "visits/part" in name]
    assert len(parts) == 1
    project.ok("run")
    project.ok("verify")


def test_an_encrypted_endpoint_has_to_prove_itself(project, tmp_path):
    with minio_server(tmp_path / "minio-tls", tls=True) as server:
        project.variables |= server.variables(server.new_bucket("safe"))
        refused = project.run("check", "lake")
        assert refused.code == 3
        assert "could not prove who it is" in refused.text
        project.replace(
            "  endpoint:", f"  tls_ca: {server.certificate}\n  endpoint:", "keelboat.yaml"
        )
        code, line = check_line(project)
        assert code == 0, line
        assert "TLSv1.3" in line["detail"]
        project.ok("run")
        assert project.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
