"""The worked example of docs/formats/lake.md is what is written."""

import json
import re
from pathlib import Path

import pyarrow as pa

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "lake.md"
# What differs from one time to the next.
VARIES = re.compile(
    r'"(timestamp|createdTime|modificationTime|deletionTimestamp)": ?\d{13}'
    r'|"txnId": ?"[0-9a-f]{32}"|-[0-9a-f]{8}\.zstd|"sha256:[0-9a-f]{64}"'
    r'|"id": ?"[0-9a-f-]{36}"|"size": ?\d+|"numOutputBytes": ?"\d+"|"engineInfo": ?"[^"]*"'
)


def steady(text: str) -> list[dict]:
    return [json.loads(VARIES.sub(blank, line)) for line in text.strip().splitlines()]


def blank(match: re.Match) -> str:
    name = match.group(0).split(":")[0]
    return (
        "-.zstd" if name.startswith("-") else f"{name}:0" if name[1:4] != "sha" else '""'
    )


def test_the_example_is_what_is_written(lake):
    examples = re.findall(r"```json\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    schema = pa.schema(
        [
            pa.field(
                "id",
                pa.uint64(),
                nullable=False,
                metadata={
                    "keelboat.source_type": "bigint(20) unsigned",
                    "keelboat.comment": "Order number",
                },
            ),
            pa.field("name", pa.string()),
        ]
    )
    for ids, names in (([1, 2], ["a", None]), ([3], ["c"])):
        data = pa.table([pa.array(ids, pa.uint64()), pa.array(names)], schema)
        lake.write(
            "orders",
            data,
            "--description",
            "All orders",
            "--configuration",
            "keelboat.source=shop",
        )
    for version, example in enumerate(examples):
        log = lake.path("orders") / "_delta_log" / f"{version:020}.json"
        assert steady(log.read_text()) == steady(example)
    assert len(examples) == 2
