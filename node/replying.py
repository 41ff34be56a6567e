"""Answers to queries: what we know of a certificate that we issued, and of an operator of our programme."""

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from node.agreements.arrangements import Arrangements
from node.customs.checking.document import Document
from node.customs.checking.safe import DOCUMENT_LIMITS
from node.customs.filing.certificate import CERTIFICATE, state_of
from node.customs.making.answers import FOUND, NOT_FOUND, NOT_YOURS, make_certificate_answer
from node.customs.making.heading import Heading, following
from node.customs.operators.answering import OperatorAnswer, answer, read_query, response_octets
from node.customs.operators.port import OperatorRegister
from node.ebms.xml import parse_xml
from node.store.documents import StoredDocuments


class Replying:
    """Makes the octets of an answer from what is on file; asks nobody."""

    def __init__(self, documents: StoredDocuments, operators: OperatorRegister, arrangements: Arrangements) -> None:
        self._documents, self._operators, self._arrangements = documents, operators, arrangements
        self._by_type: dict[str, Callable[[Document, str, datetime], bytes]] = {
            "co.query": self._certificate,
            "aeo.query": self._operator,
        }

    def answers(self, type_id: str) -> bool:
        """Whether documents of that type are queries that this node answers by itself."""
        return type_id in self._by_type

    def reply(self, document: Document, partner: str, now: datetime) -> bytes:
        """The answer to an accepted query. Raises KeyError for a type that is none."""
        return self._by_type[document.definition.id](document, partner, now)

    def _certificate(self, document: Document, _partner: str, now: datetime) -> bytes:
        header, text = document.header, functools.partial(_text, document)
        heading = Heading(
            following("answer", header.sender, header.message_id),
            "11",
            now,
            header.recipient,
            header.sender,
            header.message_id,
            # What answers a rehearsal is one, and comes to nobody's business.
            header.campaign,
        )
        issued = [one for one in self._documents.numbered(CERTIFICATE, text("ID"), None) if one.sender == header.recipient]
        if not issued:
            return make_certificate_answer(heading, header.profile, NOT_FOUND, None)
        latest = issued[-1]
        subject = (CERTIFICATE, latest.number, latest.issuer)
        root = parse_xml(latest.octets, DOCUMENT_LIMITS)
        states = self._documents.states(subject)
        state = state_of(latest, root, states, functools.partial(self._documents.written_off, subject), now.date())
        if state.issued_on.isoformat() != text("IssueDate"):
            # A number alone is not enough, so that nobody guesses his way through them.
            return make_certificate_answer(heading, header.profile, NOT_FOUND, None)
        if state.import_country != header.sender[:2]:
            return make_certificate_answer(heading, header.profile, NOT_YOURS, None)
        return make_certificate_answer(heading, header.profile, FOUND, state)

    def _operator(self, document: Document, partner: str, now: datetime) -> bytes:
        query = read_query(document.root)
        own, arrangement = self._arrangements.own, self._arrangements.by_partner.get(partner)
        if own is None or arrangement is None or not arrangement.receives:
            told = OperatorAnswer(NOT_YOURS, query.known_at or now)
        else:
            told = answer(query, replace(own, authority=query.recipient), arrangement, self._operators, now)
        return response_octets(query, told, following("answer", query.sender, query.document_id), now)


def _text(document: Document, name: str) -> str:
    return " ".join((document.root.findtext(f"{{*}}{name}") or "").split())
