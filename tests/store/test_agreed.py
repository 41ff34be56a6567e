"""Versions of agreements on both databases: each step is one transaction, and a change of high risk needs two people whoever calls."""

from datetime import timedelta

import pytest

from node.sheets.canonical import digest
from node.sheets.effects import Risk
from node.sheets.sheet import read_sheet
from node.sheets.signing import SignedSheet, sign
from node.sheets.states import VersionState
from node.sheets.terms import answered
from node.store.agreed import Acted, NotAgreed, StoredVersions, folded, in_force
from node.store.finding import Witness
from node.store.invariants import INVARIANTS
from tests.agreed import NOW, PARAMETERS, after, agreed, key, open_offer, party, signed

ANN, BEN = Acted("ann", NOW, "as agreed"), Acted("ben", NOW)
WEAKER = {"name": "edelivery-as4-2.0-ecdsa", "parameters": {**PARAMETERS, "leg.security.x509.sign": False}}


@pytest.fixture
def versions(store):
    return StoredVersions(store.messages.database, store.messages.writer)


def first(versions, by=ANN):
    return versions.activate(versions.accept("kr", signed(agreed()), "a", by).id, by)


def test_an_offer_is_accepted_and_activated_and_each_step_is_written_down(versions):
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    kept = versions.propose("", offer, "a", ANN)
    assert (kept.state, kept.partner, kept.was_active) == (VersionState.OFFERED, "", False)
    both = sign(SignedSheet(answered(offer.sheet, party("b")), offer.signatures), "b", key("b"), NOW)
    accepted = versions.accept("kr", both, "a", BEN, kept.id)
    assert (accepted.id, accepted.partner, accepted.state) == (kept.id, "kr", VersionState.ACCEPTED)
    active = versions.activate(kept.id, ANN)
    assert (active.state, active.holds(NOW), active.holds(NOW - timedelta(seconds=1)), active.ends_at) == (
        VersionState.ACTIVE,
        True,
        False,
        None,
    )
    assert [(one.event, one.who, one.after) for one in versions.steps(kept.id)] == [
        ("PROPOSE", "ann", "OFFERED"),
        ("ACCEPT", "ben", "ACCEPTED"),
        ("ACTIVATE", "ann", "ACTIVE"),
    ]
    assert versions.steps(kept.id)[0].why == "as agreed"
    assert [one.id for one in in_force(versions._database)] == [kept.id]


def test_what_one_side_has_not_signed_is_not_accepted(versions):
    one = sign(SignedSheet(agreed()), "a", key("a"), NOW)
    with pytest.raises(NotAgreed, match="party b has not signed"):
        versions.accept("kr", one, "a", ANN)
    assert versions.of("kr") == []


def test_what_was_changed_after_it_was_signed_is_not_accepted(versions):
    both = signed(agreed())
    with pytest.raises(NotAgreed, match="does not fit"):
        versions.accept("kr", SignedSheet(agreed(title="x"), both.signatures), "a", ANN)


def test_the_same_version_is_kept_once(versions):
    versions.propose("kr", SignedSheet(agreed()), "a", ANN)
    with pytest.raises(NotAgreed, match="kept already"):
        versions.propose("kr", SignedSheet(agreed()), "a", ANN)


def test_the_version_before_is_accepted_until_the_overlap_is_over(versions):
    old = first(versions)
    second = after(old.sheet, NOW + timedelta(days=3), title="x")
    new = versions.activate(versions.accept("kr", signed(second), "a", ANN).id, ANN)
    old = versions.of("kr")[0]
    assert old.ends_at == NOW + timedelta(days=4)
    at = [NOW + timedelta(days=days) for days in (0, 3, 4)]
    assert [(old.holds(one), new.holds(one)) for one in at] == [(True, False), (True, True), (False, True)]
    assert versions.settle(at[1]) == 0
    assert versions.settle(at[2]) == 1
    assert [one.state for one in versions.of("kr")] == [VersionState.SUPERSEDED, VersionState.ACTIVE]
    assert versions.settle(at[2]) == 0


def test_what_ends_without_another_is_expired_and_still_known(versions):
    sheet = answered(open_offer(), party("b"))
    body = {**sheet.body, "effective": {**sheet.body["effective"], "until": "2026-11-29T12:00:00Z"}}
    kept = versions.activate(versions.accept("kr", signed(read_sheet(body)), "a", ANN).id, ANN)
    assert versions.settle(NOW + timedelta(days=1)) == 1
    (ended,) = in_force(versions._database)
    assert (ended.id, ended.state, ended.holds(NOW), ended.holds(NOW + timedelta(days=1))) == (
        kept.id,
        VersionState.EXPIRED,
        True,
        False,
    )


def test_a_change_of_high_risk_needs_a_second_person_whoever_calls(versions):
    old = first(versions)
    second = after(old.sheet, profile=WEAKER)
    kept = versions.accept("kr", signed(second), "a", ANN)
    assert kept.risk is Risk.HIGH
    # Not even somebody else who activates it is somebody who approved it.
    for by in (ANN, BEN):
        with pytest.raises(NotAgreed, match="only one person"):
            versions.activate(kept.id, by)
    for name in ("ann", "  ANN ", "Ann"):
        with pytest.raises(NotAgreed, match="another person"):
            versions.approve(kept.id, Acted(name, NOW))
    versions.approve(kept.id, BEN)
    assert [one.who for one in versions.approvals(kept.id)] == ["ben"]
    assert versions.activate(kept.id, ANN).state is VersionState.ACTIVE
    assert [one.event for one in versions.steps(kept.id)] == ["PROPOSE", "ACCEPT", "APPROVE", "ACTIVATE"]


def test_an_approval_counts_for_what_was_approved_and_for_nothing_else(versions):
    old = first(versions)
    offered = versions.propose("kr", sign(SignedSheet(after(old.sheet, title="x")), "a", key("a"), NOW), "a", ANN)
    versions.approve(offered.id, BEN)
    # The same row comes to hold another body.
    kept = versions.accept("kr", signed(after(old.sheet, profile=WEAKER)), "a", ANN, offered.id)
    with pytest.raises(NotAgreed, match="only one person"):
        versions.activate(kept.id, ANN)


def test_another_sheet_under_the_same_name_is_judged_against_what_is_active(versions):
    first(versions)
    kept = versions.accept("kr", signed(agreed(sheet="urn:uuid:2", profile=WEAKER)), "a", ANN)
    assert kept.risk is Risk.HIGH
    with pytest.raises(NotAgreed, match="only one person"):
        versions.activate(kept.id, ANN)


def test_a_version_must_follow_what_is_active(versions):
    old = first(versions)
    left, right = (versions.accept("kr", signed(after(old.sheet, title=one)), "a", ANN) for one in ("x", "y"))
    versions.activate(left.id, ANN)
    with pytest.raises(NotAgreed, match="does not follow version 2"):
        versions.activate(right.id, ANN)


def test_a_version_after_one_that_is_not_here_is_not_accepted(versions):
    with pytest.raises(NotAgreed, match="follows a version that is not kept"):
        versions.accept("kr", signed(after(agreed())), "a", ANN)


def test_a_new_key_of_the_partner_cannot_bring_in_itself(versions):
    old = first(versions)
    parties = {"a": party("a"), "b": party("b", "p384")}
    second = after(old.sheet, parties=parties)
    by_new = sign(sign(SignedSheet(second), "a", key("a"), NOW), "b", key("b", "sign", "p384"), NOW)
    with pytest.raises(NotAgreed, match="a key that the version before does not name"):
        versions.accept("kr", by_new, "a", ANN)
    versions.accept("kr", signed(second), "a", ANN)


def test_a_counter_takes_the_place_of_what_it_answers(versions):
    offer = versions.propose("kr", sign(SignedSheet(open_offer()), "a", key("a"), NOW), "a", ANN)
    other = sign(SignedSheet(agreed(title="x")), "b", key("b"), NOW)
    kept = versions.propose("kr", other, "a", ANN, offer.id)
    assert [one.state for one in versions.of("kr")] == [VersionState.COUNTERED, VersionState.OFFERED]
    with pytest.raises(NotAgreed, match="COUNTERED knows no COUNTER"):
        versions.propose("kr", sign(SignedSheet(agreed(title="y")), "b", key("b"), NOW), "a", ANN, offer.id)
    assert len(versions.of("kr")) == 2
    assert versions.withdraw(kept.id, BEN).state is VersionState.WITHDRAWN


def test_what_is_withdrawn_stays_so(versions):
    kept = versions.accept("kr", signed(agreed()), "a", ANN)
    versions.withdraw(kept.id, BEN)
    with pytest.raises(NotAgreed, match="WITHDRAWN knows no ACTIVATE"):
        versions.activate(kept.id, ANN)
    with pytest.raises(NotAgreed, match="nothing to approve"):
        versions.approve(kept.id, BEN)
    with pytest.raises(NotAgreed, match="no such version"):
        versions.approve(999, BEN)
    assert in_force(versions._database) == []


def test_records_of_gates_are_kept_with_their_digest(versions):
    made = versions.record_gate("kr", 3, (1, "d"), True, {"offset": 0.2, "answered": True}, ANN)
    (kept,) = versions.gate_records("kr")
    # Whoever reads it can tell that nothing was changed.
    assert digest(kept.whole("kr")) == kept.digest == made.digest
    assert digest(kept.whole("jp")) != kept.digest
    assert kept == made
    assert (kept.gate, kept.passed, kept.facts["answered"], len(kept.digest)) == (3, True, True, 64)
    assert versions.gate_records("jp") == []


def test_the_versions_of_everybody_and_of_one_sheet(versions):
    kept = first(versions)
    assert [one.id for one in versions.all()] == [one.id for one in versions.of_sheet("urn:uuid:1")] == [kept.id]


def test_names_are_compared_without_capitals_and_spaces():
    assert folded("  Ann   LEE ") == folded("ann lee")


def test_an_active_version_that_only_one_person_saw_is_a_breach(versions, store):
    old = first(versions)
    kept = versions.accept("kr", signed(after(old.sheet, profile=WEAKER)), "a", ANN)
    versions.approve(kept.id, BEN)
    versions.activate(kept.id, ANN)
    (invariant,) = [one for one in INVARIANTS if one.id == "INV-15"]
    assert list(invariant.check(store.messages, Witness(NOW))) == []
    # Somebody at the database itself.
    versions._writer.run(lambda cursor: cursor.execute("DELETE FROM agreed_approval").rowcount)
    (found,) = invariant.check(store.messages, Witness(NOW))
    assert found.where == "agreement with kr, version 2"


def test_the_risk_is_that_of_the_change_as_it_became_active(versions):
    old = first(versions)
    second = versions.accept("kr", signed(after(old.sheet, title="x")), "a", ANN)
    assert second.risk is Risk.LOW
    assert versions.activate(second.id, ANN).risk is Risk.LOW


def test_the_mark_changes_with_every_step(versions):
    seen = [versions.mark()]
    kept = versions.accept("kr", signed(agreed()), "a", ANN)
    seen.append(versions.mark())
    versions.activate(kept.id, ANN)
    seen += [versions.mark(), versions.mark()]
    assert len(set(seen)) == 3
    assert seen[2] == seen[3]


def test_who_proposed_a_version_cannot_approve_it_because_another_took_the_answer_in(versions):
    old = first(versions)
    second = after(old.sheet, profile=WEAKER)
    proposed = versions.propose("kr", sign(SignedSheet(second), "a", key("a"), NOW), "a", ANN)
    kept = versions.accept("kr", signed(second), "a", BEN, proposed.id)
    assert kept.proposed_by == "ann"
    with pytest.raises(NotAgreed, match="another person"):
        versions.approve(kept.id, ANN)
    versions.approve(kept.id, BEN)
    assert versions.activate(kept.id, ANN).state is VersionState.ACTIVE


def test_an_offer_that_nobody_answers_expires_and_was_never_in_force(versions: StoredVersions) -> None:
    day = timedelta(days=1)
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    kept = versions.propose("kr", offer, "a", ANN, answer_by=NOW + day)
    assert (kept.answer_by, versions.settle(NOW + day - timedelta(seconds=1))) == (NOW + day, 0)
    assert versions.settle(NOW + day) == 1
    (lapsed,) = versions.of("kr")
    assert (lapsed.state, lapsed.was_active, lapsed.holds(NOW), lapsed.answer_by) == (
        VersionState.EXPIRED,
        False,
        False,
        NOW + day,
    )
    assert in_force(versions._database) == []
    assert [(one.event, one.who, one.why) for one in versions.steps(kept.id)][1:] == [
        ("EXPIRE", "n2n", "nobody answered in time")
    ]
    assert versions.settle(NOW + day) == 0
    # What follows is no change of what never was.
    assert first(versions).risk is Risk.LOW


def test_what_is_answered_in_time_does_not_expire(versions: StoredVersions) -> None:
    kept = versions.propose("kr", sign(SignedSheet(agreed()), "a", key("a"), NOW), "a", ANN, answer_by=NOW + timedelta(days=1))
    versions.accept("kr", signed(agreed()), "a", ANN, kept.id)
    assert versions.settle(NOW + timedelta(days=2)) == 0
    active = versions.activate(kept.id, ANN)
    assert (active.ends_at, active.answer_by) == (None, None)


def test_the_own_end_of_a_proposal_ends_its_waiting_too(versions: StoredVersions) -> None:
    body = {**open_offer().body, "effective": {**open_offer().body["effective"], "until": "2026-12-01T00:00:00Z"}}
    offer = sign(SignedSheet(read_sheet(body)), "a", key("a"), NOW)
    kept = versions.propose("kr", offer, "a", ANN, answer_by=NOW + timedelta(days=90))
    assert kept.answer_by == read_sheet(body).until
