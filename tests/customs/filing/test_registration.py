"""A document as the register takes it."""

import hashlib
from dataclasses import replace

from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.registration import IN, OUT, About, Carried, Decision, registration, unjudged
from tests.registered import ISSUER, NOW, NUMBER, Clerk, certificate, message_id, packs, response, utilisation

FIRST = Carried(IN, "m1@kr", "kr")


def register(octets, clerk=None):
    checked = (clerk or Clerk(DocumentsInMemory())).check(octets)
    return registration(octets, hashlib.sha256(octets).digest(), checked, FIRST, NOW)


def test_it_says_what_the_document_says_of_itself():
    one = register(certificate())
    about = one.about
    assert (about.type_id, about.number, about.version, about.issuer) == ("co.certificate", NUMBER, 1, ISSUER)
    assert (about.sender, about.recipient, about.function, about.profile) == ("KR-KCS", "TW-CUSTOMS", "9", "tw-kr.eco.1")
    assert (about.document_id, about.retention, about.reply) == (message_id(f"{NUMBER}.1"), "origin", "gen.response")
    assert about.issued_at.isoformat() == "2026-10-05T11:00:00+09:00"
    assert one.filing is not None
    assert one.keeps_octets


def test_octets_of_no_known_type_say_nothing():
    one = register(b"<x/>")
    assert (one.about, one.filing, one.keeps_octets) == (About(), None, True)


def test_what_does_not_follow_its_schema_says_its_type_alone():
    one = register(certificate().replace(b"<VersionID>1<", b"<VersionID>x<"))
    assert one.about == About("co.certificate")


def test_a_list_whose_rows_go_elsewhere_is_kept_as_long_as_it_is_not_accepted():
    one = register(certificate())
    assert replace(one, about=About("co.certificate"), filing=None).keeps_octets
    assert not replace(one, about=About("aeo.recordset")).keeps_octets
    assert replace(one, about=About("aeo.recordset"), filing=None).keeps_octets
    assert not replace(one, about=About("aeo.recordset"), filing=None, duplicate=True).keeps_octets


def test_what_we_make_ourselves_is_not_judged_and_takes_its_step():
    clerk = Clerk(DocumentsInMemory())
    octets = utilisation("u1", "5")
    checked = clerk.check(octets)
    assert not checked.verdict.accepted
    answer = unjudged(response(checked, b"1" * 32, "r1"), packs(), clerk.register, Carried(OUT, "r1@tw", "kr"), NOW)
    assert (answer.about.type_id, answer.about.function, answer.about.correlation) == ("gen.response", "27", message_id("u1"))
    (step,) = answer.filing.steps
    assert (step.sender, step.message_id, step.level, step.outcome) == ("TW-CUSTOMS", message_id("u1"), "L2", "RE")


def test_a_decision_without_a_filing_refuses():
    filing = register(certificate()).filing
    assert Decision(1, "wang", "why", NOW, None).outcome == "RE"
    assert Decision(1, "wang", "why", NOW, filing).outcome == "AP"
