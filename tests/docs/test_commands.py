"""What the pages tell people to type works, as written, against a live server."""

import os
import re
import shlex
import subprocess
from urllib.parse import quote

import pytest
from pages import ROOT, read, runnable_blocks
from private_server import PASSWORD

EXAMPLE_URL = "mysql://reader:secret@db.example.com:3306/shop"
BINARY = ROOT / "build" / "release" / "keelboat"


@pytest.mark.parametrize(
    ("page", "blocks"), [("README.md", 2), ("docs/getting-started.md", 5)]
)
def test_tested_blocks_run(page, blocks, shop, tmp_path):
    found = runnable_blocks(read(page))
    assert len(found) == blocks
    url = (
        f"mysql://{shop['MYSQL_USER']}:{quote(PASSWORD, safe='')}@127.0.0.1:"
        f"{shop['MYSQL_PORT']}/{shop['MYSQL_DATABASE']}"
    )
    script = "\n".join(found)
    assert script.count(EXAMPLE_URL) == 1
    editor = tmp_path / "editor"
    line = tmp_path / "password-line"
    escaped = PASSWORD.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    line.write_text(f'MYSQL_PASSWORD="{escaped}"\n', encoding="utf-8")
    editor.write_text(
        f'#!/bin/sh\nsed -i /^MYSQL_PASSWORD=/d "$1" && cat {shlex.quote(str(line))} >>"$1"\n'
    )
    editor.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(EXAMPLE_URL, url)],
        cwd=tmp_path,
        env={
            "PATH": f"{BINARY.parent}:{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "EDITOR": str(editor),
            "LANG": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b3\b", done.stdout), done.stdout
    assert (tmp_path / "shop" / "lake" / "orders" / "_delta_log").is_dir()


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for page in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/README.md",
        "docs/getting-started.md",
    ):
        text = read(page)
        typed = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
        assert typed or page.startswith("docs/"), page
        assert set(typed) <= targets, page


def test_command_table_is_complete():
    """Each command of the program has its place in the README."""
    listed = subprocess.run(
        [BINARY, "--help"], check=True, capture_output=True, text=True
    ).stdout
    names = re.findall(
        r"^  ([a-z]\S*)",
        listed.split("\nSubcommands:\n")[1].split("\n\n")[0],
        re.MULTILINE,
    )
    table = read("README.md").split("## Commands")[1].split("\n## ")[0]
    shown = set(re.findall(r"`(?:keelboat )?([a-z]+)[^`]*`", table))
    assert names
    assert set(names) <= shown
