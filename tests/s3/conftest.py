"""Fixtures: a server and a MinIO for the module, a project over both for the test."""

import itertools

import pytest
from minio import Minio, minio_server
from project_folder import ProjectFolder
from small_shop import project as local_project  # noqa: F401 - fixture
from small_shop import server  # noqa: F401 - fixture

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def minio(tmp_path_factory):
    with minio_server(tmp_path_factory.mktemp("minio")) as running:
        yield running


@pytest.fixture
def bucket(minio: Minio) -> str:
    return minio.new_bucket(f"lake-{next(_NUMBERS)}")


@pytest.fixture
def project(local_project, minio, bucket) -> ProjectFolder:  # noqa: F811
    """The small shop with its lake in a bucket."""
    local_project.replace(
        "lake: {url: ./lake}",
        "lake:\n"
        "  url: s3://${MINIO_BUCKET}/shop\n"
        "  endpoint: ${MINIO_ENDPOINT}\n"
        "  access_key: ${MINIO_ROOT_USER}\n"
        "  secret_key: ${MINIO_ROOT_PASSWORD}\n",
    )
    local_project.variables |= minio.variables(bucket)
    return local_project
