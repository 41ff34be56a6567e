"""What a node offers about evidence: who makes its log provable, gathers, finds, archives and imports it. Each is made when it is asked for, by the setting in force."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from node.customs.packs.library import Packs
from node.evidence.authorities import Authorities, Heard, Named
from node.evidence.entry import Clock as Offset
from node.msh.ports import Clock
from node.proving import Proving, Rhythm
from node.security.certificates import Certificate
from node.security.keys import SigningKey
from node.security.names import normal_name
from node.security.revocation import RevocationList, RevocationRefused, Source
from node.setting import Setting
from node.store.documents import StoredDocuments
from node.store.evidence import Evidence
from node.store.imported import Imports
from node.transport.public import PublicFetch
from node.transport.stamping import HttpTimestampAuthority

if TYPE_CHECKING:
    from node.archiving import Archiving
    from node.importing import Importing
    from node.retrieving import Retrieving
    from node.searching import Searching
    from node.store.evidence_places import EvidencePlace

#: Octets of a time stamp at most.
STAMP_OCTETS: Final = 1 << 18
#: Where a home says that its authority for time stamps may lie in a network that is not public.
BY_EVIDENCE: Final = "node.toml says [evidence] allow_private = true"
log = logging.getLogger("node")


class Proof:
    """Over the log of one node and those that it imported; `host` is how the node calls itself."""

    def __init__(
        self,
        evidence: Evidence,
        imports: Imports,
        documents: StoredDocuments,
        packs: Callable[[], Packs],
        setting: Callable[[], Setting],
        clock: Clock,
        offset: Callable[[], Offset | None],
        host: str,
    ) -> None:
        """`packs` and `setting` give those in force, `offset` what the clock was last found to be."""
        self._evidence, self._imports, self._documents, self._packs = evidence, imports, documents, packs
        self._setting, self._clock, self._offset, self._host = setting, clock, offset, host
        #: How asking authorities for time went.
        self._heard = Heard()

    # -- what makes it provable ------------------------------------------------------------------------------------

    def proving(self, authority: Callable[[], Authorities | None] = lambda: None) -> Proving:
        """What makes the log of evidence provable; `authority` gives it times."""
        return Proving(self._evidence, self._log_key, self._clock, self._offset, self._rhythm, authority, self._beside_token)

    def sign_log(self) -> str:
        """Sign the log of evidence as it is, and have a time put over it: why it has none then, empty where it has or nobody is asked."""
        proving = self.proving(self.time_authority)
        proving.checkpoint(now=True)
        return proving.stamp_now() if self._setting().home.proofs.authorities else ""

    def time_authority(self, fetch: PublicFetch | None = None) -> Authorities | None:
        """Whoever gives times to checkpoints; None where the home names nobody."""
        proofs = self._setting().home.proofs
        if not proofs.authorities:
            return None
        by = fetch or self.time_fetch()
        asked = [Named(one, HttpTimestampAuthority(one, by)) for one in proofs.authorities]
        return Authorities(asked, self._time_anchors(), self._lists(), self._clock, _alarm, self._heard)

    def time_fetch(self, loop: asyncio.AbstractEventLoop | None = None) -> PublicFetch:
        """By what authorities for time are asked: on an event loop, or on one of its own."""
        proofs = self._setting().home.proofs
        patience = proofs.patience.total_seconds()
        return PublicFetch(loop, allow_private=proofs.allow_private, most=STAMP_OCTETS, allowed_by=BY_EVIDENCE, patience=patience)

    # -- what is done with it --------------------------------------------------------------------------------------

    def retrieving(self) -> "Retrieving":
        """What gathers evidence and bundles it."""
        # Loaded where somebody makes a bundle: it seals, and writes reports.
        from node.lettering import chinese_font
        from node.retrieving import Hands, Retrieving

        proving = self.proving(self.time_authority)
        hands = Hands(
            self._clock,
            self._made_by(),
            lambda: proving.checkpoint(now=True),
            proving.stamp_now,
            self._seal_key,
            lambda: self._setting().certificates.trusted,
            lambda: [key.chain[::-1] for key in self._setting().certificates.own.values()],
            self.time_authority,
            lambda: self._setting().home.proofs.independent,
            chinese_font,
        )
        own, logs = Retrieving(self._evidence, hands), self._imports.logs()
        if not logs:
            return own
        from node.logs import RetrievingOfAll, imported_hands

        readers = [(one, self._imports.reader(one.name)) for one in logs]
        return RetrievingOfAll([*(Retrieving(reader, imported_hands(hands, one, reader)) for one, reader in readers), own])

    def searching(self) -> "Searching":
        """What finds evidence."""
        # Loaded where somebody searches.
        from node.retrieving import Message
        from node.searching import Searching

        def carrying(number: str, most: int) -> Iterator[Message]:
            carried = (one.carried for one in self._documents.with_number(number, most))
            return (Message(one.message_id, one.partner, one.direction) for one in carried)

        own, logs = Searching(self._evidence, carrying), self._imports.logs()
        if not logs:
            return own
        from node.logs import SearchingOfAll
        from node.numbering import ImportedNumbers

        readers = [self._imports.reader(one.name) for one in logs]
        return SearchingOfAll([*(Searching(one, ImportedNumbers(one, self._packs)) for one in readers), own])

    def archiving(self, place: "EvidencePlace") -> "Archiving":
        """What puts evidence into an archive in another place."""
        from node.archiving import Archiving, Signing

        trusted = self._setting().certificates.trusted
        signing = Signing(self._log_key, lambda: trusted, self._made_by())
        return Archiving(self._evidence, self.retrieving, place, signing, self._clock)

    def importing(self, place: "EvidencePlace") -> "Importing":
        """What takes an archive of evidence into this node, while it is empty."""
        from node.importing import Importing

        return Importing(place, self._imports)

    # -- by the setting in force -----------------------------------------------------------------------------------

    def _made_by(self) -> str:
        """The software and the node."""
        from node.retrieving import software

        return f"{software()}, {self._host}"

    def _log_key(self) -> SigningKey:
        return self._key(self._setting().home.proofs.key)

    def _seal_key(self) -> SigningKey:
        proofs = self._setting().home.proofs
        return self._key(proofs.seal or proofs.key)

    def _key(self, name: str | None) -> SigningKey:
        setting = self._setting()
        return setting.keyring.signing_key(name or setting.home.keys.sign, self._clock.now())

    def _rhythm(self) -> Rhythm:
        proofs = self._setting().home.proofs
        return Rhythm(proofs.checkpoint, proofs.stamp, proofs.renew_before, proofs.independent, proofs.ends)

    def _beside_token(self, certificates: Sequence[Certificate]) -> Sequence[bytes]:
        """The anchors that issued one of these certificates, and the newest list of each issuer that lies here."""
        issuers = {one.issuer_name for one in certificates}
        above = [one.der for one in self._time_anchors() if normal_name(one.x509.subject) in issuers]
        return [*above, *(one.der for one in self._setting().revocations.held().crls if one.issuer in issuers)]

    def _time_anchors(self) -> list[Certificate]:
        """Who is trusted to vouch for authorities for time."""
        setting = self._setting()
        return setting.certificates.anchors(setting.home.proofs.trust or setting.certificates.trust)

    def _lists(self) -> list[Source]:
        found: list[Source] = []
        for one in self._setting().revocations.held().crls:
            with suppress(RevocationRefused):
                found.append(RevocationList(one.der))
        return found


def _alarm(what: str) -> None:
    log.error("ALARM: %s", what)
