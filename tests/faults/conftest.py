"""Fixtures of the fault tests: a server, a project with a table that takes a while to move."""

import pytest
from project_folder import ProjectFolder
from shop_project import shop_project
from slow_dbt import write_dbt_project
from small_shop import server  # noqa: F401 - a fixture
from visits_shop import METADATA, SHOP


@pytest.fixture
def project(server, tmp_path) -> ProjectFolder:  # noqa: F811
    """A project over two tables, without dbt."""
    return shop_project(server, tmp_path / "shop", SHOP, METADATA)


@pytest.fixture
def dbt_project(project) -> ProjectFolder:
    """The same with a dbt project, some of which takes its time."""
    write_dbt_project(project)
    return project
