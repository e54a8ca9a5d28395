"""What goes wrong with a bucket under a run, and that nothing is lost or doubled."""

import json
import os
import signal
import threading
import time

import pytest
from private_server import new_database
from readers import read_deltalake

ROWS = 400_000


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
    project.write("metadata/table_metadata.json", {"numbers": {"load_strategy": "full"}})
    return project


def wait_for(condition, process, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def test_killed_in_the_middle_of_an_upload(large, minio, bucket):
    process = large.start("extract")
    wait_for(lambda: minio.unfinished() > 0, process)
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


def test_interrupted_in_the_middle_of_an_upload(large, minio, bucket):
    process = large.start("extract")
    wait_for(lambda: minio.unfinished() > 0, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.communicate()
    assert minio.unfinished() == 0
    assert minio.objects(bucket) == []


def test_the_server_goes_away_and_comes_back(large, minio, bucket):
    process = large.start("run", "--json")
    wait_for(lambda: minio.unfinished() > 0, process)
    minio.stop()
    again = threading.Timer(0.2, minio.start)
    again.start()
    out, err = process.communicate(timeout=180)
    again.join()
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
