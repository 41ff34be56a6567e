"""A bundle before both verifiers, which share no line of code."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from node.evidence.verify import Verdict, verify
from tests.evidence.test_commands import typed
from verifier import n2n_verify as second


def holds(octets: bytes, at: datetime | None = None) -> Verdict:
    """The verdict of the first, once both say that the bundle holds."""
    moment = at or datetime.now(UTC)
    verdict = verify(octets, moment)
    assert verdict.holds, [one.says("en") for one in verdict.findings if one.fails]
    report = second.verify_bundle(octets, moment)
    assert report.holds, report.failures
    return verdict


def failed(octets: bytes, at: datetime | None = None, fallen: Mapping[str, datetime] | None = None) -> tuple[set[str], set[str]]:
    """The checks that fail, by each of them."""
    moment = at or datetime.now(UTC)
    first = {check.value for check in verify(octets, moment, fallen=fallen).failed}
    return first, {check for check, _, _ in second.verify_bundle(octets, moment, fallen).failures}


def holds_by_hand(octets: bytes, folder: Path) -> None:
    """As `holds`, and every command of the report says ok when it is typed."""
    holds(octets)
    said = typed(octets, folder)
    assert [one for one in said if not one.startswith("ok: ")] == []
    assert len(said) > 10
