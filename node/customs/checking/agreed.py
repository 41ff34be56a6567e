"""Whose documents may come from whom, and as what: the agreement against the header, the message against its document. Ours, beside the design's rules."""

from collections.abc import Iterator, Sequence
from typing import Final

from node.customs.checking.document import Header
from node.customs.finding import Finding, RuleText, Severity
from node.customs.packs.definition import TypeDefinition
from node.customs.reconciling.comparing import MANIFEST

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
ACTION: Final = RuleText(
    "AGR-04",
    Severity.FATAL,
    4,
    "A document of type {0} may not travel under the action {1}.",
    "文件類型 {0} 不得以動作 {1} 傳送。",
)
PRODUCTION: Final = RuleText(
    "AGR-05",
    Severity.FATAL,
    4,
    "Before gate 8, production, documents are exchanged in a campaign alone, as was agreed.",
    "依協議，於第八關（正式上線）前，僅得於測試活動中交換文件。",
)


def judge_production(definition: TypeDefinition, header: Header) -> Iterator[Finding]:
    """AGR-05, where production has not begun: lists of nights and answers are no business of their own."""
    if not header.campaign and not definition.answers and definition.id != MANIFEST:
        yield PRODUCTION.found(f"/{definition.name}/DocumentHeader")


def judge_action(root: str, type_id: str, action: str) -> Iterator[Finding]:
    """AGR-04: what was agreed per action must hold for what the message has in it. Source: DESIGN 2.3, Action = type id."""
    if action != type_id:
        yield ACTION.found(f"/{root}", type_id, action)


def judge_agreed(root: str, header: Header, senders: Sequence[str], recipients: Sequence[str]) -> Iterator[Finding]:
    """AGR-01 and AGR-02; an empty list allows everybody. `root` is the name of the root element."""
    place = f"/{root}/DocumentHeader"
    if senders and header.sender not in senders:
        yield SENDER.found(f"{place}/SenderAuthority", header.sender)
    if recipients and header.recipient not in recipients:
        yield RECIPIENT.found(f"{place}/RecipientAuthority", header.recipient)
