"""Fixtures of the end-to-end tests: a server for the module, a project for the test."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from private_server import private_server  # noqa: E402
from project_folder import ProjectFolder  # noqa: E402
from small_shop import small_shop  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture
def project(server, tmp_path) -> ProjectFolder:
    """A small project over two tables, without dbt."""
    return small_shop(server, tmp_path / "shop")
