"""Commits, versions, schema changes and checkpoints, as other readers see them."""

import json
import re

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake


def rows(first: int, count: int, **extra: pa.Array) -> pa.Table:
    ids = list(range(first, first + count))
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "name": [None if i % 7 == 0 else f"name {i}" for i in ids],
            **extra,
        }
    )


def ids(table: pa.Table) -> list[int]:
    return sorted(table.column("id").to_pylist())


def test_the_first_commit_on_disk(lake):
    snapshot = lake.write(
        "orders", rows(0, 10), "--description", "All orders",
        "--configuration", "keelboat.watermark=10",
    )  # fmt: skip
    commit_info, protocol, metadata, add = lake.log("orders", 0)
    assert protocol == {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
    info = commit_info["commitInfo"]
    assert info["operation"] == "WRITE"
    assert info["operationParameters"] == {"mode": "Overwrite"}
    assert info["engineInfo"].startswith("keelboat/")
    assert info["keelboat"] == {
        "runId": "20261121T020000-7f3a",
        "strategy": "full",
        "sourcePosition": "shop.orders",
    }
    assert info["operationMetrics"]["numOutputRows"] == "10"
    assert info["operationMetrics"]["keelboat.watermark"] == "10"
    metadata = metadata["metaData"]
    assert metadata["name"] == "orders"
    assert metadata["description"] == "All orders"
    assert metadata["configuration"] == {
        "keelboat.base_version": "0",
        "keelboat.watermark": "10",
    }
    assert metadata["partitionColumns"] == []
    add = add["add"]
    assert re.fullmatch(
        r"part-00000-20261121T020000-7f3a-0000-[0-9a-f]{8}\.zstd\.parquet", add["path"]
    )
    assert json.loads(add["stats"]) == {
        "numRecords": 10,
        "minValues": {"id": 0, "name": "name 1"},
        "maxValues": {"id": 9, "name": "name 9"},
        "nullCount": {"id": 0, "name": 2},
    }
    assert add["tags"] == {
        "keelboat.checksum": snapshot["files"][0]["checksum"],
        "keelboat.rows_version": "0",
    }
    assert DeltaTable(lake.path("orders")).metadata().description == "All orders"


def test_the_checksum_is_that_of_the_bytes(lake):
    import hashlib

    (file,) = lake.write("orders", rows(0, 10))["files"]
    with open(file["uri"], "rb") as stream:
        assert file["checksum"] == "sha256:" + hashlib.sha256(stream.read()).hexdigest()


def test_a_replaced_table_has_only_the_new_rows(lake, read):
    lake.write("orders", rows(0, 100))
    lake.write("orders", rows(100, 50))
    assert ids(read(lake, "orders")) == list(range(100, 150))
    assert ids(read(lake, "orders", 0)) == list(range(100))
    assert lake.snapshot("orders")["version"] == 1


def test_appended_rows_join_the_others(lake, read):
    lake.write("orders", rows(0, 100))
    lake.write("orders", rows(100, 50), "--append")
    assert ids(read(lake, "orders")) == list(range(150))
    assert ids(read(lake, "orders", 0)) == list(range(100))


def test_an_advance_replaces_the_open_tail(lake, read):
    cursor = ["--configuration", "keelboat.cursor=id", "--configuration"]
    lake.write(
        "orders", rows(0, 10), "--tail", lake.stage(rows(10, 5)),
        *cursor, "keelboat.open_from=10",
    )  # fmt: skip
    first = lake.snapshot("orders")
    (closed,) = [file for file in first["files"] if not file["open_tail"]]
    for version in range(1, 13):
        start = 10 + version
        lake.write(
            "orders", rows(start - 1, 1), "--advance", "--tail", lake.stage(rows(start, 4)),
            *cursor, f"keelboat.open_from={start}",
        )  # fmt: skip
        assert ids(read(lake, "orders")) == list(range(start + 4))
    # A closed file without its first row; its rows are still those of version 0.
    lake.write(
        "orders", rows(1, 9), "--advance", "--removed", closed["path"],
        "--rows-version", 0, "--tail", lake.stage(rows(22, 4)),
    )  # fmt: skip
    assert ids(read(lake, "orders")) == list(range(1, 26))
    assert ids(read(lake, "orders", 0)) == list(range(15))
    files = lake.snapshot("orders")["files"]
    assert sorted((f["rows_version"], f["rows"], f["open_tail"]) for f in files) == [
        (0, 9, False),
        *((version, 1, False) for version in range(1, 13)),
        (13, 4, True),
    ]
    history = DeltaTable(lake.path("orders")).history()
    assert {entry["operation"] for entry in history} == {"WRITE"}
    assert history[1]["operationParameters"]["predicate"] == "`id` >= '21'"
    assert history[-1]["operationParameters"] == {"mode": "Overwrite"}


def test_a_compaction_by_others_keeps_the_versions_of_rows_or_says_so(lake):
    path = lake.path("orders")
    half = ["--target-bytes", 1]
    lake.write("orders", rows(0, 200_000), *half, "--tail", lake.stage(rows(200_000, 5)))
    assert len(lake.snapshot("orders")["files"]) == 3
    DeltaTable(path).optimize.compact()
    DeltaTable(path).create_checkpoint()
    (file,) = lake.snapshot("orders")["files"]
    assert file["rows_version"] == -2
    with pytest.raises(lake.Error, match="--full-refresh"):
        lake.write("orders", rows(0, 1), "--advance")
    lake.write("orders", rows(0, 200_000), *half)
    lake.write("orders", rows(0, 1), "--append")
    lake.write("orders", rows(0, 200_000), *half)
    DeltaTable(path).optimize.compact()
    DeltaTable(path).create_checkpoint()
    assert [file["rows_version"] for file in lake.snapshot("orders")["files"]] == [4]
    lake.write("orders", rows(200_000, 1), "--advance")
    assert lake.snapshot("orders")["rows"] == 200_001


def test_an_empty_table_is_a_table(lake):
    snapshot = lake.write("orders", rows(0, 0))
    assert (snapshot["version"], snapshot["rows"], snapshot["files"]) == (0, 0, [])
    table = DeltaTable(lake.path("orders"))
    assert table.to_pyarrow_table().num_rows == 0
    assert [field.name for field in table.schema().fields] == ["id", "name"]
    lake.write("orders", rows(0, 3))
    lake.write("orders", rows(0, 0))
    assert DeltaTable(lake.path("orders")).to_pyarrow_table().num_rows == 0


def test_a_column_that_is_added_is_null_in_older_rows(lake, read):
    lake.write("orders", rows(0, 2))
    extra = pa.array([5, 6], pa.uint64())
    lake.write("orders", rows(2, 2, amount=extra), "--append")
    got = read(lake, "orders").sort_by("id").to_pydict()
    assert got["id"] == [0, 1, 2, 3]
    assert got["amount"] == [None, None, 5, 6]


def test_a_column_that_goes_stays_as_null_when_rows_are_added(lake, read):
    lake.write("orders", rows(0, 2))
    lake.write("orders", rows(2, 1).drop_columns("name"), "--append")
    got = read(lake, "orders").sort_by("id").to_pydict()
    assert got == {"id": [0, 1, 2], "name": [None, "name 1", None]}


def test_a_changed_type_needs_a_full_load(lake, read):
    lake.write("orders", rows(0, 2))
    text = pa.table({"id": ["a"], "name": ["b"]})
    with pytest.raises(lake.Error, match="column 'id'.*load the table in full") as error:
        lake.write("orders", text, "--append")
    assert error.value.kind == "unsupported"
    assert len(list(lake.path("orders").glob("*.parquet"))) == 1
    lake.write("orders", text)
    assert read(lake, "orders").to_pydict() == {"id": ["a"], "name": ["b"]}
    if read.__name__ != "read_duckdb":
        assert ids(read(lake, "orders", 0)) == [0, 1]


def test_a_timestamp_without_zone_raises_the_protocol_once(lake, read):
    lake.write("orders", rows(0, 2))
    at = pa.array([0, 1], pa.timestamp("us"))
    lake.write("orders", rows(2, 2, at=at), "--append")
    lake.write("orders", rows(4, 2, at=at), "--append")
    protocols = [
        [
            action["protocol"]
            for action in lake.log("orders", version)
            if "protocol" in action
        ]
        for version in range(3)
    ]
    assert protocols == [
        [{"minReaderVersion": 1, "minWriterVersion": 2}],
        [
            {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["timestampNtz"],
                "writerFeatures": ["appendOnly", "invariants", "timestampNtz"],
            }
        ],
        [],
    ]
    assert ids(read(lake, "orders")) == list(range(6))


def test_files_roll_at_their_target_size_by_whole_row_groups(lake, read):
    import random

    random.seed(1)
    count = 300_000
    data = pa.table(
        {
            "id": pa.array(range(count), pa.int64()),
            "noise": pa.array([random.getrandbits(62) for _ in range(count)], pa.int64()),
        }
    )
    snapshot = lake.write("orders", data, "--target-bytes", 1_000_000, batch_rows=65_536)
    assert [file["rows"] for file in snapshot["files"]] == [122_880, 122_880, 54_240]
    got = read(lake, "orders").sort_by("id")
    assert got.column("noise").to_pylist() == data.column("noise").to_pylist()
    lake.write("orders", data, batch_rows=1000)
    (file,) = lake.snapshot("orders")["files"]
    metadata = pq.read_metadata(file["uri"])
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert groups == [122_880, 122_880, 54_240]


@pytest.mark.parametrize(
    "name",
    [
        "order items",
        "pedidos_são",
        "a%20b",
        "100% [x]*?{y}",
        ".hidden",
        "a=b",
        "日本語",
        "it's",
        "A:B\\C",
        "_x41_",
        "_x",
    ],
)
def test_any_name_can_be_a_table(name, lake, read):
    lake.write(name, rows(0, 5))
    (folder,) = lake.folder.iterdir()
    lake.path = lambda _: folder
    assert ids(read(lake, name)) == list(range(5))
    assert lake.snapshot(name)["rows"] == 5
    assert lake.tables() == [name]


@pytest.mark.parametrize(
    "column", ["with space", "a.b", "ação", "semi;colon", 'quo"te', "%41"]
)
def test_any_name_can_be_a_column(column, lake, read):
    lake.write("orders", pa.table({column: [1, 2, None]}))
    assert read(lake, "orders").to_pydict() == {column: [1, 2, None]}


def test_column_names_that_differ_only_in_case_are_refused(lake):
    with pytest.raises(lake.Error, match="'Id' and 'id'"):
        lake.write("orders", pa.table({"Id": [1], "id": [2]}))


def test_a_checkpoint_every_ten_commits_stands_for_the_log(lake, read):
    for version in range(12):
        lake.write("orders", rows(version * 10, 10), "--append")
    log = lake.path("orders") / "_delta_log"
    assert [path.name for path in log.glob("*checkpoint*")] == [
        "00000000000000000010.checkpoint.parquet"
    ] or sorted(path.name for path in log.glob("*checkpoint*")) == [
        "00000000000000000010.checkpoint.parquet",
        "_last_checkpoint",
    ]
    assert json.loads((log / "_last_checkpoint").read_text()) == {
        "version": 10,
        "size": 13,
    }
    assert ids(read(lake, "orders")) == list(range(120))
    for version in range(10):
        (log / f"{version:020}.json").unlink()
    assert ids(read(lake, "orders")) == list(range(120))
    snapshot = lake.snapshot("orders", 10)
    assert snapshot["rows"] == 110
    assert snapshot["commit_info"]["keelboat"]["strategy"] == "full"
    assert all(file["checksum"] and file["stats"] for file in snapshot["files"])
    with pytest.raises(lake.Error, match="versions 10 to 11, not 9") as error:
        lake.snapshot("orders", 9)
    assert error.value.kind == "not_found"
    (log / f"{10:020}.json").unlink()
    assert lake.snapshot("orders", 10)["rows"] == 110
    lake.write("orders", rows(120, 1), "--append")
    assert ids(read(lake, "orders")) == list(range(121))


def test_replaced_files_stay_in_the_checkpoint_as_tombstones(lake):
    for version in range(11):
        lake.write("orders", rows(version, 1))
    log = lake.path("orders") / "_delta_log"
    checkpoint = pq.read_table(log / "00000000000000000010.checkpoint.parquet")
    removed = [row for row in checkpoint.column("remove").to_pylist() if row]
    added = [row for row in checkpoint.column("add").to_pylist() if row]
    assert len(removed) == 10
    assert len(added) == 1
    assert not any(row["dataChange"] for row in removed + added)
    # Another engine's vacuum spares them for as long as it keeps versions.
    assert DeltaTable(lake.path("orders")).vacuum(dry_run=True) == []


def test_a_table_that_others_wrote_to_is_read_and_written(lake, read):
    lake.write("orders", rows(0, 10))
    path = lake.path("orders")
    write_deltalake(path, rows(10, 10), mode="append")
    DeltaTable(path).delete("id = 3")
    DeltaTable(path).optimize.compact()
    DeltaTable(path).create_checkpoint()
    snapshot = lake.snapshot("orders")
    assert snapshot["rows"] == 19
    lake.write("orders", rows(20, 5), "--append")
    expected = [0, 1, 2, *range(4, 25)]
    assert ids(read(lake, "orders")) == expected
    for version in range(25, 32):
        lake.write("orders", rows(version, 1), "--append")
    assert ids(read(lake, "orders")) == [*expected, *range(25, 32)]
    assert len(DeltaTable(path).history()) > 10


def test_polars_wrote_the_table(lake, read):
    polars.from_arrow(rows(0, 4)).write_delta(str(lake.path("orders")))
    lake.write("orders", rows(4, 4), "--append")
    assert ids(read(lake, "orders")) == list(range(8))


def test_partitions_of_others_are_refused_by_name(lake):
    write_deltalake(lake.path("orders"), rows(0, 4), partition_by=["name"])
    with pytest.raises(lake.Error, match=r"partition columns \(name\)") as error:
        lake.snapshot("orders")
    assert error.value.kind == "unsupported"


@pytest.mark.parametrize(
    ("configuration", "reads", "feature"),
    [
        ({"delta.enableChangeDataFeed": "true"}, True, "changeDataFeed"),
        ({"delta.columnMapping.mode": "name"}, False, "columnMapping"),
        ({"delta.enableDeletionVectors": "true"}, False, "deletionVectors"),
    ],
)
def test_features_of_others_are_refused_by_name(configuration, reads, feature, lake):
    write_deltalake(lake.path("orders"), rows(0, 4))
    lake.log("orders", 0)
    features = {
        "changeDataFeed": {"minReaderVersion": 1, "minWriterVersion": 4},
        "columnMapping": {"minReaderVersion": 2, "minWriterVersion": 5},
        "deletionVectors": {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["deletionVectors"],
            "writerFeatures": ["deletionVectors"],
        },
    }
    path = lake.path("orders") / "_delta_log" / f"{0:020}.json"
    actions = lake.log("orders", 0)
    for action in actions:
        if "protocol" in action:
            action["protocol"] = features[feature]
        if "metaData" in action:
            action["metaData"]["configuration"] = configuration
    path.write_text("\n".join(map(json.dumps, actions)))
    with pytest.raises(lake.Error, match=feature) as error:
        lake.write("orders", rows(4, 1))
    assert error.value.kind == "unsupported"
    if reads:
        assert lake.snapshot("orders")["rows"] == 4
    else:
        with pytest.raises(lake.Error, match=feature):
            lake.snapshot("orders")


def test_a_version_that_duckdb_loads_is_the_version_that_was_committed(lake):
    """DuckDB reads what a snapshot lists, whatever else lies in the folder."""
    first = lake.write("orders", rows(0, 3))
    lake.write("orders", rows(10, 3))
    uris = [file["uri"] for file in first["files"]]
    got = duckdb.sql(f"SELECT sum(id) FROM read_parquet({uris})").fetchone()
    assert got == (3,)
