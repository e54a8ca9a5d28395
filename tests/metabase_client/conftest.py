"""One stand-in for all tests of a worker, and a project whose source it is."""

import sys
from pathlib import Path

import pytest
from metabase import metabase

sys.path.insert(0, str(Path(__file__).parent))

from bi_project import project_of  # noqa: E402


@pytest.fixture(scope="session")
def standin():
    with metabase(profile="v63", orders=3000) as server:
        yield server


@pytest.fixture(params=["v48", "v55", "v63"])
def server(request, standin):
    """As it was started, in each generation of servers."""
    standin.reset()
    standin.set(profile=request.param)
    yield standin
    standin.reset()


@pytest.fixture
def newest(standin):
    standin.reset()
    yield standin
    standin.reset()


@pytest.fixture
def project(server, tmp_path):
    return project_of(server, tmp_path)


@pytest.fixture
def newest_project(newest, tmp_path):
    return project_of(newest, tmp_path)
