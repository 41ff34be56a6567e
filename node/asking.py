"""A partner is asked about one of its operators, in real time: for who cannot wait for its next list."""

from datetime import date, datetime

from node.agreements.arrangements import Arrangements
from node.checking import Checking
from node.customs.making.heading import Heading
from node.customs.operators.asking import QUERY, make_query
from node.msh.octets import HeldOctets
from node.msh.ports import Identifiers, SubmissionError
from node.msh.submit import Payload, Submission
from node.origin import Made


class Asking:
    """Makes queries, sealed with the key of the agreement; whoever calls submits them."""

    def __init__(self, checking: Checking, arrangements: Arrangements, identifiers: Identifiers) -> None:
        self._checking, self._arrangements, self._identifiers = checking, arrangements, identifiers

    def query(
        self, partner: str, scheme: str, identifier: str, day: date, known_at: datetime | None, purpose: str, now: datetime
    ) -> Made:
        """What is asked of the partner under its arrangement. Raises SubmissionError where there is none."""
        arrangement = self._arrangements.by_partner.get(partner)
        if arrangement is None:
            known = ", ".join(sorted(self._arrangements.by_partner)) or "none"
            raise SubmissionError(f"{partner} has no arrangement in aeo.toml; arrangements: {known}")
        heading = Heading(f"urn:uuid:{self._identifiers.unique()}", "13", now, self._authority(partner), arrangement.authority)
        octets = make_query(heading, arrangement.profile, scheme, identifier, day, known_at, purpose)
        sealed = self._checking.responding.sealed(octets, QUERY, partner, now)
        pack = self._checking.packs.pack_of(QUERY)
        submission = Submission(
            partner, QUERY, (Payload(HeldOctets(sealed), "application/xml"),), pack.service if pack is not None else None
        )
        return Made(submission, heading.message_id)

    def _authority(self, partner: str) -> str:
        own = self._arrangements.own
        found = own.authority if own is not None else next(iter(self._checking.judging.agreed(partner).ours), "")
        if not found:
            raise SubmissionError(
                f"nobody knows for which authority {partner} is asked; name it in [own] of aeo.toml or [documents] of the agreement"
            )
        return found
