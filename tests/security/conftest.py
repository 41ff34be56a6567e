"""The test PKI for the security package, made once."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def pki() -> Any:
    """`pki.key("a", "rsa2048")` and its like; see tests/pki.py."""
    path = Path(__file__).parents[1] / "pki.py"
    spec = importlib.util.spec_from_file_location("n2n_tests_pki", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_pki()
