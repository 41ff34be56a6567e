"""Answers that the register owes go out as messages: each once, under the MessageId that it was given when it was recorded."""

import logging
from collections.abc import Callable
from typing import Final

from node.customs.filing.registration import Entry, Owed
from node.customs.making.response import TYPE
from node.customs.packs.library import Packs
from node.ebms.message import Property
from node.msh.octets import HeldOctets
from node.msh.ports import StorageUnavailable, SubmissionError
from node.msh.submit import Payload, Submission
from node.store.documents import StoredDocuments

_BATCH: Final = 100
#: The last step of the ladder, which no response tells. Source: DESIGN 8.
USED: Final = "L5"
#: Answers go before what a Producer submits without a word about priority.
_PRIORITY: Final = 7

log = logging.getLogger("node.answering")


class Answering:
    """Submits what the register owes."""

    def __init__(
        self,
        packs: Packs,
        documents: StoredDocuments,
        submit: Callable[[Submission], object],
        known: Callable[[str], bool],
        mine: Callable[[], bool] = lambda: True,
        under_way: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`known` tells whether a message of that MessageId goes out already; `mine` whether this process, of several, is the one that answers;
        `under_way` whether a message has not reached the partner, and still may.
        """
        self._packs, self._documents, self._submit, self._known, self._mine = packs, documents, submit, known, mine
        self._under_way = under_way

    def sweep(self) -> int:
        """Submit every answer that is owed; the number of those that were. Raises StorageUnavailable."""
        if not self._mine():
            return 0
        done, after = 0, 0
        while page := self._documents.owed(_BATCH, after):
            for one in page:
                done += self._sent(one)
            after = page[-1].entry.id
        return done

    def _sent(self, owed: Owed) -> bool:
        carried, about = owed.entry.carried, owed.entry.about
        if not self._known(carried.message_id):
            if self._overtakes(owed.entry):
                return False
            if self._is_overtaken(owed.entry):
                log.info("%s is not sent: the document is used already", _shown(owed.entry))
                self._documents.overtaken(owed.entry.id)
                return False
            pack = self._packs.pack_of(about.type_id)
            submission = Submission(
                partner=carried.partner,
                action=about.type_id,
                payloads=(Payload(HeldOctets(owed.octets), "application/xml"),),
                service=pack.service if pack is not None else None,
                properties=properties_of(
                    about.sender, about.recipient, about.profile, about.number, about.function, about.campaign
                ),
                conversation_id=carried.conversation_id or None,
                message_id=carried.message_id,
                ref_to_message_id=owed.ref_to_message_id,
                priority=_PRIORITY,
            )
            try:
                self._submit(submission)
            except SubmissionError as error:
                # Who else answers at the same time may have been quicker.
                if not self._known(carried.message_id):
                    # It stays owed: an agreement that is mended lets it go.
                    log.error("%s cannot be sent: %s", _shown(owed.entry), error)
                    return False
        self._documents.sent(owed.entry.id)
        return True

    def _overtakes(self, entry: Entry) -> bool:
        """Whether an earlier answer to the same document is under way: a step that comes after a higher one is refused (RES-04)."""
        before = self._documents.answers_of(entry.answers) if entry.answers is not None else []
        return any(
            one.id < entry.id and (one.sending == "DUE" or (one.sending == "SENT" and self._under_way(one.carried.message_id)))
            for one in before
        )

    def _is_overtaken(self, entry: Entry) -> bool:
        """Whether we have told since that the document was used: a lower step would be refused (RES-04), and is not needed any more."""
        about = entry.about
        if about.type_id != TYPE or not about.correlation:
            return False
        return self._documents.standing(about.recipient, about.correlation).level == USED


def _shown(entry: Entry) -> str:
    return f"the answer to document {entry.answers}" if entry.answers is not None else f"the {entry.about.type_id} {entry.id}"


def properties_of(sender: str, recipient: str, profile: str, number: str, function: str, campaign: str) -> tuple[Property, ...]:
    """The message properties of a document. Source: DESIGN 2.3; the first two are those of four corners."""
    said = {
        "originalSender": sender,
        "finalRecipient": recipient,
        "profile": profile,
        "businessId": number,
        "function": function,
        "campaign": campaign,
    }
    return tuple(Property(name, value) for name, value in said.items() if value)


def quietly(sweep: Callable[[], int]) -> Callable[[], int]:
    """A sweep that leaves what the store cannot do now to the next one."""

    def swept() -> int:
        try:
            return sweep()
        except StorageUnavailable:
            log.warning("the store does not say which answers are owed; asking again")
            return 0

    return swept
