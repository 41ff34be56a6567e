"""Every step of the life cycles is allowed where the tables have it, and refused by LC-02 everywhere else; only the owner steps."""

import pytest

from node.customs.checking.offline import Offline
from tests.customs.rules.co import COPY, RCEP, TWKR
from tests.customs.rules.table import changed
from tests.documents import NOW, packs, sample

USE, REQUEST, REPLY = "co-utilisation-part", "co-verification-request", "co-verification-reply"
SEA, ARRIVAL = "man-sea-20", "man-arrival-short"
HEAD = "DocumentHeader/"
#: Source: DESIGN 5.2, 7.1. State -> event -> the state after it; every other event is refused.
ISSUE = {
    "": {"issue": "ISSUED"},
    "ISSUED": {"amend": "AMENDED", "cancel": "CANCELLED", "replace": "REPLACED", "copy": "ISSUED"},
    "AMENDED": {"amend": "AMENDED", "cancel": "CANCELLED", "replace": "REPLACED", "copy": "AMENDED"},
    "CANCELLED": {},
    "REPLACED": {},
}
USED = {
    "NONE": {"PRESENTED": "PRESENTED", "PARTLY-USED": "PARTLY-USED", "USED": "USED"},
    "PRESENTED": {"PARTLY-USED": "PARTLY-USED", "USED": "USED"},
    "PARTLY-USED": {"PARTLY-USED": "PARTLY-USED", "USED": "USED"},
    "USED": {},
}
VERIFIED = {
    "NONE": {"ask": "ASKED"},
    "ASKED": {"CONFIRMED": "VERIFIED", "PARTLY": "VERIFIED", "NOT-CONFIRMED": "NOT-VERIFIED"},
    "VERIFIED": {"ask": "ASKED"},
    "NOT-VERIFIED": {"ask": "ASKED"},
}
REPORT = {
    "": {"file": "ON-FILE"},
    "ON-FILE": {"amend": "AMENDED", "replace": "AMENDED", "cancel": "CANCELLED", "arrive": "ARRIVED"},
    "AMENDED": {"amend": "AMENDED", "replace": "AMENDED", "cancel": "CANCELLED", "arrive": "ARRIVED"},
    "ARRIVED": {"amend": "ARRIVED"},
    "CANCELLED": {},
}
TABLES = {("co.certificate", "issue"): ISSUE, ("co.certificate", "use"): USED, ("co.certificate", "verification"): VERIFIED}
TABLES["man.cargo-report", "report"] = REPORT


@pytest.mark.parametrize(("type_id", "name"), TABLES)
def test_the_machine_is_the_table(type_id, name):
    machine, table = packs().machines(type_id)[name], TABLES[type_id, name]
    assert {machine.initial} <= set(table)
    events = {event for row in table.values() for event in row} | {transition.event for transition in machine.transitions}
    if name == "issue":
        events.discard("reissue")
        assert machine.step("", "reissue").target == "ISSUED"
    for state in (*table, *machine.states):
        for event in events:
            row = machine.step(state, event)
            assert (row.target if row else None) == table.get(state, {}).get(event), f"{state} {event}"


# -- whole documents


def document(name, number, **changes):
    return changed(sample(name).read_bytes(), {HEAD + "MessageID": f"m{number}", **changes})


ISSUED = {"PreviousDocument": None, "StatusReasonCode": None, HEAD + "FunctionCode": "9"}


def certificate(number, event, version):
    functions = {"issue": "9", "amend": "4", "cancel": "1"}
    if event == "replace":
        return document(TWKR, number, **{"ID": f"000-00-{number:07}", "PreviousDocument/ID": "013-26-0771339"})
    if event == "copy":
        copy = {key: value for key, value in COPY.items() if not key.startswith("+")}
        more = {"PreviousDocument/RelationCode": "TCO", "PreviousDocument/ID": "013-26-0771339"}
        more["+Transport"] = "<AdditionalInformation><StatementCode>TCO</StatementCode></AdditionalInformation>"
        return document(TWKR, number, **{**copy, HEAD + "MessageID": f"m{number}", "ID": f"000-00-{number:07}", **more})
    changes = dict(ISSUED) if event == "issue" else {"PreviousDocument": None}
    return document(TWKR, number, **{**changes, HEAD + "FunctionCode": functions[event], "VersionID": str(version)})


WAYS = {
    "": (),
    "ISSUED": ("issue",),
    "AMENDED": ("issue", "amend"),
    "CANCELLED": ("issue", "cancel"),
    "REPLACED": ("issue", "replace"),
}


@pytest.mark.parametrize("state", ISSUE)
@pytest.mark.parametrize("event", ["issue", "amend", "cancel", "replace", "copy"])
def test_every_change_of_a_certificate_in_every_state(state, event):
    desk = Offline(packs())
    version = 1
    for number, before in enumerate(WAYS[state], 1):
        version = 1 if before in {"issue", "replace"} else version + 1
        assert desk.accept(certificate(number, before, version), NOW).verdict.accepted
    checked = desk.check(certificate(9, event, 1 if event == "issue" else version + 1), NOW)
    if event in ISSUE[state]:
        assert checked.verdict.accepted
        moved = {(move.subject[1], move.after) for move in checked.filing.moves}
        assert ("013-26-0771339", ISSUE[state][event]) in moved
    else:
        # What begins is refused when its number is there, what changes when it is not.
        wanted = "LC-01" if state == "" else "LC-02"
        assert wanted in {one.rule for one in checked.verdict.findings}


@pytest.mark.parametrize("state", ["NONE", "PRESENTED", "PARTLY-USED", "USED"])
@pytest.mark.parametrize("event", ["PRESENTED", "PARTLY-USED", "USED"])
def test_every_use_in_every_state(state, event):
    desk = Offline(packs())
    desk.put_on_file(sample(TWKR).read_bytes(), NOW)
    small = {"Item/QuantityQuantity": "1"}
    if state != "NONE":
        assert desk.accept(document(USE, 1, UtilisationCode=state, **small), NOW).verdict.accepted
    found = [one.rule for one in desk.check(document(USE, 2, UtilisationCode=event, **small), NOW).verdict.findings]
    assert found == ([] if event in USED[state] else ["LC-02"])


@pytest.mark.parametrize("first", [None, "CONFIRMED", "PARTLY", "NOT-CONFIRMED"])
def test_a_verification_may_be_asked_again_and_answered_once(first):
    desk = Offline(packs())
    desk.put_on_file(sample(RCEP).read_bytes(), NOW)
    assert desk.accept(document(REQUEST, 1), NOW).verdict.accepted
    assert [one.rule for one in desk.check(document(REQUEST, 2, ID="V-2"), NOW).verdict.findings] == ["LC-02"]
    if first is None:
        return
    assert desk.accept(document(REPLY, 3, OutcomeCode=first), NOW).verdict.accepted
    assert [one.rule for one in desk.check(document(REPLY, 4), NOW).verdict.findings] == ["LC-02"]
    assert desk.check(document(REQUEST, 5, ID="V-2"), NOW).verdict.accepted


def test_verification_stays_possible_in_every_state_of_the_certificate():
    desk = Offline(packs())
    desk.put_on_file(certificate(1, "issue", 1), NOW)
    desk.put_on_file(certificate(2, "cancel", 2), NOW)
    named = {"ReferencedCertificate/ID": "013-26-0771339", "ReferencedCertificate/IssuingAuthorityID": "KR-CCI-01"}
    changes = {**named, HEAD + "SenderAuthority": "TW-CUSTOMS", HEAD + "RecipientAuthority": "KR-KCS"}
    assert desk.check(document(REQUEST, 3, **changes), NOW).verdict.accepted


def test_a_certificate_that_was_cancelled_is_not_used():
    desk = Offline(packs())
    desk.put_on_file(certificate(1, "issue", 1), NOW)
    assert desk.check(document(USE, 2), NOW).verdict.accepted
    desk.put_on_file(certificate(3, "cancel", 2), NOW)
    (found,) = [one for one in desk.check(document(USE, 4), NOW).verdict.findings if one.rule == "LC-02"]
    assert found.args == ("013-26-0771339", "CANCELLED")


WAYS_OF_REPORTS = {
    "ON-FILE": ("file",),
    "AMENDED": ("file", "amend"),
    "CANCELLED": ("file", "cancel"),
    "ARRIVED": ("file", "arrive"),
}


def report(number, event, version):
    if event == "arrive":
        return document(ARRIVAL, number, ReportVersionID=str(version - 1))
    functions = {"file": "9", "amend": "4", "replace": "5", "cancel": "1"}
    return document(SEA, number, **{HEAD + "FunctionCode": functions[event], "VersionID": str(version)})


@pytest.mark.parametrize("state", WAYS_OF_REPORTS)
@pytest.mark.parametrize("event", ["file", "amend", "replace", "cancel", "arrive"])
def test_every_change_of_a_manifest_in_every_state(state, event):
    desk = Offline(packs())
    version = 1
    for number, before in enumerate(WAYS_OF_REPORTS[state], 1):
        assert desk.accept(report(number, before, version), NOW).verdict.accepted
        version += before != "arrive"
    found = [one.rule for one in desk.check(report(9, event, 1 if event == "file" else version), NOW).verdict.findings]
    assert found == ([] if event in REPORT[state] else ["LC-02"])
