"""Whose documents may come from whom."""

import pytest

from node.customs.checking.agreed import judge_agreed
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
