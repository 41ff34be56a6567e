"""Rehearsals: a good sample of a document type, made fresh for two authorities of an agreement, sent in a conformance campaign."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from node.checking import Checking
from node.customs.checking.trial import Sample, samples
from node.customs.making.heading import said
from node.customs.packs.definition import TypeDefinition
from node.msh.octets import HeldOctets
from node.msh.ports import Clock, SubmissionError
from node.msh.submit import Payload, Submission

#: For how long a document stays good that says for how long.
_GOOD_FOR: Final = timedelta(days=360)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s>]")
_HEADER: Final = re.compile(r"<(?:[\w.-]+:)?DocumentHeader>.*?</(?:[\w.-]+:)?DocumentHeader>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of one type: the document that was sent, or why there is none."""

    document_id: str = ""
    why: str = ""


class Rehearsing:
    """Sends samples of our packs, which are ours to change: no document of a partner is touched."""

    def __init__(
        self, checking: Checking, submit: Callable[[Submission], object], clock: Clock, unique: Callable[[], str]
    ) -> None:
        self._checking, self._submit, self._clock, self._unique = checking, submit, clock, unique

    def send(self, partner: str, type_id: str, campaign: str) -> Rehearsed:
        """Send a document of this type. Raises StorageUnavailable."""
        definition, pack = self._checking.packs.named(type_id), self._checking.packs.pack_of(type_id)
        if definition is None or pack is None:
            return Rehearsed(why="no document pack of this node has this type")
        why = "its pack has no good sample that needs no other document before it"
        for sample in samples(pack):
            # Its days as of today; where they do not hang together so, as they are.
            for dated in (True, False) if _fits(sample, definition) else ():
                document_id = f"urn:uuid:{self._unique()}"
                try:
                    self._sent(sample, partner, type_id, campaign, document_id, dated=dated)
                except SubmissionError as error:
                    why = f"{sample.file.rpartition('/')[2]}: {error}"
                else:
                    return Rehearsed(document_id)
        return Rehearsed(why=why)

    def _sent(self, sample: Sample, partner: str, type_id: str, campaign: str, document_id: str, *, dated: bool) -> None:
        now = self._clock.now()
        text = sample.octets.decode("utf-8")
        for name, value in _dates(now) if dated else ():
            text = _with(text, name, value)
        octets = self._checking.responding.sealed(self._fresh(text, partner, campaign, document_id, now), type_id, partner, now)
        self._submit(Submission(partner, type_id, (Payload(HeldOctets(octets), "application/xml"),)))

    def _fresh(self, text: str, partner: str, campaign: str, document_id: str, now: datetime) -> bytes:
        agreed = self._checking.judging.agreed(partner)
        header = _HEADER.search(text)
        assert header is not None
        made = header[0]
        for name, value in (
            ("MessageID", document_id),
            ("IssueDateTime", said(now)),
            *((("SenderAuthority", agreed.ours[0]),) if agreed.ours else ()),
            *((("RecipientAuthority", agreed.theirs[0]),) if agreed.theirs else ()),
        ):
            made = _with(made, name, value)
        made = re.sub(r"\s*<ConformanceCampaign>[^<]*</ConformanceCampaign>", "", made)
        made = made.replace("</DocumentHeader>", f"<ConformanceCampaign>{campaign}</ConformanceCampaign></DocumentHeader>")
        return (text[: header.start()] + made + text[header.end() :]).encode()


def _fits(sample: Sample, definition: TypeDefinition) -> bool:
    if sample.refused_by or sample.prior or not sample.file.endswith(".xml"):
        return False
    text = sample.octets.decode("utf-8", "replace")
    root = _ROOT.search(text)
    return root is not None and root[1] == definition.name and _HEADER.search(text) is not None


def _dates(now: datetime) -> Iterator[tuple[str, str]]:
    yield "IssueDate", f"{now:%Y-%m-%d}"
    yield "DepartureDate", f"{now + timedelta(days=1):%Y-%m-%d}"
    yield "ExpiryDate", f"{now + _GOOD_FOR:%Y-%m-%d}"


def _with(text: str, name: str, value: str) -> str:
    return re.sub(rf"<{name}>[^<]*<", f"<{name}>{value}<", text, count=1)
