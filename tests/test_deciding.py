"""A person releases or refuses what a rule holds: it goes on file or never does, and the partner is told."""

import pytest

from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import IN, OUT, Carried, NotHeld
from node.deciding import NotReleasable
from tests.documents import sample
from tests.registered import NUMBER, SUBJECT, Clerk, certificate, hold, utilisation

CARRIED = Carried(IN, "held@kr", "kr", conversation_id="talk")


@pytest.fixture
def node(taiwan):
    return taiwan


def held(node, octets=None, carried=CARRIED):
    return hold(Clerk(node.documents), octets or certificate(), carried).entry


def test_a_released_document_is_on_file_and_the_partner_is_told(node):
    entry = held(node)
    recorded = node.on_file.deciding.release(entry, "wang", "confirmed by telephone")
    assert (recorded.entry.outcome, recorded.entry.held, recorded.entry.decided_by) == ("AP", False, "wang")
    assert node.documents.state(SUBJECT, "issue") == "ISSUED"
    (answer,) = recorded.answers
    assert (answer.sending, answer.carried.direction, answer.carried.conversation_id) == ("DUE", OUT, "talk")
    octets = node.documents.octets(answer.id)
    assert b"<LadderLevelCode>L4<" in octets
    assert b"<OutcomeCode>AP<" in octets
    again = node.on_file.deciding.release(node.documents.entry(entry.id), "wang", "confirmed by telephone")
    assert (again.again, again.answers) == (True, recorded.answers)
    with pytest.raises(NotHeld, match="wang has decided AP"):
        node.on_file.deciding.release(node.documents.entry(entry.id), "lee", "again")
    with pytest.raises(NotHeld):
        node.on_file.deciding.refuse(node.documents.entry(entry.id), "lee", "no")


def test_a_refused_document_is_not_and_the_partner_is_told_why(node):
    entry = held(node)
    recorded = node.on_file.deciding.refuse(entry, "wang", "issued by nobody")
    assert (recorded.entry.outcome, recorded.entry.decided_because) == ("RE", "issued by nobody")
    assert node.documents.numbered("co.certificate", NUMBER, None) == []
    octets = node.documents.octets(recorded.answers[0].id)
    for said in (b"<LadderLevelCode>L4<", b"<OutcomeCode>RE<", b"<FunctionCode>27<", b"Refused after review: issued by nobody"):
        assert said in octets
    assert node.checking.packs.named("gen.response") is not None
    again = node.on_file.deciding.refuse(node.documents.entry(entry.id), "wang", "issued by nobody")
    assert (again.again, len(again.answers)) == (True, 1)


def test_what_would_be_refused_today_is_not_released(node):
    entry = held(node, utilisation("u1", "5", number="013-26-0000000"))
    with pytest.raises(NotReleasable, match=r"it would be refused today: .*CO-30"):
        node.on_file.deciding.release(entry, "wang", "why")
    assert node.documents.entry(entry.id).held


def test_what_came_once_more_and_was_accepted_is_not_released_again(node):
    entry = held(node)
    Clerk(node.documents).accept(certificate(), Carried(IN, "other@kr", "kr"))
    with pytest.raises(NotReleasable, match="on file already"):
        node.on_file.deciding.release(entry, "wang", "why")


def test_a_list_that_is_released_takes_effect_also_when_that_was_cut_off(node, monkeypatch):
    octets = sample("aeo-full-50").read_bytes()
    entry = held(node, octets, Carried(IN, "list@kr", "kr"))
    monkeypatch.setattr(node.checking.judging, "judge_again", lambda entry, octets, looked, at: Clerk(looked).check(octets, at))
    monkeypatch.setattr(node.checking, "take_list", _dies)
    with pytest.raises(KeyboardInterrupt):
        node.on_file.deciding.release(entry, "wang", "why")
    monkeypatch.undo()
    assert node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 0
    again = node.on_file.deciding.release(node.documents.entry(entry.id), "wang", "why")
    assert again.again
    assert node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 1200
    with pytest.raises(NoLongerThere):
        node.documents.octets(entry.id)


def _dies(*_):
    raise KeyboardInterrupt
