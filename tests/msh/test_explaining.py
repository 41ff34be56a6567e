"""An explanation says what the live path then does, for a corpus of messages good and bad, and changes nothing (ux.md goal 14)."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from bench.pair import Node, body_of
from node.msh.explaining import NOT_REACHED, PASSED, REFUSED, Explanation, explain
from node.msh.ports import Answer, Peer
from node.msh.steps import OF_MESSAGES, OF_SIGNALS, Step
from tests.msh.edits import DOCUMENT, PairOf
from tests.msh.looking import LookingInMemory
from tests.msh.pulls import pulled, request_of
from tests.vectors.test_phase4_live import CASES, captured_at, octets_of, receiver_of, stems_of

Wire = tuple[str, bytes]


def explained(node: Node, content_type: str, body: bytes, peer: Peer | None = None) -> Explanation:
    keyring: Any = node.ports.keyring
    folder = getattr(keyring, "folder", None)
    held = {name: one.certificate for name, one in folder.partners.items()} if folder else dict(keyring.partners)
    store = LookingInMemory(node.messages)
    return explain(content_type, (body,), peer or Peer("memory"), node.ports, store, held)


def state(node: Node) -> Any:
    """Everything that a message could have changed."""
    one = node.messages
    return deepcopy(
        (
            {key: (each.exchange.state, len(each.steps)) for key, each in one._outgoing.items()},
            {key: (each.state, each.duplicates) for key, each in one._incoming.items()},
            len(one._refusals),
            len(one._owed),
        )
    )


def same_verdict(node: Node, content_type: str, body: bytes, peer: Peer | None = None) -> Explanation:
    """What was explained is what is done; and before that nothing was."""
    before = state(node)
    told = explained(node, content_type, body, peer)
    assert state(node) == before
    refused = len(node.messages.refused())
    duplicates = sum(one.duplicates for one in node.messages._incoming.values())
    answer = node.receive(content_type, body, peer)
    new = node.messages.refused()[: len(node.messages.refused()) - refused]
    assert told.accepted == (not new), (told.reason, new)
    if new:
        assert (told.code, told.reason) == (new[0].error_code, new[0].detail)
    assert told.duplicate == (sum(one.duplicates for one in node.messages._incoming.values()) > duplicates)
    assert told.answer is not None
    assert kind_of(told.answer) == kind_of(answer)
    check_steps(told)
    return told


def kind_of(answer: Answer) -> tuple[int, bool, str | None]:
    found = re.search(rb'errorCode="([^"]*)"', answer.octets)
    return answer.status, bool(answer.octets or answer.body), found[1].decode() if found else None


def check_steps(told: Explanation) -> None:
    """All steps in their order: what passed, then at most one that refused, then what was not reached."""
    steps = [one.step for one in told.steps]
    assert steps in (list(OF_MESSAGES), list(OF_SIGNALS))
    verdicts = [one.verdict for one in told.steps]
    assert verdicts == sorted(verdicts, key=[PASSED, REFUSED, NOT_REACHED].index)
    assert verdicts.count(REFUSED) == (not told.accepted)
    assert all(one.asks for one in told.steps)


# -- captures of another product -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_capture_of_phase4_is_explained_as_it_is_received(name: str) -> None:
    request, response = stems_of(name)
    node = receiver_of(name, request, "a", "b", captured_at(name, response))
    same_verdict(node, *octets_of(name, request))


def test_a_duplicate_and_its_forgery_are_told_apart() -> None:
    node = receiver_of("duplicate-first", "request", "a", "b", captured_at("duplicate-first", "response"))
    assert not same_verdict(node, *octets_of("duplicate-first", "request")).duplicate
    again = same_verdict(node, *octets_of("duplicate-first", "request"))
    assert (again.duplicate, "octet for octet" in again.answered_with) == (True, True)
    other = same_verdict(node, *octets_of("duplicate-second", "request"))
    assert (other.code, other.steps[-1].verdict) == ("EBMS:0003", REFUSED)


# -- mutations -----------------------------------------------------------------------------------------------------------


def message(pair_of: PairOf, suite: str = "edelivery-2.0-ecdsa", **shape: bool) -> tuple[Any, str, bytes]:
    pair = pair_of(suite, **shape)
    outgoing = pair.a.prepare(pair.a.submit("b", DOCUMENT))
    return pair, outgoing.content_type, body_of(outgoing)


@pytest.mark.parametrize("suite", ["edelivery-1.15", "edelivery-2.0-eddsa", "edelivery-2.0-ecdsa", "bdew-1.1"])
@pytest.mark.parametrize("shape", [{}, {"encrypt": False}, {"compress": False}, {"sign": False, "encrypt": False}])
def test_every_shape_of_a_good_message_is_accepted_and_then_a_duplicate(
    pair_of: PairOf, suite: str, shape: dict[str, bool]
) -> None:
    pair, content_type, body = message(pair_of, suite, **shape)
    told = same_verdict(pair.b, content_type, body)
    assert told.accepted
    assert {one.verdict for one in told.steps} == {PASSED}
    assert same_verdict(pair.b, content_type, body).duplicate


@pytest.mark.parametrize("place", range(40))
def test_a_flipped_octet_is_explained_as_it_is_received(pair_of: PairOf, place: int) -> None:
    pair, content_type, body = message(pair_of)
    at = len(body) * place // 40
    same_verdict(pair.b, content_type, body[:at] + bytes([body[at] ^ 0x15]) + body[at + 1 :])


@pytest.mark.parametrize("part", range(1, 8))
def test_a_message_that_is_cut_off_is_explained_as_it_is_received(pair_of: PairOf, part: int) -> None:
    pair, content_type, body = message(pair_of)
    assert not same_verdict(pair.b, content_type, body[: len(body) * part // 8]).accepted


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def edit(body: bytes) -> bytes:
        assert old in body
        return body.replace(old, new)

    return edit


EDITS = {
    "action": (lambda body: re.sub(rb"(Action>[^<]+)<", rb"\1x<", body), Step.AGREEMENT),
    "from": (replaced(b"party-a", b"party-c"), Step.AGREEMENT),
    "agreement": (replaced(b"urn:n2n:agreement:a-b", b"urn:n2n:agreement:a-c"), Step.AGREEMENT),
    "empty": (lambda body: b"", Step.PACKAGE),
    "no XML": (lambda body: re.sub(rb"<\?xml|<(\w+:)?Envelope", b"<no", body, count=1), Step.HEADER),
    "doctype": (lambda body: re.sub(rb"<((?:\w+:)?Envelope)", rb"<!DOCTYPE a><\1", body, count=1), Step.HEADER),
    "digest": (lambda body: re.sub(rb"(<(?:\w+:)?DigestValue>).", rb"\1A", body), Step.SIGNATURE),
    "cid": (lambda body: re.sub(rb'href="cid:', b'href="http://', body), Step.PAYLOAD_LIST),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_refused_at_its_step(pair_of: PairOf, name: str) -> None:
    edit, step = EDITS[name]
    pair, content_type, body = message(pair_of)
    told = same_verdict(pair.b, content_type, edit(body))
    (refused,) = (one.step for one in told.steps if one.verdict == REFUSED)
    assert refused is step, told.reason


@pytest.mark.parametrize(
    "content_type", ["", "text/html", "multipart/related", "application/soap+xml", "multipart/mixed; boundary=x"]
)
def test_another_content_type_is_explained_as_it_is_received(pair_of: PairOf, content_type: str) -> None:
    pair, _, body = message(pair_of)
    assert not same_verdict(pair.b, content_type, body).accepted


def test_a_stranger_is_named_by_what_its_signature_means(pair_of: PairOf, keys_of: Any) -> None:
    pair, content_type, body = message(pair_of)
    told = explained(pair.b, content_type, body)
    assert [(one.name, one.agreed, one.why_not) for one in told.signers] == [("a-sign", True, "")]
    assert told.reference
    pair.b.ports.keyring.partners.pop("a-sign")
    assert explained(pair.b, content_type, body).signers == ()


# -- signals -------------------------------------------------------------------------------------------------------------


def test_receipts_and_errors_are_explained_as_they_are_received(pair_of: PairOf) -> None:
    pair, content_type, body = message(pair_of)
    receipt = pair.b.receive(content_type, body)
    told = same_verdict(pair.a, receipt.content_type, receipt.octets)
    assert [one.step for one in told.steps] == list(OF_SIGNALS)
    assert "RECEIPT_MATCHED" in told.steps[-1].detail
    # The same once more, one about nothing, and one that was changed.
    same_verdict(pair.a, receipt.content_type, receipt.octets)
    same_verdict(pair.b, receipt.content_type, receipt.octets)
    same_verdict(pair.a, receipt.content_type, receipt.octets.replace(b"DigestValue>", b"DigestValue>A", 1))
    refusal = pair.b.receive(content_type, body.replace(b"party-a", b"party-c"))
    same_verdict(pair.a, refusal.content_type, refusal.octets)


def test_a_pull_request_is_explained_as_it_is_answered(pair_of: PairOf) -> None:
    pair = pulled(pair_of("edelivery-2.0-ecdsa"))
    content_type, body = request_of(pair)
    # Each request is answered once; the first here by the live path.
    told = same_verdict(pair.a, content_type, body)
    assert "EBMS:0006" in told.answered_with
    pair.a.submit("b", DOCUMENT)
    assert explained(pair.a, *request_of(pair)).answered_with == "the message that waits"
    told = same_verdict(pair.a, content_type, body.replace(b"PullRequest", b"PullRequesT"))
    assert not told.accepted


def test_every_step_says_what_it_asks() -> None:
    assert set(OF_MESSAGES) | set(OF_SIGNALS) == set(Step)


def test_the_words_hold_no_octets_of_keys(pair_of: PairOf) -> None:
    pair, content_type, body = message(pair_of)
    told = repr(explained(pair.b, content_type, body))
    assert "PRIVATE" not in told
