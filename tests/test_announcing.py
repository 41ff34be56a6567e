"""A submission whose documents are judged says in its properties what it carries."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from node.announcing import announce
from node.app import Node
from node.ebms.message import Property
from node.library import shipped_documents
from node.msh.octets import HeldOctets
from node.msh.ports import SubmissionError
from node.msh.submit import Payload, Submission
from tests.exchanges.test_documents import fresh

MAN = "urn:n2n:customs:svc:man"
EDI = (shipped_documents() / "n2n-man" / "samples" / "good" / "cuscar-sea.edi").read_bytes()


def submission(octets, action="aeo.recordset", media_type="application/xml", **more):
    return Submission("kr", action, (Payload(HeldOctets(octets), media_type),), **more)


def announced(node, one):
    return announce(one, node.checking, node.ports)


def test_properties_say_what_the_document_is(taiwan):
    found = announced(taiwan, submission(fresh("aeo-full-50"), properties=(Property("profile", "mine"),)))
    said = {one.name: one.value for one in found.properties}
    assert said == {
        "originalSender": "TW-CUSTOMS",
        "finalRecipient": "KR-KCS",
        # What the Producer said stays.
        "profile": "mine",
        "businessId": "TW-AEO",
        "function": "9",
    }
    assert found.message_id.endswith("@tw.example")


def test_a_message_id_of_the_producer_stays(taiwan):
    assert announced(taiwan, submission(fresh("aeo-full-50"), message_id="mine@tw.example")).message_id == "mine@tw.example"


def test_a_submission_without_a_document_is_refused_whatever_it_is_called(taiwan):
    with pytest.raises(SubmissionError, match="GEN-01 at the document"):
        announced(taiwan, submission(b"%PDF", media_type="application/pdf"))


def test_what_comes_with_a_document_is_left_alone(taiwan):
    scan = Payload(HeldOctets(b"%PDF"), "application/pdf")
    one = submission(fresh("aeo-full-50"))
    assert announced(taiwan, replace(one, payloads=(scan, *one.payloads))).payloads[0] is scan


def test_an_interchange_goes_out_as_its_document_and_is_kept(taiwan, tmp_path):
    agreement = tmp_path / "tw" / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text().replace('"KR-KCS"', '"KR-KCS", "KR-CUSTOMS"'))
    node = Node.open(tmp_path / "tw")
    try:
        octets = EDI.replace(b"UNB+UNOC:3+JPCUS:ZZ+TWCUS:ZZ", b"UNB+UNOC:3+TWCUS:ZZ+KRCUS:ZZ")
        found = announced(node, submission(octets, "man.cargo-report", "application/edifact", service=MAN))
        (payload,) = found.payloads
        canonical = b"".join(map(bytes, payload.octets.chunks()))
        assert (payload.media_type, canonical[:5]) == ("application/xml", b"<?xml")
        digest = hashlib.sha256(octets).hexdigest()
        assert (node.home.data / "originals" / f"{digest}.edi").read_bytes() == octets
        (entry,) = node.documents.carried_by("out", found.message_id)
        assert entry.digest == hashlib.sha256(canonical).digest()
        # The same interchange again is the same document, which went out.
        assert announced(node, submission(octets, "man.cargo-report", "application/edifact", service=MAN)).message_id
    finally:
        node.close()


def test_a_broken_interchange_is_told(taiwan):
    with pytest.raises(SubmissionError, match="EDI-01"):
        announced(taiwan, submission(EDI.replace(b"UNZ+1", b"UNZ+7"), "man.cargo-report", "application/edifact", service=MAN))


def test_several_messages_are_converted_first(taiwan):
    start, end = EDI.index(b"UNH"), EDI.index(b"UNZ")
    two = EDI[:end] + EDI[start:end].replace(b"M0001", b"M0002") + EDI[end:].replace(b"UNZ+1", b"UNZ+2")
    with pytest.raises(SubmissionError, match="has 2 messages; n2n document convert"):
        announced(taiwan, submission(two, "man.cargo-report", "application/edifact", service=MAN))


def test_a_document_larger_than_any_is_refused_before_it_is_read(taiwan):
    class Huge:
        size = 21 << 20

        def chunks(self):
            raise AssertionError("read")

    one = Submission("kr", "aeo.recordset", (Payload(Huge(), "application/xml"),))
    with pytest.raises(SubmissionError, match="at most 20971520 octets"):
        announced(taiwan, one)


def test_the_document_says_how_urgent_its_message_is_unless_the_producer_does(taiwan):
    by = (taiwan.clock.now() + timedelta(hours=1)).isoformat(timespec="seconds")
    parties = {"SenderAuthority": "TW-CUSTOMS", "RecipientAuthority": "KR-KCS"}
    urgent = fresh("not-urgent-safety", AcknowledgeBy=by, **parties)
    assert announced(taiwan, submission(urgent, "not.notice")).priority == 9
    again = fresh("not-urgent-safety", AcknowledgeBy=by, ID="TW-N-2", **parties)
    assert announced(taiwan, submission(again, "not.notice", priority=1)).priority == 1
    # Of a type that says nothing of it.
    assert announced(taiwan, submission(fresh("aeo-full-50"))).priority is None
