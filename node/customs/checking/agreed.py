"""Whose documents may come from whom: the authorities of the agreement against those of the header. Ours, beside the design's rules."""

from collections.abc import Iterator, Sequence
from typing import Final

from node.customs.checking.document import Header
from node.customs.finding import Finding, RuleText, Severity

SENDER: Final = RuleText(
    "AGR-01",
    Severity.FATAL,
    4,
    "Documents of {0} may not come from this partner.",
    "本夥伴不得傳送 {0} 之文件。",
)
RECIPIENT: Final = RuleText(
    "AGR-02",
    Severity.HOLD,
    4,
    "The document is for {0}, for whom this node does not speak.",
    "文件收受機關為 {0}，非本節點所代表之機關。",
)


def judge_agreed(root: str, header: Header, senders: Sequence[str], recipients: Sequence[str]) -> Iterator[Finding]:
    """AGR-01 and AGR-02; an empty list allows everybody. `root` is the name of the root element."""
    place = f"/{root}/DocumentHeader"
    if senders and header.sender not in senders:
        yield SENDER.found(f"{place}/SenderAuthority", header.sender)
    if recipients and header.recipient not in recipients:
        yield RECIPIENT.found(f"{place}/RecipientAuthority", header.recipient)
