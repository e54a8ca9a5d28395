"""Fixtures of the fault tests: a server, a project with a table that takes a while to move."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))
sys.path.append(str(Path(__file__).resolve().parent))

from private_server import new_database, private_server  # noqa: E402
from project_folder import ProjectFolder  # noqa: E402
from slow_dbt import write_dbt_project  # noqa: E402
from visits_shop import METADATA, SHOP, YAML  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture
def project(server, tmp_path) -> ProjectFolder:
    """A project over two tables, without dbt."""
    folder = ProjectFolder(tmp_path / "shop")
    folder.path.mkdir()
    folder.variables = new_database(server, "shop", SHOP)
    folder.write("keelboat.yaml", YAML)
    folder.write("metadata/table_metadata.json", METADATA)
    return folder


@pytest.fixture
def dbt_project(project) -> ProjectFolder:
    """The same with a dbt project, one of whose models takes its time."""
    write_dbt_project(project)
    return project
