"""What people ask and decide about the documents of a node."""

from functools import cached_property

from node.checking import Checking
from node.deciding import Deciding
from node.dossier import Dossiers
from node.landing import Landings
from node.msh.ports import Clock
from node.store.documents import StoredDocuments
from node.store.lives import StoredLives
from node.store.messages import StoredMessages
from node.timeline import Timelines


class OnFile:
    """The register as people see it; each part is made when it is first asked for."""

    def __init__(self, documents: StoredDocuments, messages: StoredMessages, checking: Checking, clock: Clock) -> None:
        self._documents, self._messages, self._checking, self._clock = documents, messages, checking, clock
        self.packs = checking.packs
        self.lives = StoredLives(messages.database)

    @cached_property
    def dossiers(self) -> Dossiers:
        """Certificates of origin."""
        return Dossiers(self._documents, self.lives, self.packs)

    @cached_property
    def timelines(self) -> Timelines:
        """Consignments."""
        return Timelines(self._documents, self.lives, self._messages, self.packs)

    @cached_property
    def landings(self) -> Landings:
        """Manifests."""
        return Landings(self._documents, self.lives, self.packs)

    @cached_property
    def deciding(self) -> Deciding:
        """Documents that are held."""
        return Deciding(self._documents, self._messages, self._checking, self._clock)
