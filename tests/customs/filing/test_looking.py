"""A check's questions are remembered, and told apart when they are answered otherwise."""

import pytest

from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.looking import Looking
from tests.registered import ISSUER, NUMBER, SUBJECT, Clerk, certificate, message_id, question, utilisation


@pytest.fixture
def clerk():
    clerk = Clerk(DocumentsInMemory())
    clerk.accept(certificate())
    return clerk


QUESTIONS = {
    "message": ("TW-CUSTOMS", message_id("u1")),
    "numbered": ("co.utilisation", NUMBER, ISSUER),
    "naming": ("co.utilisation", SUBJECT, "TW-CUSTOMS"),
    "state": (SUBJECT, "use"),
    "written_off": (SUBJECT, "1 KGM"),
    "standing": ("KR-KCS", message_id(f"{NUMBER}.1")),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_that_changes_is_seen(clerk, name):
    looked = Looking(clerk.register)
    answer = getattr(looked, name)(*QUESTIONS[name])
    assert answer == getattr(clerk.register, name)(*QUESTIONS[name])
    assert looked.changed(clerk.register) == ""
    clerk.accept(question("q1"))
    assert looked.changed(clerk.register) == ""
    clerk.accept(utilisation("u1", "5"))
    assert looked.changed(clerk.register) == name


def test_a_second_document_after_the_first_is_seen(clerk):
    looked = Looking(clerk.register)
    looked.numbered("co.certificate", NUMBER, None)
    clerk.accept(certificate(version=2, function="4"))
    assert looked.changed(clerk.register) == "numbered"


def test_it_says_under_which_keys_a_change_would_be_written(clerk):
    looked = Looking(clerk.register)
    for name, about in QUESTIONS.items():
        getattr(looked, name)(*about)
    assert set(looked.asked_about()) == {
        ("TW-CUSTOMS", message_id("u1")),
        ("co.utilisation", NUMBER),
        ("co.certificate", NUMBER),
        ("KR-KCS", message_id(f"{NUMBER}.1")),
    }
