"""Six tamperings of a receipt: six different true sentences, in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.evidence.entry import Entry, Kind
from node.evidence.finding import Check, Finding
from node.evidence.manifest import Absent
from node.evidence.notes import sha256
from node.evidence.signed import open_signed
from node.evidence.verify import verify
from tests.bundles import BEGAN, NOW, OUT, BundleWorld, receipt_for, signed, suite_of, told_references, user_message
from tests.vectors.evidence.make import payloads, tamperings


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def six(world: BundleWorld, **changed) -> tuple[Finding, ...]:
    return verify(world.bundle(world.evidence(world.material(**changed))), NOW).of(Check.RECEIPTS)


def test_a_good_receipt_is_told_in_six_sentences(world: BundleWorld) -> None:
    found = six(world)
    assert [(one.step, one.word) for one in found] == [(step, f"receipt.{step}.good") for step in range(1, 7)]
    for language in ("en", "zh-Hant"):
        assert len({one.says(language) for one in found}) == 6


def test_six_tamperings_give_six_sentences(world: BundleWorld) -> None:
    said: dict[str, list[str]] = {"en": [], "zh-Hant": []}
    for step, (_, _, changed) in enumerate(tamperings(world), 1):
        found = six(world, **changed)
        assert [one.step for one in found] == [1, 2, 3, 4, 5, 6]
        failed = [one for one in found if one.fails]
        assert [one.word for one in failed] == [f"receipt.{step}.bad"]
        for language, sentences in said.items():
            sentences.append(failed[0].says(language))
    assert [len(set(sentences)) for sentences in said.values()] == [6, 6]


def test_the_sentences_are_true(world: BundleWorld) -> None:
    """Each tells the very values that differ."""
    refers, signature, partner, certificate, digests, in_time = (
        next(one for one in six(world, **changed) if one.fails).says() for _, _, changed in tamperings(world)
    )
    assert "m7@node-tw.example" in refers and OUT in refers
    assert "digest of messaging is another" in signature
    assert "CN=node-kr other" in partner and world.partner.certificate.sha256 in partner
    assert "2026-11-23" in certificate and "CN=node-kr old" in certificate
    assert "00" * 32 in digests and "cid:p2" in digests
    assert "2026-11-24 08:00:02" in in_time and "2026-11-24 08:00:01" in in_time


def without_envelope(world: BundleWorld, *, logged: bool = True, **changed) -> tuple[Finding, ...]:
    """The six where a rule has removed the envelope of what we sent, and an entry says so."""
    material = world.material(**changed)
    number, packaged = next(pair for pair in enumerate(material.entries) if pair[1].kind is Kind.PACKAGED)
    digest = packaged.objects["envelope"]
    signs = {
        "signature_algorithm": suite_of(world.own).signature_algorithm,
        "signer": packaged.objects["signer"],
        "references": told_references(open_signed(material.objects[digest]).references),
    }
    material.entries[number] = replace(packaged, facts={"signed": signs})
    said = {"who": "retention", "what": "everything", "why": "10 years"}
    purge = Entry(Kind.PURGED, NOW, packaged.about, {"envelope.1": digest}, said, None)
    if logged:
        # In the place of the attempt, so that it is one of the exchange.
        material.entries[2] = purge
    evidence = world.evidence(material)
    left = {one: octets for one, octets in evidence.objects.items() if one != digest}
    gone = replace(evidence, objects=left, absent=(Absent(digest, "purged", "10 years", NOW),))
    return verify(world.bundle(gone), NOW).of(Check.RECEIPTS)


def test_a_receipt_for_what_a_rule_removed_is_compared_with_what_the_log_says(world: BundleWorld) -> None:
    found = without_envelope(world)
    assert not any(one.fails for one in found)
    assert (found[0].word, found[4].word) == ("receipt.1.recorded", "receipt.5.recorded")
    assert "removed by a rule" in found[0].says("en") and "已依規則清除" in found[4].says("zh-Hant")
    unlogged = without_envelope(world, logged=False)
    assert [one.word for one in unlogged if one.fails] == ["receipt.1.no-message", "receipt.5.no-message"]


def test_a_receipt_for_another_message_fails_also_when_ours_was_removed(world: BundleWorld) -> None:
    for step, (_, _, changed) in enumerate(tamperings(world), 1):
        assert [one.step for one in without_envelope(world, **changed) if one.fails] == [step]


def test_what_else_may_be_wrong_with_the_digests(world: BundleWorld) -> None:
    references = signed(world.own, user_message(OUT, list(payloads())), payloads(), "1")[1]
    more = signed(world.own, user_message(OUT, ["extra@x"]), {"extra@x": b"x"}, "1")[1][-1]
    for listed, word in ((references[:-1], "missing"), ((*references, more), "extra"), ((*references, references[0]), "twice")):
        assert [one.word for one in six(world, receipt_references=listed) if one.fails] == [f"receipt.5.{word}"]


def test_two_parts_whose_digests_changed_places_are_told_apart(world: BundleWorld) -> None:
    references = list(signed(world.own, user_message(OUT, list(payloads())), payloads(), "1")[1])
    first, second = references[-2:]
    swapped = [
        replace(first, octets=first.octets.replace(b"p1@", b"p2@")),
        replace(second, octets=second.octets.replace(b"p2@", b"p1@")),
    ]
    found = six(world, receipt_references=(*references[:-2], *swapped))
    assert [one.word for one in found if one.fails] == ["receipt.5.bad"]


def test_a_receipt_that_is_none(world: BundleWorld) -> None:
    found = six(world, receipt=b"<nothing/>")
    assert [one.word for one in found if one.fails] == [
        "receipt.1.unreadable",
        "receipt.2.unreadable",
        "receipt.3.unknown",
        "receipt.5.unreadable",
    ]


def test_no_time_was_agreed(world: BundleWorld) -> None:
    material = world.material()
    entry = material.entries[3]
    material.entries[3] = replace(entry, facts={name: one for name, one in entry.facts.items() if name != "due_at"})
    found = verify(world.bundle(world.evidence(material)), NOW).of(Check.RECEIPTS)
    assert [one.word for one in found][5:] == ["receipt.6.none"]
    material.entries[3] = replace(entry, facts={**entry.facts, "due_at": "soon"})
    found = verify(world.bundle(world.evidence(material)), NOW).of(Check.RECEIPTS)
    assert [one.word for one in found if one.fails] == ["receipt.6.unreadable"]


def test_revoked_before_the_receipt_came(world: BundleWorld) -> None:
    fresh = BundleWorld()
    fresh.abroad.revoke(fresh.partner.certificate, BEGAN - timedelta(days=1))
    found = six(fresh)
    assert [one.word for one in found if one.fails] == ["receipt.4.bad"]
    assert "revoked 2026-11-23 08:00 UTC" in found[3].says()


def test_nothing_tells_of_revocation(world: BundleWorld) -> None:
    material = world.material()
    for number in (3, 4):
        entry = material.entries[number]
        verified = {**entry.facts["verified"], "revocation": "unknown"}
        objects = {name: one for name, one in entry.objects.items() if name != "revocation-1"}
        material.entries[number] = replace(entry, objects=objects, facts={**entry.facts, "verified": verified})
    crl = next(one for one in material.objects.values() if one == material.objects[world_crl(world, material)])
    del material.objects[sha256(crl)]
    found = verify(world.bundle(world.evidence(material)), NOW).of(Check.RECEIPTS)
    assert (found[3].word, found[3].fails) == ("receipt.4.silent", False)


def world_crl(world: BundleWorld, material) -> str:
    from node.security.crl import Crl, RevocationRefused

    for digest, octets in material.objects.items():
        try:
            Crl(octets)
        except RevocationRefused:
            continue
        return digest
    raise AssertionError


def test_the_receipt_names_its_certificate_by_other_means(world: BundleWorld) -> None:
    assert receipt_for(world.partner, OUT, signed(world.own, user_message(OUT, list(payloads())), payloads(), "1")[1])
    stranger = BundleWorld().partner
    found = six(world, receipt_key=stranger)
    # It carries its certificate, so the signature holds; it is nobody that was agreed.
    assert [one.word for one in found if one.fails] == ["receipt.3.bad"]
