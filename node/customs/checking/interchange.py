"""An EDIFACT interchange through the eight stages: it is mapped first, and each message goes on as a canonical document. Source: DESIGN 3.1, 7.2."""

from collections.abc import Callable
from dataclasses import dataclass

from node.customs.checking.check import Checked
from node.customs.checking.found import Found
from node.customs.edifact.interchange import TYPE_ID, Converted, canonical_documents
from node.customs.finding import Verdict
from node.customs.packs.library import Packs


@dataclass(frozen=True, slots=True)
class CheckedInterchange:
    """The verdict on all messages together, and each message that could be mapped with its own."""

    verdict: Verdict
    converted: Converted
    #: The canonical octets of a message and what was found in them.
    documents: tuple[tuple[bytes, Checked], ...]


def check_interchange(octets: bytes, packs: Packs, check: Callable[[bytes], Checked]) -> CheckedInterchange:
    """Judge every message; `check` judges a canonical document. Raises what `check` raises."""
    converted = canonical_documents(octets, packs.edifact, packs.profiles())
    documents = tuple((one.octets, check(one.octets)) for one in converted.mapped if one.octets is not None)
    found = Found()
    for finding in converted.verdict.findings:
        found.add(finding)
    for _, checked in documents:
        for finding in checked.verdict.findings:
            found.add(finding)
    union = found.verdict(TYPE_ID)
    beyond = converted.verdict.not_listed + sum(checked.verdict.not_listed for _, checked in documents)
    return CheckedInterchange(Verdict(TYPE_ID, union.findings, union.not_listed + beyond), converted, documents)
