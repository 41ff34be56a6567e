"""What becomes of documents in messages, beside what two nodes tell in tests/exchanges/test_documents.py."""

from datetime import UTC, datetime

import pytest

from node.checking import INBOX, Checking, octets_of, places_of_documents
from node.customs.checking.safe import MOST_OCTETS
from node.customs.filing.registration import IN, OUT, Carried, CheckAgain
from node.msh.ports import SubmissionError
from tests.exchanges.test_documents import fresh


def announce(node, octets, message_id="m1@tw.example", action="aeo.recordset"):
    return node.checking.announce(octets, Carried(OUT, message_id, "kr"), datetime.now(UTC), action)


@pytest.mark.parametrize(
    ("media_types", "judged"),
    [
        (["application/pdf", "application/xml"], (1,)),
        (["text/xml; charset=utf-8", "application/soap+xml"], (0, 1)),
        # A wrong label does not carry a document past its rules.
        (["application/octet-stream"], (0,)),
        (["application/edifact", "application/pdf"], (0,)),
        ([], ()),
    ],
)
def test_what_is_judged_of_a_message(media_types, judged):
    assert places_of_documents(media_types) == judged


def test_a_payload_that_is_larger_than_any_document_is_not_read():
    class Huge:
        inflated_size = MOST_OCTETS + 1

        @property
        def octets(self):
            raise AssertionError("read")

    assert len(octets_of(Huge())) == MOST_OCTETS + 1


def test_a_document_that_went_out_is_not_sent_in_another_message(taiwan):
    octets = fresh("aeo-full-50")
    announce(taiwan, octets)
    # A crash has left it registered and not submitted: it may go in another message.
    announce(taiwan, octets, "m2@tw.example")
    ours = taiwan.checking
    checking = Checking(
        *(ours.packs, taiwan.documents, taiwan.operators, ours.judging, ours.responding),
        goes_out=lambda _: True,
    )
    with pytest.raises(
        SubmissionError, match=r"went out already in message m[12]@tw\.example to kr; give a new document a new MessageID"
    ):
        checking.announce(octets, Carried(OUT, "m3@tw.example", "kr"), datetime.now(UTC), "aeo.recordset")


def test_the_same_message_again_is_the_same_submission(taiwan):
    octets = fresh("aeo-full-50")
    assert not announce(taiwan, octets).again
    assert announce(taiwan, octets).again


def test_every_finding_is_told_and_the_rest_counted(taiwan):
    octets = fresh("man-sea-20", SenderAuthority="TW-CUSTOMS", RecipientAuthority="KR-KCS")
    for number in range(1, 9):
        octets = octets.replace(
            f"<SequenceNumeric>{number}</SequenceNumeric>".encode(), b"<SequenceNumeric>77</SequenceNumeric>", 1
        )
    with pytest.raises(SubmissionError, match=r"MAN-24 at /CargoReport/TransportEquipment\[4\].*; MAN-24 .* and 1 more"):
        announce(taiwan, octets, action="man.cargo-report")


def test_what_changes_for_ever_is_given_up(taiwan, monkeypatch):
    def again(*_):
        raise CheckAgain("changed")

    monkeypatch.setattr(taiwan.documents, "record", again)
    with pytest.raises(SubmissionError, match="changes too quickly"):
        announce(taiwan, fresh("aeo-full-50"))
    with pytest.raises(CheckAgain, match="changed 20 times"):
        taiwan.checking._registered(fresh("aeo-full-50"), Carried(IN, "m1@kr.example", "kr"), "aeo.recordset", datetime.now(UTC))


def test_a_message_without_documents_goes_to_the_inbox(taiwan):
    class Message:
        test_service = True
        partner = "kr"

        class user_message:  # noqa: N801 - the attribute of a message
            class collaboration_info:  # noqa: N801 - as above
                class service:  # noqa: N801 - as above
                    value = "urn:n2n:customs:svc:co"

    assert taiwan.checking.take(Message()).place == INBOX


def test_a_wrong_mark_of_a_batch_is_told_and_the_document_taken_all_the_same(taiwan, caplog):
    from types import SimpleNamespace

    octets = fresh("not-normal-outage", SenderAuthority="KR-KCS", RecipientAuthority="TW-CUSTOMS")
    entry = taiwan.checking._registered(octets, Carried(IN, "m1@kr.example", "kr"), "not.notice", datetime.now(UTC)).entry

    def message(**said):
        properties = [SimpleNamespace(name=name, value=value) for name, value in said.items()]
        return SimpleNamespace(
            message_id="m1@kr.example", partner="kr", user_message=SimpleNamespace(message_properties=properties)
        )

    taiwan.checking._note_batch(message(batchId="b", batchSequence="3", batchTotal="2"), entry)
    assert "message m1@kr.example of kr came with a wrong mark of a batch: batchSequence 3 is above batchTotal 2" in caplog.text
    assert taiwan.batches.latest("kr", 9) == []
    taiwan.checking._note_batch(message(), entry)
    assert taiwan.batches.latest("kr", 9) == []
    taiwan.checking._note_batch(message(batchId="b", batchSequence="1", batchTotal="2"), entry)
    assert taiwan.batches.latest("kr", 9) == ["b"]
