"""Pairs of nodes joined in memory, one per suite; keys are made once."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.pair import Keys, Pair, make_pair
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA, Suite

#: Suite, and the kinds of its signing and its encryption keys.
SUITES: dict[str, tuple[Suite, str, str]] = {
    "edelivery-1.15": (EDELIVERY_1_15, "rsa2048", "rsa2048"),
    "edelivery-2.0-eddsa": (EDELIVERY_2_EDDSA, "ed25519", "x25519"),
    "edelivery-2.0-ecdsa": (EDELIVERY_2_ECDSA, "p256", "p256"),
    "bdew-1.1": (BDEW_1_1, "brainpool", "brainpool"),
}


def _load_pki() -> Any:
    path = Path(__file__).parents[1] / "pki.py"
    spec = importlib.util.spec_from_file_location("exchange_pki", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["exchange_pki"] = module
    spec.loader.exec_module(module)
    return module.make_pki()


@pytest.fixture(scope="session")
def keys_of() -> Callable[[str, str], Keys]:
    """`keys_of("a", "edelivery-1.15")`; parties are a, b and stranger."""
    pki = _load_pki()

    def make(party: str, suite: str) -> Keys:
        _, sign, decrypt = SUITES[suite]
        return Keys(pki.key(party, sign, "sign"), pki.key(party, decrypt, "enc"))

    return make


@pytest.fixture
def pair_of(keys_of: Callable[[str, str], Keys]) -> Callable[..., Pair]:
    """`pair_of("edelivery-1.15", encrypt=False)`."""

    def make(suite: str = "edelivery-1.15", **shape: bool) -> Pair:
        return make_pair(keys_of("a", suite), keys_of("b", suite), SUITES[suite][0], **shape)

    return make
