"""Whose documents may come from whom."""

import pytest

from node.customs.checking.agreed import judge_action, judge_agreed
from node.customs.checking.document import Header

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
