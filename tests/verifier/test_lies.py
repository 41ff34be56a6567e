"""No lie of an exporter who holds the whole node is proven by either verifier: each is refused, or said to be unproven."""

from functools import cache

import pytest

from node.evidence.finding import Check
from node.evidence.verify import verify
from tests.bundles import BundleWorld
from tests.lying import Lie, lies
from verifier import n2n_verify as second

LIES = list(lies())


@cache
def world() -> BundleWorld:
    return BundleWorld()


@cache
def made(lie: Lie) -> bytes:
    return lie.make(world())


@pytest.mark.parametrize("lie", LIES, ids=[one.name for one in LIES])
def test_the_first_verifier_proves_no_lie(lie: Lie) -> None:
    verdict = verify(made(lie), lie.at)
    failed = [one.value for one in verdict.failed]
    if lie.checks:
        assert set(lie.checks) & set(failed), lie.why
        # The liar seals what he states: that a seal holds says who sealed it, and no more.
        assert Check.SEAL not in verdict.failed or lie.checks == ("seal",)
        return
    assert failed == []
    (finding, *_) = [one for one in verdict.of(Check(lie.remark)) if one.word == lie.words[0]]
    assert finding.says("en")
    assert finding.says("zh-Hant")


@pytest.mark.parametrize("lie", LIES, ids=[one.name for one in LIES])
def test_the_second_verifier_proves_no_lie(lie: Lie) -> None:
    report = second.verify_bundle(made(lie), lie.at)
    failed = {check for check, _, _ in report.failures}
    if lie.checks:
        assert set(lie.checks) & failed, lie.why
        assert "seal" not in failed or lie.checks == ("seal",)
        return
    assert failed == set()
    assert any(lie.words[1] in why for check, _, why in report.remarks if check == lie.remark)
