"""Fixtures of the tests of incremental loads: a server for the module, projects on demand."""

import pytest
from project_folder import ProjectFolder
from shop_project import shop_project
from small_shop import server  # noqa: F401 - a fixture


@pytest.fixture
def new_project(server, tmp_path):  # noqa: F811
    """Makes a project over a fresh database filled by some SQL."""

    def make(sql: str, metadata: dict) -> ProjectFolder:
        return shop_project(server, tmp_path / "shop", sql, metadata)

    return make
