"""The smallest size of the campaign over evidence, and planted faults, so that it is not blind."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from node.evidence.verify import Verdict
from tests.bars import evidence
from tests.bars.bundles import SCENARIOS, Bundled, files_in, make_bundles, rebuilt
from tests.judged_bundles import holds
from verifier import n2n_verify as second


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Bundled]:
    """One message that was pushed, and an exchange both ways; whole, redacted, purged."""
    chosen = (SCENARIOS[0], SCENARIOS[5])
    return make_bundles(tmp_path_factory.mktemp("bundles"), chosen, 1)


def test_what_real_nodes_exchanged_holds_without_a_network(bundles: Sequence[Bundled], tmp_path: Path) -> None:
    some = bundles[::7]
    assert {word for one in some for word in one.name.split(", ")} >= {"tw", "kr", "purged", "redacted"}
    assert evidence.offline(some, tmp_path / "offline").problems == ()


def test_a_bundle_that_does_not_hold_is_seen(bundles: Sequence[Bundled], tmp_path: Path) -> None:
    broken = Bundled("broken", bundles[0].octets[:-1], bundles[0].at)
    assert len(evidence.offline([broken], tmp_path / "offline").problems) == 2


def test_a_verifier_that_calls_somebody_is_seen(
    bundles: Sequence[Bundled], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nosy = tmp_path / "nosy.py"
    nosy.write_text("import socket\nsocket.create_connection(('192.0.2.1', 80), 0.1)\n")
    monkeypatch.setattr(evidence, "SECOND", nosy)
    monkeypatch.setattr(evidence, "_without_network", list)
    (problem,) = evidence.offline(bundles[:1], tmp_path / "offline").problems
    assert "a verifier called somebody" in problem


def test_a_container_is_made_anew_as_it_was(bundles: Sequence[Bundled]) -> None:
    holds(rebuilt(files_in(bundles[0].octets)), bundles[0].at)


def test_whatever_is_changed_is_refused_by_both(bundles: Sequence[Bundled]) -> None:
    some = bundles[::5]
    for found in (evidence.octets(some, 2), evidence.octets_summed_anew(some, 3), evidence.edits(some, 7)):
        assert found.problems == ()


def test_a_blind_verifier_is_seen(bundles: Sequence[Bundled], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "verify", lambda *_: Verdict(()))
    assert len(evidence.octets(bundles[:1], 3).problems) == 3
    monkeypatch.undo()
    monkeypatch.setattr(second, "verify_bundle", lambda *_: second.Report())
    assert len(evidence.edits(bundles[:1], 3).problems) == 3


def test_six_tamperings_of_a_receipt_have_six_sentences() -> None:
    assert evidence.receipts().problems == ()


def test_what_is_archived_is_tampered_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = evidence.archive(tmp_path / "one", 14)
    assert found.problems == ()
    assert found.figure.startswith("14 tamperings")
