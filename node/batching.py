"""Many documents to one partner: each in a message of its own that says which it is of how many."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node.announcing import EDIFACT
from node.checking import Checking, why
from node.customs.checking.safe import MOST_OCTETS, Oversized, Unsafe, read_safely
from node.customs.reconciling.batch import Mark, batch_id, marks
from node.ebms.message import Property
from node.msh.ports import Clock, Exchange, SubmissionError
from node.msh.submit import Payload, Submission

#: From this stage on a finding is about what is on file, which an earlier document of the batch may still bring.
_ON_FILE: Final = 7


@dataclass(frozen=True, slots=True)
class Piece:
    """One document of a batch."""

    #: Of its file.
    name: str
    payload: Payload
    mark: Mark
    message_id: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a document of a batch does not go out."""

    name: str
    why: str


class Batching:
    """Submits batches; the same batch again goes on where it stopped."""

    def __init__(
        self,
        checking: Checking,
        submit: Callable[[Submission], Exchange],
        goes_out: Callable[[str], bool],
        host: str,
        clock: Clock,
    ) -> None:
        """`goes_out` tells whether a message of that MessageId was submitted; `host` is the right-hand side of the MessageIds."""
        self._checking, self._submit, self._goes_out = checking, submit, goes_out
        self._host, self._clock = host, clock

    def plan(self, partner: str, files: Iterable[tuple[str, Payload]]) -> Sequence[Piece]:
        """The messages of a batch, in code-point order of the names. Raises MarkRefused for a batch of nothing or of too many."""
        found = sorted(files, key=lambda one: one[0])
        made = batch_id(partner, ((name, _digest(payload)) for name, payload in found))
        numbered = zip(found, marks(made, len(found)), strict=True)
        return [Piece(name, payload, mark, mark.transport_id(self._host)) for (name, payload), mark in numbered]

    def wrong(self, partner: str, action: str | None, pieces: Sequence[Piece]) -> Iterator[Wrong]:
        """What is wrong with the documents themselves, so that nothing need go out before all are right."""
        for piece in pieces:
            if not self._goes_out(piece.message_id):
                try:
                    self._check(partner, action or self._type_of(piece.payload), piece.payload)
                except SubmissionError as error:
                    yield Wrong(piece.name, str(error))

    def submit(
        self, partner: str, action: str | None, piece: Piece, properties: tuple[Property, ...], priority: int | None
    ) -> bool:
        """Keep one message to be sent; false when it was before. Raises SubmissionError, StorageUnavailable."""
        if self._goes_out(piece.message_id):
            return False
        said = tuple(Property(name, value) for name, value in piece.mark.properties().items())
        named = action or self._type_of(piece.payload)
        submission = Submission(
            partner,
            named,
            (piece.payload,),
            properties=(*properties, *said),
            message_id=piece.message_id,
            priority=priority,
        )
        self._submit(submission)
        return True

    def _check(self, partner: str, action: str, payload: Payload) -> None:
        service = self._checking.judging.service_of(partner, action)
        if not self._checking.judging.judges(partner, service):
            return
        found = self._checking.judging.trial(self._octets(payload), partner, action, self._clock.now())
        said = [one for one in found if one.stage < _ON_FILE]
        if said:
            raise SubmissionError(why(said))

    def _type_of(self, payload: Payload) -> str:
        try:
            root = read_safely(self._octets(payload))
        except (Unsafe, Oversized) as error:
            raise SubmissionError(f"is no document of a known type ({error}); name the action: --type") from None
        definition = self._checking.packs.with_root(root.namespace, root.name)
        if definition is None:
            raise SubmissionError(f"is no document of a known type: {root.name} of {root.namespace}; name the action: --type")
        return definition.id

    def _octets(self, payload: Payload) -> bytes:
        if payload.octets.size > MOST_OCTETS:
            raise SubmissionError(
                f"a document has at most {MOST_OCTETS} octets, this one {payload.octets.size}; send it in parts"
            )
        octets = b"".join(map(bytes, payload.octets.chunks()))
        return self._checking.canonical(octets) if _is_edifact(payload) else octets


def _is_edifact(payload: Payload) -> bool:
    return payload.media_type.partition(";")[0].strip().lower() == EDIFACT


def _digest(payload: Payload) -> bytes:
    digest = hashlib.sha256()
    for chunk in payload.octets.chunks():
        digest.update(chunk)
    return digest.digest()
