"""Whose documents may come from whom."""

import pytest

from node.customs.checking.agreed import judge_agreed
from node.customs.checking.document import Header

HEADER = Header(sender="JP-CUSTOMS", recipient="TW-CUSTOMS")


@pytest.mark.parametrize(
    ("senders", "recipients", "found"),
    [
        ((), (), []),
        (("JP-CUSTOMS",), ("TW-CUSTOMS",), []),
        (("KR-KCS",), (), [("AGR-01", "/X/DocumentHeader/SenderAuthority", ("JP-CUSTOMS",))]),
        ((), ("KR-KCS",), [("AGR-02", "/X/DocumentHeader/RecipientAuthority", ("TW-CUSTOMS",))]),
        (
            ("KR-KCS",),
            ("KR-KCS",),
            [
                ("AGR-01", "/X/DocumentHeader/SenderAuthority", ("JP-CUSTOMS",)),
                ("AGR-02", "/X/DocumentHeader/RecipientAuthority", ("TW-CUSTOMS",)),
            ],
        ),
    ],
)
def test_an_empty_list_allows_everybody(senders, recipients, found):
    assert [(one.rule, one.location, one.args) for one in judge_agreed("X", HEADER, senders, recipients)] == found
