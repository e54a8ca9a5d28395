"""One stand-in for all tests of a worker; each test finds it as it was started."""

import sys
from pathlib import Path

import pytest
from metabase import metabase

sys.path.insert(0, str(Path(__file__).parent))

from plain_client import PlainClient  # noqa: E402


@pytest.fixture(scope="session")
def standin():
    with metabase(profile="v63", orders=3000) as server:
        yield server


@pytest.fixture
def server(standin):
    yield standin
    standin.reset()


@pytest.fixture
def client(server):
    """Comes with the API key."""
    return PlainClient(server)


@pytest.fixture(params=["v48", "v55", "v63"])
def any_client(request, server):
    """The same for each generation of servers."""
    server.set(profile=request.param)
    return PlainClient(server)
