"""Stage 8: the seal of a document, by the partner file and the document's profile. Source: DESIGN 3.6, 6."""

from collections.abc import Iterator
from datetime import datetime

from node.customs.checking.document import Document
from node.customs.finding import Finding
from node.customs.packs.definition import asked
from node.customs.partners import Partners
from node.customs.profile import Profile
from node.customs.seal.judge import judge
from node.customs.seal.memory import Memory
from node.customs.seal.refused import SealRefused

#: Follow the profile; demand a seal whatever it says; leave the stage out.
PROFILE, REQUIRE, IGNORE = "profile", "require", "ignore"
#: A type whose schema has no place for a seal.
NONE = "none"
REQUIRED = "required"


class SealJudge:
    """Judges seals for one set of partners; what it has learned of certificates and paths makes the next one cheaper."""

    def __init__(self, partners: Partners, mode: str = PROFILE) -> None:
        """`mode` is PROFILE, REQUIRE or IGNORE."""
        self._partners, self._mode = partners, mode
        self._memory = Memory()

    def __call__(self, document: Document, profile: Profile, now: datetime) -> Iterator[Finding]:
        """The one finding that ends the stage, if there is one."""
        if self._mode == IGNORE or document.definition.signature == NONE:
            return
        agreed = str(profile.values.get("signature", document.definition.signature))
        try:
            judge(
                document.octets,
                # The seal is judged on the octets themselves: the tree of the check has lost its rows and comments.
                None,
                partners=self._partners,
                now=now,
                authority=asked(document.definition.sealed_by, document.root),
                country=document.header.sender[:2],
                required=self._mode == REQUIRE or agreed == REQUIRED,
                memory=self._memory,
            )
        except SealRefused as refused:
            yield refused.finding
