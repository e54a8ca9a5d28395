"""Fixtures of the example project: its generated tables and its private server."""

import os
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "olist"
sys.path[:0] = [str(EXAMPLE), str(Path(__file__).parent)]
# The example's scripts run in the same environment as the tests.
os.environ["KEELBOAT_PYTHON"] = sys.executable

SMALL = 0.01


@pytest.fixture(scope="session")
def example() -> Path:
    return EXAMPLE


@pytest.fixture(scope="session")
def small_shop():
    """All nine tables at a hundredth of the size."""
    from generate import generate

    return generate(seed=1, scale=SMALL)


@pytest.fixture(scope="module")
def shop_server(tmp_path_factory):
    """A server with the small shop, on a copy that tests may change."""
    from database import open_shop

    with open_shop(seed=1, scale=SMALL, private=True) as server:
        yield server
