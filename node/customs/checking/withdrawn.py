"""A certificate that is cancelled although goods were cleared under it: allowed, and both sides are to know. Ours, beside the design's rules."""

from collections.abc import Iterator
from typing import Final

from node.customs.filing.filing import Filing
from node.customs.filing.on_file import OnFile
from node.customs.finding import Finding, RuleText, Severity

_CERTIFICATE: Final = "co.certificate"
_USED: Final = ("PARTLY-USED", "USED")

#: A warning, so that it stands in our register and goes to the partner with the response. Source: DESIGN 5.2.
CANCELLED_IN_USE: Final = RuleText(
    "AGR-03",
    Severity.WARNING,
    7,
    "Certificate {0} is cancelled, and its state of use is {1} already.",
    "產證 {0} 已註銷，惟其使用狀態已為 {1}。",
)


def judge_withdrawn(root: str, filing: Filing, on_file: OnFile) -> Iterator[Finding]:
    """AGR-03; `root` is the name of the root element."""
    for move in filing.moves:
        if move.subject[0] != _CERTIFICATE or move.event != "cancel":
            continue
        used = on_file.state(move.subject, "use")
        if used in _USED:
            yield CANCELLED_IN_USE.found(f"/{root}/DocumentHeader/FunctionCode", move.subject[1], used)
