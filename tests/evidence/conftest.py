"""Keys and certificates, made once."""

from typing import Any

import pytest

from tests.pki import make_pki


@pytest.fixture(scope="session")
def pki() -> Any:
    """`pki.key("a", "rsa2048")` and its like; see tests/pki.py."""
    return make_pki()
