"""A seeded fault, and more, for each check of what lapses or waits: revocation lists, signed sheets, updates by message and switches of our keys."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from node.agreeing import Times
from node.app import Node
from node.doctor.facts import Facts
from node.keyring.revocations import Revocations
from node.msh.ports import StorageUnavailable
from node.security.certificates import load_certificates
from node.security.keys import SoftwareKey
from node.sheets.signing import write_signed
from node.sheets.states import VersionState
from node.store.database import instant
from node.store.people import Acted
from node.store.updates import Answer, KeptUpdate
from node.updates.reading import read_update
from node.updates.states import UpdateDirection, UpdateEvent
from node.updates.update import CONFIRM, REJECT, REQUEST, SERVICE, UpdateRequest
from tests.doctor.faults import Fault, more
from tests.doctor.homes import NOW, PROFILE, Home, key
from tests.revoking import Telling

DAY = timedelta(days=1)
Seed = Callable[[Home], Any]
ADDRESS = "http://127.0.0.1:9"
LIST = f"{ADDRESS}/ca.crl"


def later(days: float) -> Callable[[Facts], Facts]:
    """The same facts, so many days later."""
    return lambda facts: replace(facts, now=facts.now + days * DAY)


def seeds(*every: Seed) -> Seed:
    def all_of(home: Home) -> None:
        for one in every:
            one(home)

    return all_of


# -- an authority that publishes lists -------------------------------------------------------------------------------------


@cache
def authority() -> Telling:
    return Telling(NOW, ADDRESS, "list")


@cache
def told_key() -> SoftwareKey:
    issued = authority().issue("kr", "ecdsa", "sign")
    return SoftwareKey.from_pem(issued.private_key, issued.certificate)


def judged(policy: str) -> Seed:
    """The partner signs with a certificate of the authority, judged by this policy."""

    def seed(home: Home) -> None:
        home.put_trust("telling-ca", _Held(authority().certificate))
        home.put_partner("kr-sign", told_key())
        home.agree('trust   = "path"', f'trust   = "path"\n{policy}')

    return seed


class _Held:
    """A certificate as `put_trust` wants it."""

    def __init__(self, pem: bytes) -> None:
        (self.certificate,) = load_certificates(pem)


def listed(age: float, holds: float, *revoked: int) -> Seed:
    """The list of the authority, so many days old and good for so many."""

    def seed(home: Home) -> None:
        since = NOW - age * DAY
        octets = authority().list(dict.fromkeys(revoked, since), since, holds * DAY, 1)
        held = load_certificates(authority().certificate)
        revocations(home).take_list(octets, held, "ca.crl", NOW)

    return seed


def asked(problem: str = "", times: int = 1) -> Seed:
    """The address was asked so often, with this trouble."""

    def seed(home: Home) -> None:
        revocations(home).want([LIST], NOW - DAY)
        for _ in range(times):
            revocations(home).asked(LIST, NOW - DAY / 24, NOW + DAY, problem)

    return seed


def revocations(home: Home) -> Revocations:
    return Revocations(home.folder / "data" / "revocations")


def no_fetching(home: Home) -> None:
    home.set("[store]", "[revocation]\nfetch = false\n[store]")


def unreadable(home: Home) -> None:
    """A file where a folder must be, since nothing is closed to root."""
    shutil.rmtree(home.folder / "data" / "revocations", ignore_errors=True)
    (home.folder / "data" / "revocations").write_text("no folder")


def own_taken_back(home: Home) -> None:
    home.put_trust("telling-ca", _Held(authority().certificate))
    home.put_own("sign", told_key())


HARD, SOFT = judged('policy = "customs"'), judged('revocation = "soft"')
SERIAL = told_key().certificate.serial

# -- signed sheets -------------------------------------------------------------------------------------------------------------

ANN, BEN = Acted("ann", NOW), Acted("ben", NOW)
TERMS = {"profile": PROFILE, "service": [{"value": "urn:n2n:test:svc:any", "actions": ["any"]}]}


@contextmanager
def nodes(home: Home) -> Iterator[tuple[Node, Node]]:
    """Ours and the partner's."""
    here, there = Node.open(home.folder), Node.open(home.folder.parent / "kr")
    try:
        yield here, there
    finally:
        here.close()
        there.close()


def offered(days: float = 90) -> Seed:
    def seed(home: Home) -> None:
        with nodes(home) as (here, _):
            here.agreeing.offer("kr", TERMS, Times(answer_by=NOW + days * DAY), ANN)

    return seed


def offered_to_us(home: Home) -> None:
    with nodes(home) as (here, there):
        offer = there.agreeing.offer("tw", TERMS, Times(), ANN)
        here.versions.propose("kr", offer.signed, "b", ANN, answer_by=NOW + 3 * DAY)


def unanswered(home: Home) -> None:
    offered(0.0001)(home)
    with nodes(home) as (here, _):
        assert here.versions.settle(NOW + DAY) == 1


def signed(until: float | None = None, since: float = 0, *, approved: bool = True) -> Seed:
    """A version that both sides signed; it takes the place of a file, so it wants a second person."""

    def seed(home: Home) -> None:
        with nodes(home) as (here, there):
            prints = {node: node.setting.certificates.own["sign"].certificate.sha256 for node in (here, there)}
            times = Times(NOW + since * DAY, None if until is None else NOW + until * DAY)
            offer = here.agreeing.offer("kr", TERMS, times, ANN)
            theirs = there.agreeing.accept(write_signed(offer.signed), "tw", prints[here], {}, ANN).kept
            kept = here.agreeing.activate(write_signed(theirs.signed), "", prints[there], ANN).kept
            assert kept.state is VersionState.ACCEPTED
            if approved:
                here.versions.approve(kept.id, BEN)
                assert here.versions.activate(kept.id, BEN).state is VersionState.ACTIVE

    return seed


def written_over(pattern: bytes, by: bytes) -> Seed:
    """Somebody writes something else into the row of what was agreed."""

    def seed(home: Home) -> None:
        with nodes(home) as (here, _):
            row = here.messages.database.read("SELECT id, content FROM agreed_version", {})[0]
            other = re.sub(pattern, by, bytes(row["content"]), flags=re.DOTALL)
            assert other != bytes(row["content"])
            values = {"content": other, "id": row["id"]}
            here.messages.writer.run(
                lambda cursor: cursor.execute("UPDATE agreed_version SET content = :content WHERE id = :id", values).rowcount
            )

    return seed


elsewhere = written_over(rb'("endpoint": "[^"]*)"', rb'\1/elsewhere"')
unsigned = written_over(rb'"signatures": \[.*\]', b'"signatures": []')
cut_off = written_over(rb"^(.{300}).*$", rb"\1")


def unread(facts: Facts) -> Facts:
    """The store could not be read when the settings were, and can be now."""
    setting = copy(facts.setting)
    setting.unread = StorageUnavailable("the database is locked")
    return replace(facts, setting=setting)


def other_signer(home: Home) -> None:
    home.put_own("sign", key())


# -- updates by message and switches -------------------------------------------------------------------------------------------

BOTH = more(f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"]\n')


def follows(days: float) -> Seed:
    """A key of ours that takes over in so many days."""

    def seed(home: Home) -> None:
        home.put_own("sign-2027", key())
        with (home.folder / "node.toml").open("a") as toml:
            toml.write(f'\n[[keys.next]]\npurpose = "sign"\nname = "sign-2027"\nfrom = {NOW + days * DAY:%Y-%m-%dT%H:%M:%SZ}\n')

    return seed


def proposed(respond: float | None = None, event: UpdateEvent | None = None) -> Seed:
    """We asked the partner, which answers so, or not in time."""

    def seed(home: Home) -> None:
        with nodes(home) as (here, _):
            by = None if respond is None else NOW + respond * DAY
            (one,) = here.updating.propose("kr", ("sign",), by, ANN)
            if event is UpdateEvent.EXPIRE:
                assert here.updates.expire(NOW + 1000 * DAY)
            elif event is not None:
                here.updates.answered(one.kept.id, event, Acted("kr", NOW, "no"), b"answer")

    return seed


def owed(home: Home) -> None:
    home.sql("UPDATE agreement_update SET sending = 'DUE', changed_at = :at", at=instant(NOW - DAY / 24))


def asked_of_us(days: float, *names: str, respond: float | None = None) -> Callable[[Home], KeptUpdate]:
    """The partner asks us to take its next certificate; these people have compared its fingerprint."""

    def seed(home: Home) -> KeptUpdate:
        there = Home(home.folder.parent / "kr")
        seeds(BOTH, follows(days))(there)
        with nodes(home) as (here, theirs):
            by = None if respond is None else NOW + respond * DAY
            (one,) = theirs.updating.propose("tw", ("sign",), by, ANN)
            request = read_update(one.kept.asked.content)
            assert isinstance(request, UpdateRequest)
            ours = replace(one.kept.asked, partner="kr", direction=UpdateDirection.IN, digest="x")
            kept, _ = here.updates.record(ours, Acted("n2n", NOW))
            for name in names:
                kept = here.updates.approve(kept.id, Acted(name, NOW), Answer(b"yes", "answer@tw"))
            return kept

    return seed


def expired_with_us(home: Home) -> None:
    asked_of_us(5)(home)
    with nodes(home) as (here, _):
        assert here.updates.expire(NOW + 6 * DAY)


FAULTS = [
    # -- revocation
    Fault("revocation.revoked", seeds(HARD, listed(1, 30, SERIAL)), place="kr-sign", what="taken it back: revoked"),
    Fault("revocation.revoked", seeds(SOFT, listed(40, 30, SERIAL)), place="kr-sign", what="taken it back: revoked"),
    Fault("revocation.vouched", HARD, place="kr-sign", what="no revocation list or answer"),
    Fault("revocation.vouched", seeds(HARD, listed(31, 30)), place="kr-sign", what="its list held until"),
    Fault("revocation.vouched", seeds(HARD, listed(31, 30)), place="kr-sign", what="(revocation hard)"),
    Fault("revocation.vouched", seeds(SOFT, listed(60, 20)), place="kr-sign", what="(revocation soft)"),
    Fault("revocation.vouched", unreadable, place="data/revocations", what="cannot be read"),
    Fault("revocation.grace", seeds(SOFT, listed(29, 20)), place="kr-sign", what=f"from {NOW + DAY:%Y-%m-%d}"),
    Fault("revocation.grace", seeds(SOFT, asked("connection refused")), place="kr-sign", what="no revocation list or answer"),
    Fault("revocation.ends", seeds(HARD, listed(25, 30)), place="kr-sign", what=f"refused from {NOW + 5 * DAY:%Y-%m-%d}"),
    Fault("revocation.ends", seeds(HARD, no_fetching, asked(), listed(25, 30)), place="kr-sign", what="nothing newer has come"),
    Fault("revocation.ends", seeds(HARD, asked(), listed(29.5, 30)), place="kr-sign", what="nothing newer has come"),
    Fault(
        "revocation.fetched",
        seeds(HARD, listed(1, 30), asked("connection refused")),
        place=LIST,
        what="failed once (connection refused), it never brought anything",
    ),
    Fault("revocation.ours", seeds(own_taken_back, listed(1, 30, SERIAL)), place="certs/own/sign", what="revoked"),
    # -- signed sheets
    Fault("sheets.ends", signed(until=80), place="partners/kr: version 1", what="in 79 days, with none to follow"),
    Fault("sheets.ends", signed(until=3), later(4), place="partners/kr: version 1", what="ended on"),
    Fault("sheets.second", signed(approved=False), place="partners/kr: version 1", what="the partner may obey it already"),
    Fault("sheets.second", signed(since=9, approved=False), place="partners/kr: version 1", what="it is to hold from"),
    Fault("sheets.answered", offered(5), place="partners/kr: version 1", what="waits for kr to sign it by"),
    Fault("sheets.answered", offered_to_us, place="partners/kr: version 1", what="waits for our signature by"),
    Fault("sheets.answered", unanswered, place="partners/kr: version 1", what="nobody answered by"),
    Fault("sheets.signs", signed(), later(15), place="partners/kr: version 1", what="sign the next version with ends on"),
    Fault("sheets.signs", signed(), later(31), place="partners/kr: version 1", what="sign the next version with ended on"),
    Fault(
        "sheets.whole",
        seeds(signed(), elsewhere),
        place="partners/kr: version 1",
        what="is not what both signed: signatures.a: does not fit",
    ),
    Fault(
        "sheets.whole",
        seeds(signed(), unsigned),
        place="partners/kr: version 1",
        what="is not what both signed: party a, b has not signed it",
    ),
    Fault("store.reachable", seeds(signed(), cut_off), place="store", what="which is an agreement with 'kr', is damaged"),
    Fault("store.reachable", told=unread, place="store", what="the database is locked: the agreements that both sides signed"),
    Fault("sheets.signs", seeds(signed(), other_signer), place="partners/kr: version 1", what="still in certs/own"),
    # -- updates by message
    Fault("updates.answered", asked_of_us(20), place="update 1 of kr", what="waits for two people here, until"),
    Fault("updates.answered", asked_of_us(20, "ann"), place="update 1 of kr", what="a second person (ann has accepted it)"),
    Fault("updates.answered", expired_with_us, place="update 1 of kr", what="expired without our answer"),
    Fault("updates.expires", asked_of_us(20, respond=5), place="update 1 of kr", what="we have not answered"),
    Fault("updates.expires", seeds(BOTH, follows(20), proposed(5)), place="update 1 to kr", what="kr has not answered"),
    Fault("updates.sent", seeds(BOTH, follows(20), proposed(), owed), place="update 1 to kr", what="our request is owed since"),
    Fault("updates.begins", asked_of_us(5, "ann", "ben"), place="update 1 of kr", what="takes effect on"),
    Fault(
        "updates.begins", seeds(BOTH, follows(5), proposed(event=UpdateEvent.ACCEPT)), place="update 1 to kr", what="in 4 days"
    ),
    Fault(
        "updates.refused",
        seeds(BOTH, follows(200), proposed(event=UpdateEvent.REJECT)),
        place="update 1 to kr",
        what="kr refused it; the switch to sign-2027 comes all the same",
    ),
    Fault(
        "updates.refused",
        seeds(BOTH, follows(5), proposed(event=UpdateEvent.EXPIRE)),
        later(6),
        place="update 1 to kr",
        what="kr never answered it; the switch to sign-2027 came",
    ),
    Fault("updates.switch", follows(20), place="keys.next sign-2027", what="kr was not asked by message: n2n cert try"),
    Fault("updates.switch", seeds(BOTH, follows(20)), place="keys.next sign-2027", what="n2n partner update kr"),
    Fault("updates.switch", seeds(BOTH, follows(20), proposed()), place="keys.next sign-2027", what="has not accepted it"),
]
