"""What a document is worth is judged by its pack and by what was agreed, and nothing is registered."""

from datetime import UTC, datetime

import pytest

from node.msh.ports import SubmissionError
from tests.exchanges.test_documents import fresh


def test_a_service_that_no_pack_has_is_carried_as_it_is(taiwan):
    assert taiwan.checking.judging.judges("kr", "urn:n2n:customs:svc:co")
    assert not taiwan.checking.judging.judges("kr", "urn:other")
    # A partner that is none any more: its documents are judged all the same.
    assert taiwan.checking.judging.judges("gone", "urn:n2n:customs:svc:co")


def test_a_verdict_is_about_one_direction_and_registers_nothing(taiwan):
    judging, octets, now = taiwan.checking.judging, fresh("aeo-full-50"), datetime.now(UTC)
    # It says that it comes from us.
    assert judging.trial(octets, "kr", "aeo.recordset", now) == ()
    refused = judging.foresee(octets, "kr", "aeo.recordset", now).verdict
    assert [one.rule for one in refused.findings if one.rule.startswith("AGR")] == ["AGR-01", "AGR-02"]
    assert taiwan.documents.said("whatever") == []
    assert [one.rule for one in judging.trial(octets, "kr", "co.certificate", now)] == ["AGR-04"]


def test_what_may_be_sent_is_what_was_agreed(taiwan):
    judging = taiwan.checking.judging
    assert judging.may_send("kr", "gen.response")
    assert not judging.may_send("kr", "no.such-type")
    assert not judging.may_send("nobody", "gen.response")
    assert judging.service_of("kr", "aeo.recordset") == "urn:n2n:customs:svc:aeo"
    with pytest.raises(SubmissionError):
        judging.service_of("kr", "no.such-type")
