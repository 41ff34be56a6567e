"""What we say ourselves about documents names both authorities, or is not said."""

from datetime import UTC, datetime

from node.app import Node
from node.customs.filing.registration import IN, OUT, Carried
from tests.exchanges.test_documents import fresh


def test_without_authorities_an_unreadable_message_is_not_answered(taiwan, tmp_path):
    agreement = tmp_path / "tw" / "partners" / "kr" / "agreement.toml"
    text = agreement.read_text()
    recorded = taiwan.checking._registered(b"no xml", Carried(IN, "m1@kr.example", "kr"), "co.certificate", datetime.now(UTC))
    assert [one.about.type_id for one in recorded.answers] == ["gen.response"]
    agreement.write_text(text.replace('ours = ["TW-CUSTOMS"]', "").replace('theirs = ["KR-KCS"]', ""))
    node = Node.open(tmp_path / "tw")
    try:
        recorded = node.checking._registered(b"no xml", Carried(IN, "m2@kr.example", "kr"), "co.certificate", datetime.now(UTC))
        assert (recorded.entry.outcome, recorded.answers) == ("RE", ())
    finally:
        node.close()


def test_only_what_must_be_is_sealed(taiwan):
    responding, now = taiwan.checking.responding, datetime.now(UTC)
    assert responding.sealed(b"<R/>", "gen.response", "kr", now) == b"<R/>"


def test_a_document_that_goes_out_is_registered_as_it_is(taiwan):
    octets = fresh("aeo-full-50")
    made = taiwan.checking.responding.outgoing(octets, "aeo.recordset", Carried(OUT, "m1@tw.example", "kr"), datetime.now(UTC))
    assert (made.carried.direction, made.about.type_id, made.about.sender) == (OUT, "aeo.recordset", "TW-CUSTOMS")
    assert taiwan.documents.carried_by(OUT, "m1@tw.example") == []
