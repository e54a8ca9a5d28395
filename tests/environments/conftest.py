"""Fixtures: a shop, a MinIO and a Snowflake service, and one project with three
environments over them."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent))

from minio import minio_server  # noqa: E402
from private_server import private_server  # noqa: E402
from small_shop import project as local_project  # noqa: E402, F401 - fixture
from snowflake_service import Snowflake, snowflake  # noqa: E402
from three_places import ENVIRONMENTS, Places  # noqa: E402

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with private_server(tmp_path_factory.mktemp("mariadb")) as running:
        yield running


@pytest.fixture(scope="session")
def minio(tmp_path_factory):
    with minio_server(tmp_path_factory.mktemp("minio")) as running:
        yield running


@pytest.fixture(scope="session")
def running_account():
    with snowflake() as service:
        yield service


@pytest.fixture
def account(running_account) -> Snowflake:
    running_account.reset()
    return running_account


@pytest.fixture
def project(local_project, minio, account):  # noqa: F811
    """The small shop with dev, staging and prod; their bucket is not there yet."""
    number = next(_NUMBERS)
    file = local_project.path / "keelboat.yaml"
    file.write_text(file.read_text() + ENVIRONMENTS)
    local_project.variables |= minio.variables(f"lake-{number}")
    local_project.variables |= account.environment
    local_project.variables["SNOWFLAKE_DATABASE"] = f"OLIST{number}"
    return local_project


@pytest.fixture
def places(project, minio, account) -> Places:
    return Places(project, minio, account)
