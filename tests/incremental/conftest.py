"""Fixtures of the tests of incremental loads: a server for the module, projects on demand."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))
sys.path.append(str(Path(__file__).resolve().parent))

from private_server import new_database, private_server  # noqa: E402
from project_folder import ProjectFolder  # noqa: E402
from small_shop import YAML  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture
def new_project(server, tmp_path):
    """Makes a project over a fresh database filled by some SQL."""

    def make(sql: str, metadata: dict) -> ProjectFolder:
        project = ProjectFolder(tmp_path / "shop")
        project.path.mkdir(parents=True)
        project.variables = new_database(server, "shop", sql)
        project.write("keelboat.yaml", YAML)
        project.write("metadata/table_metadata.json", metadata)
        (project.path / "schema").mkdir()
        return project

    return make
