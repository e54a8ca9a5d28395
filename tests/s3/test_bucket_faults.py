"""What goes wrong with a bucket under a run, and that nothing is lost or doubled."""

import json
import os
import shutil
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from deltalake import DeltaTable
from faulty_proxy import Bandwidth, Call, FaultyProxy
from minio import minio_server
from private_server import new_database
from project_folder import ProjectFolder
from readers import read_deltalake
from small_disk import SmallDisk

ROWS = 400_000
# Of the 40 MB that the server sends: a part of the object is in the bucket by then.
MIDDLE = 32_000_000


@pytest.fixture
def large(project, server):
    """A table of some tens of megabytes: several parts an object."""
    project.variables |= new_database(
        server,
        "shop",
        "CREATE TABLE numbers (id INT PRIMARY KEY, a CHAR(40), b CHAR(40), c DOUBLE);"
        "INSERT INTO numbers SELECT seq, sha1(seq), sha1(-seq), rand(seq) "
        f"FROM seq_1_to_{ROWS};",
    )
    project.write(
        "metadata/table_metadata.json",
        {"numbers": {"load_strategy": "full", "partitions": 1}},
    )
    return project


@contextmanager
def uploading(large, server, minio):
    """`extract`, with a part in the bucket and rows to come for more than a minute."""
    with FaultyProxy(server.port) as line:
        line.plan(Bandwidth(after=MIDDLE, bytes_per_second=100_000))
        process = large.start("extract", MYSQL_PORT=str(line.port))
        wait_for(lambda: line.spent and minio.unfinished() > 0, process)
        yield process


def wait_for(condition, process, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def test_killed_in_the_middle_of_an_upload(large, server, minio, bucket):
    with uploading(large, server, minio) as process:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    # No object can be seen but the notes of the uploads.
    assert all(".keelboat-upload-" in name for name in minio.objects(bucket))
    large.ok("run")
    assert large.warehouse("SELECT count(*), sum(id) FROM raw.numbers") == [
        (ROWS, ROWS * (ROWS + 1) // 2)
    ]
    assert minio.unfinished() > 0
    large.ok("vacuum", "--older-than", "0d")
    assert minio.unfinished() == 0
    assert not [n for n in minio.objects(bucket) if ".keelboat-upload-" in n]
    assert read_deltalake(minio, f"s3://{bucket}/shop/numbers").num_rows == ROWS
    large.ok("verify")


def test_interrupted_in_the_middle_of_an_upload(large, server, minio, bucket):
    with uploading(large, server, minio) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
    assert minio.unfinished() == 0
    assert minio.objects(bucket) == []


def test_the_server_goes_away_and_comes_back(large, server, minio, bucket):
    gone = threading.Event()
    with FaultyProxy(server.port) as line, FaultyProxy(minio.port) as way:
        line.plan(Call(after=MIDDLE, action=lambda: gone.wait(120)))
        process = large.start(
            "run",
            "--json",
            MYSQL_PORT=str(line.port),
            MINIO_ENDPOINT=f"http://127.0.0.1:{way.port}",
        )
        wait_for(lambda: line.spent and minio.unfinished() > 0, process)
        minio.stop()
        try:
            gone.set()
            wait_for(lambda: way.refused, process)
        finally:
            # However long it takes to start.
            with way.holding():
                minio.start()
        out, err = process.communicate(timeout=180)
    assert process.returncode == 0, err
    assert large.warehouse("SELECT count(*), sum(id) FROM raw.numbers") == [
        (ROWS, ROWS * (ROWS + 1) // 2)
    ]
    large.ok("verify")


def test_the_server_stays_away(large, minio):
    minio.stop()
    try:
        done = large.run("run")
    finally:
        minio.start()
    assert done.code == 3
    assert "no connection to 127.0.0.1" in done.text


def test_the_servers_disk_is_full(large, tmp_path):
    home = tmp_path / "minio-small"
    with SmallDisk(home / "data", 512 << 20) as disk:
        with minio_server(home, prefix=disk.prefix) as server:
            large.variables |= server.variables(server.new_bucket("small"))
            disk.fill(leave=8 << 20)
            done = large.run("run")
            assert done.code == 1, done.text
            assert "the store is full" in " ".join(done.text.split())
            disk.free()
            # MinIO looks at its disk's room now and then only.
            end = time.monotonic() + 180
            while large.run("run").code != 0:
                assert time.monotonic() < end
                time.sleep(1)
            large.ok("verify")


def test_two_projects_at_once_against_one_table(large, minio, bucket):
    other = ProjectFolder(large.path.parent / "other", dict(large.variables))
    shutil.copytree(large.path, other.path)
    uri = f"s3://{bucket}/shop/numbers"
    landed = 0
    for _ in range(3):
        runs = [one.start("extract", "--json") for one in (large, other)]
        for run in runs:
            out, err = run.communicate(timeout=180)
            if run.returncode == 0:
                landed += 1
            else:
                assert run.returncode == 1, err
                error = json.dumps(json.loads(out)["tables"][0]["error"])
                assert "run again" in error
        assert read_deltalake(minio, uri).num_rows == ROWS
    # Each that said so landed once, without a gap.
    assert landed >= 3
    versions = [
        int(name.rpartition("/")[2].removesuffix(".json"))
        for name in minio.objects(bucket)
        if "/_delta_log/" in name and name.endswith(".json")
    ]
    assert versions == list(range(landed))
    large.ok("vacuum", "--older-than", "0d")
    assert len([n for n in minio.objects(bucket) if "numbers/part" in n]) == len(
        DeltaTable(uri, storage_options=minio.reader_options()).file_uris()
    )
    for one in (large, other):
        one.ok("run")
        one.ok("verify")


def test_copies_of_a_killed_run_go_with_the_next(large, minio):
    copies = large.path / ".keelboat" / "copies"
    large.ok("extract")
    killed = threading.Event()
    with FaultyProxy(minio.port) as way:
        way.plan(Call(after=4_000_000, action=lambda: killed.wait(120)))
        process = large.start("load", MINIO_ENDPOINT=f"http://127.0.0.1:{way.port}")
        wait_for(lambda: way.spent and list(copies.glob("*/*")), process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed.set()
    assert list(copies.glob("*/*"))
    large.ok("run")
    assert not copies.exists()


def test_an_object_that_is_gone_is_named(large, minio, bucket):
    large.ok("extract")
    part = next(n for n in minio.objects(bucket) if "numbers/part" in n)
    folder = minio.home / "data" / bucket / part
    for file in sorted(folder.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    folder.rmdir()
    done = large.run("load", "--json")
    assert done.code == 1
    error = json.dumps(done.json["tables"][0]["error"])
    assert os.path.basename(part) in error
    assert "put it back, or extract the table anew" in error
    assert not list((large.path / ".keelboat").glob("copies/*"))
