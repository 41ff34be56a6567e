"""The register of documents: what a worker writes is written once, whole, and only when the check still holds."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread

import pytest

from node.customs.filing.on_file import NoLongerThere, Standing
from node.customs.filing.registration import IN, OUT, Carried, CheckAgain, Decision, NotHeld
from node.store import prepared
from node.store.document_statements import LINE
from tests.registered import (
    ISSUER,
    NOW,
    NUMBER,
    SUBJECT,
    Clerk,
    answering,
    certificate,
    documents_of,
    hold,
    later,
    message_id,
    question,
    reply,
    rules,
    utilisation,
)

ROOT = Path(__file__).parents[2]
FIRST = Carried(IN, "first@kr", "kr", conversation_id="talk")


@pytest.fixture
def clerk(store):
    return Clerk(documents_of(store))


def accepted(clerk, octets, carried=None, **more):
    checked, looked = clerk.looked(octets)
    assert checked.filing is not None, rules(checked)
    return clerk.record(octets, checked, looked, carried, **more)


def test_an_accepted_document_is_on_file_with_everything_that_it_changes(clerk):
    octets = certificate()
    recorded = accepted(clerk, octets, FIRST)
    register, entry = clerk.register, recorded.entry
    assert (recorded.again, entry.outcome, entry.carried, entry.answers, entry.sending) == (False, "AP", FIRST, None, "")
    assert (entry.about.number, entry.about.version, entry.about.issuer, entry.about.retention) == (NUMBER, 1, ISSUER, "origin")
    (filed,) = register.numbered("co.certificate", NUMBER, None)
    assert (filed.octets, filed.sender, filed.filed_at) == (octets, "KR-KCS", NOW)
    assert register.message("KR-KCS", filed.message_id) == filed
    assert register.state(SUBJECT, "issue") == "ISSUED"
    accepted(clerk, utilisation("u1", "5000.5"))
    accepted(clerk, utilisation("u2", "12.25"))
    assert register.written_off(SUBJECT, "1 KGM") == Decimal("5012.75")
    assert [one.message_id for one in register.naming("co.utilisation", SUBJECT, "TW-CUSTOMS")] == [
        message_id("u1"),
        message_id("u2"),
    ]
    # The use is step L5 of the certificate.
    assert register.standing("KR-KCS", filed.message_id) == Standing("L5", ended=False)


def test_the_same_payload_again_changes_nothing_and_gives_what_was_recorded(clerk):
    octets = certificate()
    checked, looked = clerk.looked(octets)
    first = clerk.record(octets, checked, looked, FIRST, answer=answering(clerk, checked, octets, "r1"))
    # As after a crash: checked once more, with another answer.
    checked, looked = clerk.looked(octets)
    assert checked.duplicate
    again = clerk.record(octets, checked, looked, FIRST, at=later(hours=1))
    assert (again.again, again.entry, again.answers) == (True, first.entry, first.answers)
    assert len(clerk.register.entries()) == 2
    assert len(clerk.register.numbered("co.certificate", NUMBER, None)) == 1


def test_the_same_document_in_another_message_is_judged_as_it_was(clerk):
    octets = certificate(goods="Frozen mackerel")
    first = accepted(clerk, octets, FIRST)
    checked, looked = clerk.looked(octets)
    other = clerk.record(octets, checked, looked, Carried(IN, "other@kr", "kr"))
    assert (other.again, other.entry.duplicate_of, other.entry.outcome) == (False, first.entry.id, "AP")
    assert len(clerk.register.numbered("co.certificate", NUMBER, None)) == 1


def test_a_refused_document_is_in_the_register_and_not_on_file(clerk):
    octets = utilisation("u1", "1")
    checked, looked = clerk.looked(octets)
    entry = clerk.record(octets, checked, looked, FIRST).entry
    assert (entry.outcome, [one["rule"] for one in entry.findings]) == ("RE", ["CO-30"])
    assert (entry.about.document_id, entry.size, clerk.register.octets(entry.id)) == (message_id("u1"), len(octets), octets)
    assert clerk.register.message("TW-CUSTOMS", message_id("u1")) is None
    assert clerk.register.with_number(NUMBER) == [entry]


def test_octets_that_are_no_document_are_in_the_register(clerk):
    checked, looked = clerk.looked(b"<nothing/>")
    entry = clerk.record(b"<nothing/>", checked, looked, FIRST).entry
    assert (entry.outcome, entry.about.type_id, clerk.register.octets(entry.id)) == ("RE", "", b"<nothing/>")


def test_an_answer_is_owed_until_it_was_sent(clerk):
    octets = certificate()
    checked, looked = clerk.looked(octets)
    recorded = clerk.record(octets, checked, looked, FIRST, answer=answering(clerk, checked, octets, "r1"))
    (owed,) = clerk.register.owed(9)
    assert owed.entry == recorded.answers[0]
    assert (owed.entry.carried, owed.ref_to_message_id) == (Carried(OUT, "r1@tw", "kr"), "first@kr")
    assert (owed.entry.about.type_id, owed.entry.about.correlation) == ("gen.response", recorded.entry.about.document_id)
    assert b"<OutcomeCode>AP" in owed.octets
    assert clerk.register.standing("KR-KCS", recorded.entry.about.document_id) == Standing("L2", ended=False)
    assert clerk.register.owed(9, after=owed.entry.id) == []
    assert (clerk.register.sent(owed.entry.id), clerk.register.sent(owed.entry.id)) == (True, False)
    assert clerk.register.owed(9) == []
    assert clerk.register.answers_of(recorded.entry.id)[0].sending == "SENT"


def moved_meanwhile():
    first = certificate()
    return [
        # the life cycle: cancelled between check and write, which the guard of another machine asks about
        ([first], utilisation("u1", "10"), certificate(version=2, function="1")),
        # the same machine: two amendments both make version 2, and the state is AMENDED before and after
        (
            [first, certificate(version=2, function="4")],
            certificate(version=3, function="4"),
            certificate(version=3, function="4", name="x"),
        ),
        # the sum: each alone is within what was certified
        ([first], utilisation("u1", "5000"), utilisation("u2", "5000")),
        # GEN-07: another document under this MessageID
        ([], certificate(name="same"), certificate("013-26-0771205", name="same")),
        # not on file, and then it is
        ([], utilisation("u1", "10"), first),
    ]


@pytest.mark.parametrize("case", range(5))
def test_what_has_changed_since_the_check_is_checked_again(clerk, case):
    prior, octets, between = moved_meanwhile()[case]
    for one in prior:
        accepted(clerk, one)
    checked, looked = clerk.looked(octets)
    accepted(clerk, between)
    before = clerk.register.entries()
    with pytest.raises(CheckAgain):
        clerk.record(octets, checked, looked, FIRST)
    assert clerk.register.entries() == before
    again, looked = clerk.looked(octets)
    assert again.verdict.accepted != checked.verdict.accepted
    assert clerk.record(octets, again, looked, FIRST).entry.outcome == again.verdict.outcome.value


def test_what_others_change_elsewhere_does_not_disturb(clerk):
    accepted(clerk, certificate())
    checked, looked = clerk.looked(utilisation("u1", "10"))
    accepted(clerk, certificate("013-26-0771205"))
    assert not clerk.record(utilisation("u1", "10"), checked, looked).again


def test_moves_are_verified_even_where_nobody_remembers_the_questions(clerk):
    accepted(clerk, certificate())
    octets = certificate(version=2, function="4")
    checked, _ = clerk.looked(octets)
    accepted(clerk, certificate(version=2, function="1", name="cancelled"))
    with pytest.raises(CheckAgain, match="issue of 013-26-0771204 is CANCELLED now, no longer ISSUED"):
        clerk.record(octets, checked, None, FIRST)


@pytest.mark.parametrize("same", [False, True])
def test_of_many_at_once_no_more_is_taken_than_was_certified(open_at, same):
    """Two stores on one database, as two nodes have them, and threads on both."""
    clerks = [Clerk(documents_of(open_at())) for _ in range(2)]
    accepted(clerks[0], certificate())
    barrier, tries = Barrier(8), []

    def use(number):
        clerk = clerks[number % 2]
        octets = utilisation("u" if same else f"u{number}", "2000")
        carried = Carried(IN, "u@kr" if same else f"u{number}@kr", "kr")
        barrier.wait()
        while True:
            checked, looked = clerk.looked(octets)
            try:
                tries.append((clerk.record(octets, checked, looked, carried), checked.verdict.accepted))
            except CheckAgain:
                continue
            return

    threads = [Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    register = clerks[1].register
    assert len(tries) == 8
    if same:
        assert sum(not recorded.again for recorded, _ in tries) == 1
        assert register.written_off(SUBJECT, "1 KGM") == 2000
    else:
        # Of 9000 KGM, four times 2000 and no fifth time.
        assert sorted(recorded.entry.outcome for recorded, _ in tries) == ["AP"] * 4 + ["RE"] * 4
        assert register.written_off(SUBJECT, "1 KGM") == 8000
    uses = register.naming("co.utilisation", SUBJECT, "TW-CUSTOMS")
    assert len(uses) == (1 if same else 4)


def test_what_is_not_kept_is_told(clerk):
    with pytest.raises(NoLongerThere, match="the octets of document 99 are not kept"):
        clerk.register.octets(99)


def test_the_columns_of_an_entry_are_those_of_its_statements():
    assert tuple(column.name for column in LINE) == prepared.DOCUMENT_COLUMNS


def test_what_is_not_known_is_nowhere(clerk):
    register = clerk.register
    assert register.entry(7) is register.entry(None) is None
    assert register.entries() == register.carried_by(IN, "x") == register.said("x") == register.with_number("x") == []
    assert register.owed(9) == []


# -- held documents ------------------------------------------------------------------------------------------------


def held(clerk, octets):
    """A certificate that a rule holds."""
    return hold(clerk, octets, FIRST).entry


def test_a_held_document_is_filed_when_somebody_releases_it(clerk):
    octets = certificate()
    entry = held(clerk, octets)
    assert clerk.register.entries(held=True) == [entry]
    assert entry.held
    assert clerk.register.numbered("co.certificate", NUMBER, None) == []
    checked, looked = clerk.looked(octets)
    decision = Decision(entry.id, "wang", "papers seen", later(hours=1), checked.filing)
    recorded = clerk.register.decide(decision, looked, answering(clerk, checked, octets, "r2"))
    assert (recorded.entry.outcome, recorded.entry.decided_by, recorded.entry.decided_because) == ("AP", "wang", "papers seen")
    assert recorded.entry.decided_at == later(hours=1)
    assert [one.sending for one in recorded.answers] == ["DUE"]
    assert clerk.register.state(SUBJECT, "issue") == "ISSUED"
    assert clerk.register.entries(held=True) == []
    again = clerk.register.decide(decision, looked)
    assert (again.again, again.entry) == (True, recorded.entry)
    with pytest.raises(NotHeld, match=r"is not held: wang has decided AP"):
        clerk.register.decide(Decision(entry.id, "lee", "no", later(hours=2), None), None)


def test_a_held_document_that_is_refused_is_never_filed(clerk):
    entry = held(clerk, certificate())
    recorded = clerk.register.decide(Decision(entry.id, "wang", "forged", later(hours=1), None), None)
    assert (recorded.entry.outcome, recorded.entry.held) == ("RE", False)
    assert clerk.register.numbered("co.certificate", NUMBER, None) == []


def test_what_was_not_held_is_not_decided(clerk):
    entry = accepted(clerk, certificate()).entry
    with pytest.raises(NotHeld, match="is not held: it is AP"):
        clerk.register.decide(Decision(entry.id, "wang", "why", NOW, None), None)
    with pytest.raises(NotHeld, match="there is no document 99"):
        clerk.register.decide(Decision(99, "wang", "why", NOW, None), None)


def test_a_release_is_checked_against_what_is_on_file_then(clerk):
    entry = held(clerk, certificate(name="same"))
    checked, looked = clerk.looked(certificate(name="same"))
    accepted(clerk, certificate("013-26-0771205", name="same"))
    with pytest.raises(CheckAgain):
        clerk.register.decide(Decision(entry.id, "wang", "why", NOW, checked.filing), looked)
    assert clerk.register.entries(held=True) == [entry]


# -- verification --------------------------------------------------------------------------------------------------


def test_a_question_and_its_reply_move_the_verification(clerk):
    accepted(clerk, certificate())
    accepted(clerk, question("q1"))
    assert clerk.register.state(SUBJECT, "verification") == "ASKED"
    accepted(clerk, reply("a1", "q1"))
    assert clerk.register.state(SUBJECT, "verification") == "VERIFIED"


# -- a crash -------------------------------------------------------------------------------------------------------

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from node import failpoints
from node.customs.filing.registration import IN, Carried
from node.store.messages import open_store
from tests.registered import Clerk, answering, documents_of, utilisation
store = open_store(Path(sys.argv[1]), lambda: "child", datetime(2026, 11, 24, tzinfo=UTC), url=sys.argv[2])
clerk = Clerk(documents_of(store))
octets = utilisation("u1", "100")
checked, looked = clerk.looked(octets)
failpoints.arm(sys.argv[3])
clerk.record(octets, checked, looked, Carried(IN, "u1@kr", "kr"), answer=answering(clerk, checked, octets, "r1"))
"""


@pytest.mark.parametrize("name", ["doc.record.before_commit", "doc.record.after_commit"])
def test_a_kill_loses_nothing_and_doubles_nothing(open_at, url, tmp_path, name):
    store = open_at()
    accepted(Clerk(documents_of(store)), certificate())
    store.close()
    dead = subprocess.run([sys.executable, "-c", CHILD, tmp_path / "data", url, name], cwd=ROOT, capture_output=True, check=False)
    assert dead.returncode == -9, dead.stderr.decode()
    clerk = Clerk(documents_of(open_at()))
    done = name.endswith("after_commit")
    octets = utilisation("u1", "100")
    assert clerk.register.written_off(SUBJECT, "1 KGM") == (100 if done else 0)
    checked, looked = clerk.looked(octets)
    assert checked.duplicate == done
    answer = None if done else answering(clerk, checked, octets, "r1")
    recorded = clerk.record(octets, checked, looked, Carried(IN, "u1@kr", "kr"), answer=answer)
    assert recorded.again == done
    assert clerk.register.written_off(SUBJECT, "1 KGM") == 100
    assert [one.entry.carried.message_id for one in clerk.register.owed(9)] == ["r1@tw"]
    assert len(clerk.register.entries()) == 3


DECIDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from node import failpoints
from node.customs.filing.registration import Decision
from node.store.messages import open_store
from tests.registered import NOW, Clerk, certificate, documents_of
store = open_store(Path(sys.argv[1]), lambda: "child", datetime(2026, 11, 24, tzinfo=UTC), url=sys.argv[2])
clerk = Clerk(documents_of(store))
checked, looked = clerk.looked(certificate())
failpoints.arm(sys.argv[3])
clerk.register.decide(Decision(1, "wang", "papers seen", NOW, checked.filing), looked)
"""


@pytest.mark.parametrize("name", ["doc.decide.before_commit", "doc.decide.after_commit"])
def test_a_kill_while_somebody_decides_decides_once_or_not_at_all(open_at, url, tmp_path, name):
    store = open_at()
    held(Clerk(documents_of(store)), certificate())
    store.close()
    dead = subprocess.run(
        [sys.executable, "-c", DECIDER, tmp_path / "data", url, name], cwd=ROOT, capture_output=True, check=False
    )
    assert dead.returncode == -9, dead.stderr.decode()
    clerk = Clerk(documents_of(open_at()))
    done = name.endswith("after_commit")
    assert clerk.register.entry(1).held is not done
    assert len(clerk.register.numbered("co.certificate", NUMBER, None)) == done
    if not done:
        checked, looked = clerk.looked(certificate())
        assert not clerk.register.decide(Decision(1, "wang", "papers seen", NOW, checked.filing), looked).again
    assert clerk.register.state(SUBJECT, "issue") == "ISSUED"
