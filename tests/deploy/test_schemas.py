"""The files keep the published schemas: of compose files and of GitHub workflows."""

import subprocess
import sys

import pytest
from deployment import DEPLOY


def check(schema: str, path) -> subprocess.CompletedProcess:
    # The schemas lie in the package: nothing is fetched.
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
        + [str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


FILES = [
    ("compose-spec", "compose.yaml"),
    ("github-workflows", "github/batch-pipeline.yml"),
]


@pytest.mark.parametrize(("schema", "name"), FILES)
def test_keeps_its_schema(schema, name):
    done = check(schema, DEPLOY / name)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "name", "old", "new"),
    [
        (*FILES[0], "depends_on:", "depend_on:"),
        (*FILES[1], "runs-on:", "run-on:"),
        (*FILES[1], "workflow_dispatch:", "workflow_dispach:"),
    ],
)
def test_the_schemas_notice_mistakes(schema, name, old, new, tmp_path):
    broken = tmp_path / name.rsplit("/", 1)[-1]
    text = (DEPLOY / name).read_text()
    assert old in text
    broken.write_text(text.replace(old, new))
    assert check(schema, broken).returncode == 1
