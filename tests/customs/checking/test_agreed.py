"""Whose documents may come from whom."""

import pytest

from node.customs.checking.agreed import judge_action, judge_agreed, judge_production
from node.customs.checking.document import Header
from tests.documents import packs

HEADER = Header(sender="KR-KCS", recipient="TW-CUSTOMS")


@pytest.mark.parametrize(
    ("senders", "recipients", "found"),
    [
        ((), (), []),
        (("KR-KCS",), ("TW-CUSTOMS",), []),
        (("KR-OTHER",), ("TW-CUSTOMS",), [("AGR-01", "F", "KR-KCS")]),
        (("KR-KCS",), ("TW-OTHER",), [("AGR-02", "H", "TW-CUSTOMS")]),
        (("JP-CUSTOMS",), ("TW-OTHER",), [("AGR-01", "F", "KR-KCS"), ("AGR-02", "H", "TW-CUSTOMS")]),
    ],
)
def test_an_authority_that_was_not_agreed_is_told(senders, recipients, found):
    told = list(judge_agreed("Response", HEADER, senders, recipients))
    assert [(one.rule, one.severity.value, *one.args) for one in told] == found
    assert all(
        one.location.startswith("/Response/DocumentHeader/") and one.args[0] in one.en and one.args[0] in one.zh for one in told
    )


def test_a_document_travels_under_the_action_of_its_type():
    assert list(judge_action("Response", "gen.response", "gen.response")) == []
    (found,) = judge_action("Response", "gen.response", "co.query")
    assert (found.rule, found.location, found.args) == ("AGR-04", "/Response", ("gen.response", "co.query"))


@pytest.mark.parametrize(
    ("type_id", "campaign", "found"),
    [
        ("not.notice", "", ["AGR-05"]),
        ("not.notice", "C-1", []),
        # A list of a night and an answer are no business of their own.
        ("rec.manifest", "", []),
        ("gen.response", "", []),
        ("co.query-response", "", []),
        ("co.query", "", ["AGR-05"]),
    ],
)
def test_before_production_documents_belong_to_a_campaign(type_id, campaign, found):
    definition = packs().named(type_id)
    told = list(judge_production(definition, Header(campaign=campaign)))
    assert [one.rule for one in told] == found
    assert all(one.location == f"/{definition.name}/DocumentHeader" for one in told)
