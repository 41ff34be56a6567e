"""The world of seals that all tests of this folder share."""

import pytest

from tests.seals import World


@pytest.fixture
def world() -> World:
    """A fresh one, so that a test may revoke what it likes."""
    return World()
