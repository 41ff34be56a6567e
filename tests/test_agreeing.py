"""The steps of an agreement between two homes, and each way in which they do not fit."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from node.agreeing import Agreeing, FingerprintWanted, Times, concerns_partner
from node.app import Node
from node.configuration import ConfigurationError
from node.ebms.states import OutboundState
from node.explaining import StandingClock
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import SubmissionError
from node.security.certificates import Certificate, load_certificates
from node.setting import Setting
from node.sheets.canonical import SheetRefused
from node.sheets.effects import Risk
from node.sheets.signing import SignedSheet, sign, verify, write_signed
from node.sheets.states import VersionState
from node.sheets.terms import answered, following
from node.store.agreed import KeptVersion, check_signed
from node.store.gates import StoredGates
from node.store.people import Acted
from node.store.steps import NotAgreed
from node.store.updates import Answer, Asked, Carrier
from node.updates.identifiers import updated_identifier
from node.updates.states import UpdateDirection, UpdateEvent
from node.updates.update import UpdateRequest
from node.updates.writing import replacing, write_update
from tests.homes import ACTION, SERVICE, agree, make_side
from tests.revoking import Telling
from tests.services import ended, serving, submission

NOW = datetime.now(UTC).replace(microsecond=0)
ANN, BEN = Acted("ann", NOW), Acted("ben", NOW)
TERMS = {"profile": "edelivery-as4-2.0-ecdsa", "service": [{"value": SERVICE, "actions": [ACTION]}]}


class Both:
    def __init__(self, root: Path, *, apart: bool = False, days: int = 30) -> None:
        authority = DemoAuthority(NOW)
        other = DemoAuthority(NOW, days) if apart else authority
        self.sides = {name: make_side(root, name, one) for name, one in (("tw", authority), ("kr", other))}
        self.nodes = {name: Node.open(side.folder) for name, side in self.sides.items()}

    @property
    def tw(self) -> Agreeing:
        return self.nodes["tw"].agreeing

    @property
    def kr(self) -> Agreeing:
        return self.nodes["kr"].agreeing

    def print_of(self, name: str) -> str:
        return self.nodes[name].setting.certificates.own["sign"].certificate.sha256

    def agree(self, **terms: object) -> KeptVersion:
        offer = self.tw.offer("kr", {**TERMS, **terms}, Times(), ANN)
        accepted = self.kr.accept(write_signed(offer.signed), "tw", self.print_of("tw"), {}, ANN).kept
        return self.tw.activate(write_signed(accepted.signed), "", self.print_of("kr"), ANN).kept

    def follow(self, kept: KeptVersion) -> KeptVersion:
        accepted = self.kr.accept(write_signed(kept.signed), "", "", {}, ANN)
        return self.tw.activate(write_signed(accepted.kept.signed), "", "", ANN).kept


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    made = Both(tmp_path)
    yield made
    for node in made.nodes.values():
        node.close()


def test_both_sides_hold_the_same_version_in_the_end(both: Both) -> None:
    kept = both.agree(title="Origin")
    theirs = both.kr.newest("tw")
    assert (kept.state, theirs.state) == (VersionState.ACTIVE, VersionState.ACTIVE)
    assert kept.sheet == theirs.sheet
    assert (kept.side, theirs.side) == ("a", "b")


def covered(kept: KeptVersion) -> list[tuple[str, str]]:
    return [(one.signer, one.covers) for one in kept.signed.signatures]


def test_whoever_offered_signs_all_of_it_when_it_is_activated(both: Both) -> None:
    kept = both.agree()
    assert covered(kept) == [("a", "offer"), ("b", "sheet"), ("a", "sheet")]
    # The partner serves by the offer's signature until then, and takes the whole one when it comes.
    assert covered(both.kr.newest("tw")) == [("a", "offer"), ("b", "sheet")]
    taken = both.kr.activate(write_signed(kept.signed), "", both.print_of("tw"), BEN).kept
    assert (taken.state, covered(taken), taken.signed) == (VersionState.ACTIVE, covered(kept), kept.signed)
    assert verify(taken.signed)["a"].covers == "sheet"
    # The file of before, once more, takes nothing away.
    again = SignedSheet(kept.sheet, kept.signed.signatures[:2])
    assert both.tw.activate(write_signed(again), "", both.print_of("kr"), BEN).kept.signed == kept.signed
    # What follows is signed whole by both from the beginning.
    assert covered(both.follow(both.tw.propose("kr", {"title": "new"}, Times(), ANN))) == [("a", "sheet"), ("b", "sheet")]


def another_copy(both: Both, accepted: KeptVersion) -> bytes:
    """What kr's key has signed too, with another side of its own."""
    ours = {**accepted.sheet.party("b"), "endpoint": "https://elsewhere.example/as4"}
    sheet = answered(accepted.sheet.offer(), ours)
    offer = tuple(one for one in accepted.signed.signatures if one.signer == "a")
    key = both.nodes["kr"].setting.certificates.own["sign"]
    return write_signed(sign(SignedSheet(sheet, offer), "b", key, NOW))


def test_two_copies_of_one_version_are_never_both_obeyed(both: Both) -> None:
    offer = both.tw.offer("kr", TERMS, Times(), ANN)
    accepted = both.kr.accept(write_signed(offer.signed), "tw", both.print_of("tw"), {}, ANN).kept
    # Both signatures of the other copy hold, so tw cannot know that kr's node has accepted something else.
    theirs = both.tw.activate(another_copy(both, accepted), "", both.print_of("kr"), ANN).kept
    assert theirs.sheet.digest != accepted.sheet.digest
    # It comes out as soon as tw's own signature over all of it comes back.
    with pytest.raises(NotAgreed, match=r"another version 1 is ACTIVE here, with a different parties\.b\.endpoint") as refused:
        both.kr.activate(write_signed(theirs.signed), "", both.print_of("tw"), ANN)
    assert "n2n partner show NAME --out FILE" in refused.value.remedy
    with pytest.raises(NotAgreed, match=r"another version 1 is ACTIVE here"):
        both.tw.activate(write_signed(accepted.signed), "", both.print_of("kr"), ANN)
    assert [len(one.versions(name)) for one, name in ((both.tw, "kr"), (both.kr, "tw"))] == [1, 1]


def test_an_offer_is_accepted_once_and_in_one_way(both: Both) -> None:
    offer = both.tw.offer("kr", TERMS, Times(), ANN)
    octets = write_signed(offer.signed)
    both.kr.accept(octets, "tw", both.print_of("tw"), {}, ANN)
    with pytest.raises(NotAgreed, match=r"another version 1 is ACTIVE here, with a different parties\.b"):
        both.kr.accept(octets, "tw", both.print_of("tw"), {"ours": {"name": "Another"}}, ANN)
    assert len(both.kr.versions("tw")) == 1


def test_an_offer_whose_terms_do_not_fit_is_not_signed(both: Both) -> None:
    for terms, said in (
        ({"profile": "edelivery-as4-1.15"}, "the profile needs an RSA key"),
        ({"ladder": {"L9": "1h"}}, "L9"),
        ({"ours": {"calendar": {"time_zone": "Mars"}}}, "time zone"),
        ({"ours": {"seal": ["nothing"]}}, "certs/own has no key 'nothing'"),
        ({"ours": {"anchors": ["nothing"]}}, "certs/trust has no certificate 'nothing'"),
        ({"retention": {"type": [{"action": "x"}]}}, "'x' is not agreed"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            both.tw.offer("kr", {**TERMS, **terms}, Times(), ANN)
    with pytest.raises(SheetRefused, match="overlap"):
        both.tw.offer("kr", TERMS, Times(overlap="long"), ANN)
    with pytest.raises(NotAgreed, match="no sheet is kept"):
        both.tw.versions("kr")


def test_a_wrong_fingerprint_signs_nothing(both: Both) -> None:
    octets = write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed)
    with pytest.raises(FingerprintWanted, match="was not given"):
        both.kr.accept(octets, "tw", "", {}, ANN)
    with pytest.raises(FingerprintWanted, match="not the one"):
        both.kr.accept(octets, "tw", both.print_of("kr"), {}, ANN)
    with pytest.raises(NotAgreed, match="nobody has said what this partner"):
        both.kr.accept(octets, "", both.print_of("tw"), {}, ANN)


def test_our_own_offer_is_not_ours_to_accept_and_an_offer_is_nothing_to_activate(both: Both) -> None:
    octets = write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed)
    with pytest.raises(NotAgreed, match="our own offer"):
        both.tw.accept(octets, "", both.print_of("tw"), {}, ANN)
    with pytest.raises(NotAgreed, match="nobody has accepted"):
        both.tw.activate(octets, "", "", ANN)


def test_whoever_accepts_says_only_its_own_side(both: Both) -> None:
    octets = write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed)
    with pytest.raises(ConfigurationError, match="is the offer's to say"):
        both.kr.accept(octets, "tw", both.print_of("tw"), {"title": "x"}, ANN)
    ours = {
        "ours": {
            "name": "Korea",
            "authorities": ["KR-KCS"],
            "calendar": {"window": [{"every": "sunday", "from": "22:00", "to": "23:00"}]},
        }
    }
    kept = both.kr.accept(octets, "tw", both.print_of("tw"), ours, ANN).kept
    assert kept.sheet.party("b")["name"] == "Korea"
    assert kept.sheet.party("b")["documents"]["authorities"] == ["KR-KCS"]


def test_a_counter_is_signed_by_both_in_its_turn(both: Both) -> None:
    offer = both.tw.offer("kr", TERMS, Times(), ANN)
    octets = write_signed(offer.signed)
    with pytest.raises(NotAgreed, match="changes nothing"):
        both.kr.counter(octets, "tw", both.print_of("tw"), {}, ANN)
    countered = both.kr.counter(octets, "tw", both.print_of("tw"), {"ladder": {"L1": "15m"}}, ANN)
    assert [one.signer for one in countered.signed.signatures] == ["b"]
    assert [one.state for one in both.kr.versions("tw")] == [VersionState.COUNTERED, VersionState.OFFERED]
    accepted = both.tw.accept(write_signed(countered.signed), "", both.print_of("kr"), {}, ANN).kept
    assert accepted.sheet.body["ladder"] == {"L1": "15m"}
    assert both.kr.activate(write_signed(accepted.signed), "", both.print_of("tw"), ANN).kept.state is VersionState.ACTIVE


def test_the_next_version_needs_no_telephone_and_names_what_it_changes(both: Both) -> None:
    both.agree()
    proposed = both.tw.propose("kr", {"leg": {"x": {"retry": {"period": "5m"}}}}, Times(NOW + timedelta(days=1)), ANN)
    assert [one.path for one in both.tw.changes("kr", proposed.sheet) if not one.for_people] == [
        "profile.parameters.leg.x.retry.period"
    ]
    kept = both.follow(proposed)
    assert (kept.state, kept.sheet.version, kept.risk) == (VersionState.ACTIVE, 2, Risk.LOW)
    assert both.tw.version("kr", 1).ends_at == kept.sheet.before_ends
    with pytest.raises(NotAgreed, match="it says what version 2 says"):
        both.tw.propose("kr", {}, Times(), ANN)


def test_a_change_of_high_risk_waits_on_both_sides_for_a_second_person(both: Both) -> None:
    both.agree()
    weaker = {"leg": {"security": {"send_receipt": {"non_repudiation": False}}}}
    proposed = both.tw.propose("kr", weaker, Times(), ANN)
    accepted = both.kr.accept(write_signed(proposed.signed), "", "", {}, ANN)
    assert (accepted.kept.state, "only one person" in accepted.waits_for) == (VersionState.ACCEPTED, True)
    with pytest.raises(NotAgreed, match="another person"):
        both.kr.approve("tw", 2, ANN)
    assert both.kr.approve("tw", 2, BEN).kept.state is VersionState.ACTIVE
    assert "partner has not signed" in both.tw.approve("kr", 2, BEN).waits_for
    kept = both.tw.activate(write_signed(accepted.kept.signed), "", "", ANN)
    assert (kept.kept.state, kept.waits_for) == (VersionState.ACTIVE, "")
    assert [one.parameter for one in both.tw.weaknesses(kept.kept.sheet)] == ["leg.security.send_receipt.non_repudiation"]


def test_what_an_older_version_said_becomes_the_next_version(both: Both) -> None:
    both.agree(title="old")
    both.follow(both.tw.propose("kr", {"title": "new"}, Times(), ANN))
    restored = both.tw.rollback("kr", 1, Times(), ANN)
    assert (restored.sheet.version, restored.sheet.body["title"]) == (3, "old")
    assert concerns_partner(both.tw.changes("kr", restored.sheet)) == []
    assert both.follow(restored).sheet.version == 3
    with pytest.raises(NotAgreed, match="has no version 9"):
        both.tw.rollback("kr", 9, Times(), ANN)


def test_a_rejected_version_is_gone_and_the_one_before_goes_on(both: Both) -> None:
    both.agree()
    both.tw.propose("kr", {"title": "new"}, Times(), ANN)
    assert both.tw.reject("kr", 2, BEN).state is VersionState.WITHDRAWN
    assert both.tw.newest("kr").sheet.version == 1


def test_a_file_that_was_changed_on_its_way_is_refused(both: Both) -> None:
    value = json.loads(write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed))
    value["body"]["parties"]["a"]["endpoint"] = "https://evil.example/as4"
    with pytest.raises(SheetRefused, match="was changed after it was signed"):
        both.kr.accept(json.dumps(value).encode(), "tw", both.print_of("tw"), {}, ANN)


def test_a_file_that_nobody_signed_is_nothing(both: Both) -> None:
    value = json.loads(write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed))
    value["signatures"] = []
    with pytest.raises(NotAgreed, match="has not signed"):
        both.kr.accept(json.dumps(value).encode(), "tw", both.print_of("tw"), {}, ANN)


def test_a_sheet_is_with_one_partner(both: Both) -> None:
    octets = write_signed(both.agree().signed)
    with pytest.raises(NotAgreed, match="this sheet is with kr here"):
        both.tw.activate(octets, "jp", "", ANN)
    # The same file once more changes nothing.
    assert both.tw.activate(octets, "kr", both.print_of("kr"), ANN).kept.state is VersionState.ACTIVE


def test_outside_of_its_time_nothing_is_taken_and_nothing_goes_out(tmp_path: Path) -> None:
    both = Both(tmp_path)
    both.agree()
    for node in both.nodes.values():
        node.close()
    asyncio.run(_an_ended_agreement(tmp_path, both))


async def _an_ended_agreement(root: Path, both: Both) -> None:
    sides = both.sides
    async with serving(sides["tw"]) as tw, serving(sides["kr"]) as kr:
        ours, theirs = tw.node.setting.agreements, kr.node.setting.agreements
        document = root / "d.xml"
        document.write_text("<d/>")
        sent = tw.node.submit(submission(tw.node, document))
        await ended(tw.node, sent.message_id, OutboundState.ACKNOWLEDGED)
        # At their node the version has not begun: their clock is a day behind.
        theirs.told_by(lambda: NOW - timedelta(days=1))
        refused = tw.node.submit(submission(tw.node, document))
        # Who has no P-Mode in force signs no error, so this is a hint and the message waits.
        async with asyncio.timeout(20):
            while not (told := [one for one in kr.node.messages.refusals(9) if one.message_id == refused.message_id]):  # noqa: ASYNC110 - the store has no event
                await asyncio.sleep(0.05)
        told = told[0]
        assert (told.error_code, told.nearest_pmode) == ("EBMS:0010", f"tw/receive/{SERVICE}/{ACTION}")
        assert "agreement begins on" in told.detail
        ours.told_by(lambda: NOW - timedelta(days=1))
        with pytest.raises(SubmissionError, match="agreement begins on"):
            tw.node.submit(submission(tw.node, document))


def test_authorities_seals_and_calendars_arrive_on_the_other_side(both: Both) -> None:
    ours = {
        "authorities": ["TW-CUSTOMS"],
        "seal": ["sign"],
        "anchors": ["ca"],
        "trust": "path",
        "answers": ["L2", "L3"],
        "calendar": {
            "time_zone": "Asia/Taipei",
            "window": [{"name": "patch", "every": "sunday", "from": "22:00", "to": "23:00"}],
        },
    }
    both.agree(ours=ours, ladder={"L2": "15m"})
    theirs = Setting(both.nodes["kr"].home.folder)
    assert theirs.problems.found == []
    agreement = theirs.agreements.agreements["tw"]
    assert (agreement.documents.theirs, agreement.documents.answers) == (("TW-CUSTOMS",), ("L2",))
    assert agreement.documents.partners.bindings["TW-CUSTOMS"] == frozenset({both.print_of("tw")})
    assert [one.subject for one in agreement.documents.partners.anchors["TW"]] == [theirs.certificates.trust["ca"][0].subject]
    assert [one.name for one in agreement.calendar.windows] == ["patch"]
    assert theirs.keyring.signers(agreement.certificates.sign, NOW)[0].sha256 == both.print_of("tw")
    mine = Setting(both.nodes["tw"].home.folder).agreements.agreements["kr"]
    assert (mine.documents.ours, mine.documents.seal, mine.documents.answers) == (("TW-CUSTOMS",), "sign", ("L2", "L3"))
    assert mine.calendar.windows == ()


def test_certificates_that_lack_a_path_are_doubted_and_not_believed(tmp_path: Path) -> None:
    both = Both(tmp_path, apart=True)
    # They are to be believed by a path, and no authority came along.
    both.agree(ours={"trust": "path"})
    theirs = Setting(both.nodes["kr"].home.folder)
    names = theirs.agreements.agreements["tw"].certificates.sign
    assert theirs.keyring.signers(names, NOW) == ()
    assert set(theirs.keyring.why_not(names, NOW)) == set(names)
    (record,) = both.nodes["kr"].gates.of("tw")
    assert (record.gate, record.passed) == (2, False)
    for node in both.nodes.values():
        node.close()


def test_a_new_signing_key_is_brought_in_by_the_old_one_and_both_count_in_the_overlap(tmp_path: Path) -> None:
    both = Both(tmp_path)
    both.agree()
    both.nodes["tw"].close()
    issued = DemoAuthority(NOW).issue("tw", "ecdsa", "sign")
    put_own_key(both.sides["tw"].folder, "next", issued.private_key + issued.certificate)
    both.nodes["tw"] = Node.open(both.sides["tw"].folder)
    proposed = both.tw.propose("kr", {"ours": {"sign": ["next"]}}, Times(NOW + timedelta(hours=1)), ANN)
    assert (proposed.risk, proposed.signed.signatures[0].certificate.sha256) == (Risk.HIGH, both.print_of("tw"))
    accepted = both.kr.accept(write_signed(proposed.signed), "", "", {}, ANN).kept
    both.kr.approve("tw", 2, BEN)
    both.tw.approve("kr", 2, BEN)
    assert both.tw.activate(write_signed(accepted.signed), "", "", ANN).kept.state is VersionState.ACTIVE
    for node in both.nodes.values():
        node.close()
    signs, takes = [], []
    for hours in (0, 2, 26):
        ours, theirs = (Setting(both.sides[one].folder, now=lambda: NOW + timedelta(hours=hours)) for one in ("tw", "kr"))  # noqa: B023 - asked within the turn
        assert ours.problems.found == theirs.problems.found == []
        signs.append(ours.agreements.for_submission("kr", None, ACTION).leg.security.signature.certificate)
        takes.append([len(one.leg.security.signature.certificate) for one in theirs.agreements.pmodes("tw") if one.inbound])
    assert signs == [("sign",), ("next",), ("next",)]
    assert takes == [[1, 1], [2, 2], [1, 1]]


def updated(both: Both, old: Certificate, new: Certificate, since: datetime, *, accepted: bool = True) -> None:
    """tw asked by message to sign with another key, which kr accepted, or has not answered."""
    current, at = "urn:agreement", Acted("n2n", NOW)
    request = UpdateRequest(
        *(f"r-{new.sha256[:8]}", NOW, since, since, current, updated_identifier(current, since, new.sha256)),
        (replacing(old, new, (), 1),),
    )
    for name, partner, direction in (("tw", "kr", UpdateDirection.OUT), ("kr", "tw", UpdateDirection.IN)):
        asked = Asked(partner, direction, request.id, "", write_update(request), Carrier(), since, since)
        updates = both.nodes[name].updates
        row, _ = updates.record(asked, at)
        if accepted and direction is UpdateDirection.OUT:
            updates.answered(row.id, UpdateEvent.ACCEPT, at, b"yes")
        elif accepted:
            for one in (ANN, BEN):
                updates.approve(row.id, one, Answer(b"yes", "answer@kr"))


class Later(Both):
    """Both long after they agreed, when tw's signing certificate is over; tw has another one."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, apart=True, days=300)
        self.agree()
        self.old = self.nodes["tw"].setting.certificates.own["sign"].certificate
        self.now = self.old.x509.not_valid_after_utc + timedelta(days=1)
        issued = DemoAuthority(self.now - timedelta(days=9)).issue("tw", "ecdsa", "sign")
        self.new = load_certificates(issued.certificate)[0]
        self.nodes["tw"].close()
        put_own_key(self.sides["tw"].folder, "next", issued.private_key + issued.certificate)
        self.nodes["tw"] = Node.open(self.sides["tw"].folder)
        self.ann, self.ben = Acted("ann", self.now), Acted("ben", self.now)

    def at(self, name: str) -> Agreeing:
        node = self.nodes[name]
        return Agreeing(node.setting, node.versions, node.gates, StandingClock(self.now), lambda: "x")


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Later]:
    made = Later(tmp_path)
    yield made
    for node in made.nodes.values():
        node.close()


def test_a_certificate_that_an_update_brought_signs_the_next_sheet(later: Later) -> None:
    with pytest.raises(NotAgreed, match="no valid key by which the partner knows us"):
        later.at("tw").propose("kr", {"title": "next"}, Times(), later.ann)
    updated(later, later.old, later.new, later.now - timedelta(days=5))
    proposed = later.at("tw").propose("kr", {"title": "next"}, Times(), later.ann)
    assert proposed.signed.signatures[0].certificate == later.new
    octets = write_signed(proposed.signed)
    assert later.at("kr").look(octets, "").vouched
    accepted = later.at("kr").accept(octets, "", "", {}, later.ann).kept
    done = later.at("tw").activate(write_signed(accepted.signed), "", "", later.ann).kept
    assert (accepted.state, done.state) == (VersionState.ACTIVE, VersionState.ACTIVE)
    # Where a third node does not know of the update, nobody is believed.
    rows = later.nodes["kr"].versions.of("tw")
    with pytest.raises(NotAgreed, match="none of those agreed for signing"):
        check_signed(done.signed, rows, "b", (), later.now)


@pytest.mark.parametrize(
    ("days", "accepted", "others"),
    [
        (5, False, False),  # nobody accepted it
        (-1, True, False),  # its time has not come
        (5, True, True),  # it is about another certificate
    ],
)
def test_an_update_that_does_not_count_brings_no_signer(later: Later, days: int, accepted: bool, others: bool) -> None:
    old = later.nodes["kr"].setting.certificates.own["sign"].certificate if others else later.old
    updated(later, old, later.new, later.now - timedelta(days=days), accepted=accepted)
    with pytest.raises(NotAgreed, match="no valid key by which the partner knows us"):
        later.at("tw").propose("kr", {"title": "next"}, Times(), later.ann)
    sheet = following(later.tw.newest("kr").sheet, later.tw.newest("kr").sheet.body, later.now, None, "0s")
    forged = write_signed(sign(SignedSheet(sheet), "a", later.nodes["tw"].setting.certificates.own["next"], later.now))
    with pytest.raises(SheetRefused, match="none of those agreed for signing"):
        later.at("kr").accept(forged, "", "", {}, later.ann)


def test_a_certificate_that_followed_the_one_of_an_update_signs_too(later: Later) -> None:
    between = load_certificates(DemoAuthority(NOW).issue("tw", "ecdsa", "sign").certificate)[0]
    updated(later, later.old, between, later.now - timedelta(days=7))
    updated(later, between, later.new, later.now - timedelta(days=5))
    proposed = later.at("tw").propose("kr", {"title": "next"}, Times(), later.ann)
    assert later.at("kr").accept(write_signed(proposed.signed), "", "", {}, later.ann).kept.state is VersionState.ACTIVE


def test_an_offer_to_nobody_in_particular_is_named_when_it_comes_back(both: Both) -> None:
    offer = both.tw.offer("", TERMS, Times(), ANN)
    accepted = both.kr.accept(write_signed(offer.signed), "tw", both.print_of("tw"), {}, ANN).kept
    octets = write_signed(accepted.signed)
    with pytest.raises(NotAgreed, match="nobody has said what this partner is called"):
        both.tw.activate(octets, "", both.print_of("kr"), ANN)
    assert both.tw.activate(octets, "kr", both.print_of("kr"), ANN).kept.partner == "kr"


def test_the_authorities_of_one_partner_say_nothing_about_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Both(tmp_path, apart=True)
    both.agree(ours={"trust": "path", "anchors": ["ca"]})
    for node in both.nodes.values():
        node.close()
    jp = make_side(tmp_path, "jp", DemoAuthority(NOW))
    agree(both.sides["kr"], jp, trust="pinned")
    seen: list[list[bytes]] = []
    monkeypatch.setattr("node.setting.client_context", lambda identity, anchors, *_: seen.append(list(anchors)))
    setting = Setting(both.sides["kr"].folder)
    assert setting.problems.found == []
    for partner in ("tw", "jp"):
        setting.client_tls(partner, datetime.now(UTC))
    theirs = [one.der for one in setting.certificates.trust["tw/anchors"]]
    assert [theirs[0] in anchors for anchors in seen] == [True, False]


def test_an_agreement_is_ended_by_a_version_with_an_end(both: Both) -> None:
    both.agree()
    ended_ = both.follow(both.tw.propose("kr", {}, Times(until=NOW + timedelta(days=9), overlap="0s"), ANN))
    assert ended_.ends_at == NOW + timedelta(days=9)
    later = Setting(both.sides["tw"].folder, now=lambda: NOW + timedelta(days=9)).agreements
    with pytest.raises(SubmissionError, match="agreement ended on"):
        later.for_submission("kr", None, ACTION)


def test_a_new_sheet_under_the_same_name_follows_the_old_one(both: Both) -> None:
    first = both.agree(title="old")
    offer = both.tw.offer("kr", {**TERMS, "title": "new"}, Times(NOW + timedelta(hours=1)), ANN)
    accepted = both.kr.accept(write_signed(offer.signed), "tw", both.print_of("tw"), {}, ANN).kept
    second = both.tw.activate(write_signed(accepted.signed), "", both.print_of("kr"), ANN).kept
    assert (second.sheet.id != first.sheet.id, second.sheet.version, second.state) == (True, 1, VersionState.ACTIVE)
    titles = []
    for hours in (0, 2, 26):
        setting = Setting(both.sides["tw"].folder, now=lambda: NOW + timedelta(hours=hours))  # noqa: B023 - asked within the turn
        assert setting.problems.found == []
        titles.append(
            (len(setting.agreements.versions("kr")), setting.agreements.agreements["kr"].term.since == second.sheet.since)
        )
    assert titles == [(2, False), (2, True), (2, True)]


def test_an_answer_that_comes_too_late_is_refused(both: Both) -> None:
    soon = Times(answer_by=datetime.now(UTC) + timedelta(seconds=2))
    offer = both.tw.offer("kr", TERMS, soon, ANN)
    accepted = both.kr.accept(write_signed(offer.signed), "tw", both.print_of("tw"), {}, ANN).kept
    both.nodes["tw"].versions.settle(datetime.now(UTC) + timedelta(minutes=1))
    with pytest.raises(NotAgreed, match="version 1 is EXPIRED: nobody answered it by"):
        both.tw.activate(write_signed(accepted.signed), "", both.print_of("kr"), ANN)
    with pytest.raises(NotAgreed, match="no version with kr is active"):
        both.tw.newest("kr")
    assert both.agree().state is VersionState.ACTIVE


def test_an_offer_that_was_taken_back_is_not_taken_by_its_answer(both: Both) -> None:
    offer = both.tw.offer("kr", TERMS, Times(), ANN)
    assert offer.answer_by == NOW + timedelta(days=90)
    accepted = both.kr.accept(write_signed(offer.signed), "tw", both.print_of("tw"), {}, ANN).kept
    both.tw.reject("kr", 1, BEN)
    with pytest.raises(NotAgreed, match="version 1 is WITHDRAWN: it was taken back"):
        both.tw.activate(write_signed(accepted.signed), "", both.print_of("kr"), ANN)


def test_what_nobody_approved_in_time_is_proposed_anew(both: Both) -> None:
    both.agree()
    weaker = {"leg": {"security": {"send_receipt": {"non_repudiation": False}}}}
    proposed = both.tw.propose("kr", weaker, Times(), ANN)
    waits = both.kr.accept(write_signed(proposed.signed), "", "", {}, ANN)
    assert "its risk is high" in waits.waits_for
    both.nodes["kr"].versions.settle(NOW + timedelta(days=31))
    with pytest.raises(NotAgreed, match=r"version 2 is LAPSED: there is nothing to approve") as refused:
        both.kr.approve("tw", 2, BEN)
    assert "n2n partner propose" in refused.value.remedy
    with pytest.raises(NotAgreed, match=r"version 2 is LAPSED: nobody approved it by"):
        both.kr.activate(write_signed(waits.kept.signed), "", "", BEN)
    assert both.kr.newest("tw").sheet.version == 1


def test_a_counter_offer_that_expired_is_answered_too_late(both: Both) -> None:
    offer = both.tw.offer("kr", TERMS, Times(), ANN)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    countered = both.kr.counter(write_signed(offer.signed), "tw", both.print_of("tw"), {"ladder": {"L1": "15m"}}, ANN, soon)
    accepted = both.tw.accept(write_signed(countered.signed), "", both.print_of("kr"), {}, ANN).kept
    both.nodes["kr"].versions.settle(datetime.now(UTC) + timedelta(minutes=1))
    with pytest.raises(NotAgreed, match="EXPIRED"):
        both.kr.activate(write_signed(accepted.signed), "", both.print_of("tw"), ANN)


def test_an_agreed_end_is_kept_unless_somebody_takes_it_away(both: Both) -> None:
    both.agree()
    end = NOW + timedelta(days=900)
    both.follow(both.tw.propose("kr", {}, Times(until=end, overlap="0s"), ANN))
    kept = both.tw.propose("kr", {"title": "another"}, Times(overlap="0s"), ANN)
    assert kept.sheet.until == end
    both.tw.reject("kr", kept.sheet.version, ANN)
    without = both.tw.propose("kr", {}, Times(overlap="0s", unending=True), ANN)
    assert without.sheet.until is None


def test_what_was_proposed_twice_is_taken_as_the_one_that_came_back(both: Both) -> None:
    both.agree()
    first, second = (both.tw.propose("kr", {"title": one}, Times(), ANN) for one in ("first", "second"))
    assert both.follow(first).id == first.id
    assert [(one.id, one.state) for one in both.tw.versions("kr")][1:] == [
        (first.id, VersionState.ACTIVE),
        (second.id, VersionState.OFFERED),
    ]
    # The other one branches off now: it is refused before it is signed.
    with pytest.raises(NotAgreed, match="another version 2 is ACTIVE here, with a different title"):
        both.kr.accept(write_signed(second.signed), "", "", {}, ANN)
    assert [one.sheet.version for one in both.kr.versions("tw")] == [1, 2]


def test_what_is_accepted_twice_is_the_same(both: Both) -> None:
    octets = write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed)
    first, second = (both.kr.accept(octets, "tw", both.print_of("tw"), {}, ANN).kept for _ in range(2))
    assert (second.id, second.state, second.signed) == (first.id, VersionState.ACTIVE, first.signed)
    assert both.tw.activate(write_signed(second.signed), "", both.print_of("kr"), ANN).kept.state is VersionState.ACTIVE


def test_what_was_answered_with_other_terms_is_not_accepted_as_well(both: Both) -> None:
    both.agree()
    octets = write_signed(both.tw.propose("kr", {"title": "x"}, Times(), ANN).signed)
    both.kr.counter(octets, "", "", {"title": "y"}, ANN)
    with pytest.raises(NotAgreed, match="version 2 was answered with other terms here"):
        both.kr.accept(octets, "", "", {}, ANN)


def test_a_partner_has_a_name_that_can_be_a_folder_and_is_not_taken_for_another(both: Both) -> None:
    octets = write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed)
    for name in ("../../x", " tw", "tw\n", "\x1b[31m", ".", "x" * 101):
        with pytest.raises(NotAgreed, match="is no name of a partner"):
            both.kr.accept(octets, name, both.print_of("tw"), {}, ANN)
        with pytest.raises(NotAgreed, match="is no name of a partner"):
            both.tw.offer(name, TERMS, Times(), ANN)
    with pytest.raises(NotAgreed, match="a partner is called kr already"):
        both.tw.offer("KR", TERMS, Times(), ANN)


def test_a_certificate_that_is_over_vouches_for_nothing_whenever_it_says_that_it_signed(both: Both) -> None:
    both.agree()
    octets = write_signed(both.tw.propose("kr", {"title": "x"}, Times(), ANN).signed)
    node = both.nodes["kr"]
    late = Agreeing(node.setting, node.versions, node.gates, StandingClock(NOW + timedelta(days=10_000)), lambda: "x")
    assert both.kr.look(octets, "").vouched
    assert not late.look(octets, "").vouched
    with pytest.raises(FingerprintWanted):
        late.accept(octets, "", "", {}, ANN)


def test_a_certificate_that_was_taken_back_signs_nothing(tmp_path: Path) -> None:
    authority = Telling(NOW, "http://127.0.0.1:9", "list")
    sides = {name: make_side(tmp_path, name, authority) for name in ("tw", "kr")}
    with closing(Node.open(sides["tw"].folder)) as tw, closing(Node.open(sides["kr"].folder)) as kr:
        offer = write_signed(tw.agreeing.offer("kr", TERMS, Times(), ANN).signed)
        (held,) = load_certificates(sides["tw"].issued["sign"].certificate)
        octets = authority.list({held.serial: NOW}, NOW, timedelta(days=1), 1)
        kr.setting.revocations.take_list(octets, load_certificates(authority.certificate), "http://127.0.0.1:9/ca.crl", NOW)
        with pytest.raises(NotAgreed, match=r"was taken back: .*revoked"):
            kr.agreeing.accept(offer, "tw", held.sha256, {}, ANN)


def test_what_is_approved_is_what_is_shown(both: Both) -> None:
    both.agree()
    # One waits for a second person, another one under its number for the partner.
    waits = both.follow(both.tw.propose("kr", {"ours": {"url": "https://127.0.0.1:9/as4"}}, Times(), ANN))
    other = both.tw.propose("kr", {"ours": {"url": "https://evil.example/as4"}}, Times(), ANN)
    assert both.tw.version("kr", 2).id == waits.id
    for step in (both.tw.approve, both.tw.reject):
        with pytest.raises(NotAgreed, match="several versions have the number 2"):
            step("kr", 2, BEN)
    with pytest.raises(NotAgreed, match="no version 2 of kr has a SHA-256"):
        both.tw.approve("kr", 2, BEN, "0" * 16)
    assert both.tw.version("kr", 2, other.sheet.digest).id == other.id
    assert both.tw.approve("kr", 2, BEN, waits.sheet.digest[:16]).kept.id == waits.id
    assert both.tw.newest("kr").id == waits.id


def test_a_sheet_that_the_others_leave_no_room_for_is_refused_and_the_node_goes_on(tmp_path: Path) -> None:
    authority = DemoAuthority(NOW)
    tw, kr, jp = (make_side(tmp_path, name, authority) for name in ("tw", "kr", "jp"))
    agree(tw, kr)
    settings = jp.folder / "node.toml"
    as_itself = settings.read_text()
    theirs = (kr.folder / "certs" / "own" / "tls.pem").read_bytes()
    with closing(Node.open(tw.folder)) as node:
        for said, changed, tls in (
            ("is agreed twice", as_itself.replace("JP-CUSTOMS", "KR-CUSTOMS"), None),
            ("is the certificate of kr too", as_itself, theirs),
        ):
            settings.write_text(changed)
            if tls:
                put_own_key(jp.folder, "theirs", tls)
            with closing(Node.open(jp.folder)) as other:
                ours = {"ours": {"tls": ["theirs"]}} if tls else {}
                octets = write_signed(other.agreeing.offer("tw", {**TERMS, **ours}, Times(), ANN).signed)
            (held,) = load_certificates(jp.issued["sign"].certificate)
            with pytest.raises(ConfigurationError, match=said):
                node.agreeing.accept(octets, "jp", held.sha256, {}, ANN)
        assert node.versions.of("jp") == []
    # It would have kept the node from starting.
    Setting(tw.folder).problems.raise_if_any()


def test_a_higher_floor_of_tls_than_ours_is_told_before_it_is_agreed(both: Both) -> None:
    terms = {**TERMS, "leg": {"protocol": {"security": {"protocol_version": "1.3"}}}}
    with pytest.raises(ConfigurationError, match=r"1\.3 is agreed, and listen\.minimum_tls of node\.toml lets in 1\.2"):
        both.tw.offer("kr", terms, Times(), ANN)


def test_an_acceptance_that_was_cut_off_goes_on_where_it_stopped(both: Both) -> None:
    octets = write_signed(both.tw.offer("kr", TERMS, Times(), ANN).signed)
    said = ("tw", both.print_of("tw"), {}, ANN)
    with pytest.raises(RuntimeError), patch.object(StoredGates, "record", side_effect=RuntimeError):
        both.kr.accept(octets, *said)
    assert [one.state for one in both.kr.versions("tw")] == [VersionState.ACCEPTED]
    assert both.kr.accept(octets, *said).kept.state is VersionState.ACTIVE
    assert [one.gate for one in both.nodes["kr"].gates.of("tw")] == [2]
    assert len(both.kr.versions("tw")) == 1


def test_a_time_for_the_answer_that_is_over_and_an_address_that_the_partner_would_refuse_are_told(both: Both) -> None:
    both.agree()
    late = Times(answer_by=NOW)
    for step in (lambda: both.tw.offer("kr", TERMS, late, ANN), lambda: both.tw.propose("kr", {"title": "x"}, late, ANN)):
        with pytest.raises(NotAgreed, match="an answer is wanted by a time that is over"):
            step()
    for url in ("http://as4.tw.example/as4", "as4.tw.example", "https://[as4"):
        with pytest.raises(ConfigurationError, match=r"terms: ours\.url: must be (an )?https"):
            both.tw.propose("kr", {"ours": {"url": url}}, Times(), ANN)
    assert len(both.tw.versions("kr")) == 1
