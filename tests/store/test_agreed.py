"""Versions of agreements on both databases: each step is one transaction, and a change of high risk needs two people whoever calls."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from node.sheets.effects import Risk
from node.sheets.sheet import read_sheet
from node.sheets.signing import SignedSheet, sign, write_signed
from node.sheets.states import VersionState
from node.sheets.terms import answered
from node.store import prepared
from node.store.agreed import StoredVersions, VersionDamaged, in_force, under_way
from node.store.finding import Witness
from node.store.invariants import INVARIANTS
from node.store.pending import pending
from node.store.people import Acted
from node.store.reading import StoreUnreadable
from node.store.steps import NotAgreed
from tests.agreed import NOW, PARAMETERS, after, agreed, key, open_offer, party, signed

ANN, BEN = Acted("ann", NOW, "as agreed"), Acted("ben", NOW)
WEAKER = {"name": "edelivery-as4-2.0-ecdsa", "parameters": {**PARAMETERS, "leg.security.x509.sign": False}}


@pytest.fixture
def versions(store):
    return StoredVersions(store.messages.database, store.messages.writer)


def first(versions, by=ANN, partner="kr", sheet="urn:uuid:1"):
    return versions.activate(versions.accept(partner, signed(agreed(sheet=sheet)), "a", by).id, by)


def test_an_offer_is_accepted_and_activated_and_each_step_is_written_down(versions):
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    kept = versions.propose("", offer, "a", ANN)
    assert (kept.state, kept.partner, kept.was_active) == (VersionState.OFFERED, "", False)
    both = sign(SignedSheet(answered(offer.sheet, party("b")), offer.signatures), "b", key("b"), NOW)
    accepted = versions.accept("kr", both, "a", BEN, kept.id)
    assert (accepted.id, accepted.partner, accepted.state) == (kept.id, "kr", VersionState.ACCEPTED)
    # Until now party a has signed what had no party b.
    with pytest.raises(NotAgreed, match="our own signature covers the offer alone") as refused:
        versions.activate(kept.id, ANN)
    assert refused.value.remedy.startswith("n2n partner activate FILE")
    whole = sign(both, "a", key("a"), NOW)
    assert [(one.signer, one.covers) for one in versions.complete(kept.id, whole, ANN).signed.signatures] == [
        ("a", "offer"),
        ("b", "sheet"),
        ("a", "sheet"),
    ]
    versions.complete(kept.id, whole, ANN)
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
        ("SIGN", "ann", "ACCEPTED"),
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
    with pytest.raises(NotAgreed, match="does not follow version 2, which is active"):
        versions.accept("kr", signed(after(old.sheet, title="z")), "a", ANN)
    with pytest.raises(NotAgreed, match="does not follow version 2"):
        versions.activate(right.id, ANN)


def test_a_version_after_one_that_is_not_here_is_not_accepted(versions):
    with pytest.raises(NotAgreed, match="follows a version that is not kept"):
        versions.accept("kr", signed(after(agreed())), "a", ANN)


@pytest.mark.parametrize(
    "changed", [{"version": 7}, {"effective": {"from": "2020-01-01T00:00:00Z", "until": None, "overlap": "0s"}}]
)
def test_a_version_is_the_next_one_and_begins_no_earlier(versions, changed):
    old = first(versions)
    odd = read_sheet({**after(old.sheet, title="x").body, **changed})
    with pytest.raises(NotAgreed, match="does not follow version 1 from"):
        versions.accept("kr", signed(odd), "a", ANN)


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


def test_the_versions_of_everybody_and_of_one_sheet(versions):
    kept = first(versions)
    everybodys = under_way(versions._database)
    assert [one.id for one in everybodys] == [one.id for one in versions.of_sheet("urn:uuid:1")] == [kept.id]
    # An offer that nobody has named a partner for is with nobody.
    versions.propose("", sign(SignedSheet(open_offer()), "a", key("a"), NOW), "a", ANN)
    assert versions.partners() == {kept.partner}


@pytest.mark.parametrize("nobody", ["", "  ", "\u200b", "\u3164"])
def test_nobody_is_no_person(versions, nobody):
    old = first(versions)
    second = signed(after(old.sheet, profile=WEAKER))
    with pytest.raises(NotAgreed, match="names nobody"):
        versions.accept("kr", second, "a", Acted(nobody, NOW))
    kept = versions.accept("kr", second, "a", ANN)
    with pytest.raises(NotAgreed, match="names nobody"):
        versions.approve(kept.id, Acted(nobody, NOW))
    with pytest.raises(NotAgreed, match="only one person"):
        versions.activate(kept.id, BEN)


def test_who_proposed_something_else_is_not_who_saw_what_came_back(versions):
    old = first(versions)
    offered = versions.propose("kr", sign(SignedSheet(after(old.sheet, title="x")), "a", key("a"), NOW), "a", ANN)
    # The partner answered with other terms: Ann has never seen them.
    kept = versions.accept("kr", signed(after(old.sheet, profile=WEAKER)), "a", BEN, offered.id)
    assert kept.proposed_by == "ben"
    with pytest.raises(NotAgreed, match="another person"):
        versions.approve(kept.id, BEN)
    versions.approve(kept.id, ANN)
    assert versions.activate(kept.id, BEN).state is VersionState.ACTIVE


def test_an_approval_of_what_has_changed_meanwhile_is_refused(versions):
    old = first(versions)
    offered = versions.propose("kr", sign(SignedSheet(after(old.sheet, title="x")), "a", key("a"), NOW), "a", ANN)
    versions.accept("kr", signed(after(old.sheet, profile=WEAKER)), "a", ANN, offered.id)
    with pytest.raises(NotAgreed, match="has changed since it was looked at"):
        versions.approve(offered.id, BEN, offered.sheet.digest)


def test_what_branches_off_is_refused_after_the_end_of_what_followed_too(versions):
    old = first(versions)
    second = after(old.sheet, title="x")
    ends = read_sheet({**second.body, "effective": {**second.body["effective"], "until": "2026-12-01T00:00:00Z"}})
    versions.activate(versions.accept("kr", signed(ends), "a", ANN).id, ANN)
    assert versions.settle(NOW + timedelta(days=30)) == 2
    with pytest.raises(NotAgreed, match="does not follow version 2, which is expired"):
        versions.accept("kr", signed(after(old.sheet, title="y")), "a", ANN)


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


@pytest.mark.parametrize(("column", "value"), [("side", "c"), ("ends_at", "soon"), ("risk", ""), ("state", "NEW")])
def test_a_row_that_somebody_damaged_is_told_with_its_place(versions, column, value):
    kept = first(versions)
    versions._writer.run(lambda cursor: cursor.execute(f"UPDATE agreed_version SET {column} = '{value}'").rowcount)
    with pytest.raises(StoreUnreadable, match=f"row {kept.id} of agreed_version, which is an agreement with 'kr', is damaged"):
        versions.of("kr")


def test_a_version_that_lacks_a_table_is_told_with_its_number_and_the_others_are_read(versions: StoredVersions) -> None:
    kept, other = first(versions), first(versions, partner="jp", sheet="urn:uuid:2")
    value = json.loads(write_signed(kept.signed))
    del value["body"]["services"], value["body"]["profile"]["name"]
    values = {"row_id": kept.id, "new_content": json.dumps(value).encode()}
    versions._writer.run(lambda cursor: cursor.execute(prepared.SIGN_AGREED, values).rowcount)
    said = f"row {kept.id} of agreed_version, which is version 1 of an agreement with 'kr', is damaged: profile.name is required"
    with pytest.raises(VersionDamaged, match=f"{said}; services is required"):
        versions.of("kr")
    with pytest.raises(VersionDamaged, match=said):
        in_force(versions._database)
    for read in (in_force, under_way):
        damaged: list[VersionDamaged] = []
        assert [one.id for one in read(versions._database, damaged)] == [other.id]
        assert [(one.partner, one.version) for one in damaged] == [("kr", 1)]
    assert [one.id for one in pending(versions._database).versions] == [other.id]


def test_what_waits_for_a_second_person_waits_for_thirty_days(versions: StoredVersions, caplog: pytest.LogCaptureFixture) -> None:
    old = first(versions)
    kept = versions.accept("kr", signed(after(old.sheet, profile=WEAKER)), "a", ANN)
    end = NOW + timedelta(days=30)
    assert (kept.state, kept.answer_by) == (VersionState.ACCEPTED, end)
    assert versions.settle(end - timedelta(seconds=1)) == 0
    # Before any sweep has seen it.
    late = Acted("ben", end)
    for too_late in (versions.approve, versions.activate):
        with pytest.raises(NotAgreed, match=r"version 2 waited for a second person until 2026-12-28T12:00:00Z only") as refused:
            too_late(kept.id, late)
        assert refused.value.remedy.startswith("offer or propose it anew")
    assert versions.settle(end) == 1
    assert caplog.text.count("partners/kr: version 2 waits no longer: nobody approved it in time; offer or propose it anew") == 1
    (_, lapsed) = versions.of("kr")
    assert (lapsed.state, lapsed.was_active, lapsed.holds(end), lapsed.answer_by) == (VersionState.LAPSED, False, False, end)
    assert [one.id for one in in_force(versions._database)] == [old.id]
    for too_late in (versions.approve, versions.activate):
        with pytest.raises(NotAgreed, match="LAPSED") as refused:
            too_late(kept.id, late)
        assert refused.value.remedy
    assert versions.settle(end) == 0


def test_what_is_approved_in_time_does_not_lapse(versions: StoredVersions) -> None:
    old = first(versions)
    kept = versions.accept("kr", signed(after(old.sheet, profile=WEAKER)), "a", ANN)
    versions.approve(kept.id, Acted("ben", NOW + timedelta(days=29)))
    assert versions.activate(kept.id, Acted("ann", NOW + timedelta(days=29))).ends_at is None
    assert versions.settle(NOW + timedelta(days=40)) == 1
    assert [one.state for one in versions.of("kr")] == [VersionState.SUPERSEDED, VersionState.ACTIVE]


def test_a_version_that_is_over_waits_for_nobody(versions: StoredVersions) -> None:
    old = first(versions)
    later = after(old.sheet, profile=WEAKER)
    body = {**later.body, "effective": {**later.body["effective"], "until": "2026-12-01T00:00:00Z"}}
    kept = versions.accept("kr", signed(read_sheet(body)), "a", ANN)
    assert kept.answer_by == read_sheet(body).until


def test_signatures_of_another_copy_are_not_kept_and_nor_are_wrong_ones(versions: StoredVersions) -> None:
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    both = sign(SignedSheet(answered(offer.sheet, party("b")), offer.signatures), "b", key("b"), NOW)
    kept = versions.accept("tw", both, "b", BEN)
    with pytest.raises(NotAgreed, match="it is another version 1"):
        versions.complete(kept.id, signed(agreed(title="x")), BEN)
    (made,) = [one for one in sign(both, "a", key("a"), NOW).signatures if (one.signer, one.covers) == ("a", "sheet")]
    forged = SignedSheet(both.sheet, (*both.signatures, replace(made, value=both.signatures[1].value)))
    with pytest.raises(NotAgreed, match="does not fit"):
        versions.complete(kept.id, forged, BEN)
    assert versions.of("tw")[0].signed == both
