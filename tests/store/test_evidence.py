"""What happened is in the log, with the octets that it rests on, and is proven piece by piece."""

import hashlib
from datetime import timedelta
from itertools import pairwise

import pytest

from node.evidence.chain import Link, first_break, leaf_hash
from node.evidence.entry import Kind, instant
from node.evidence.merkle import holds_consistency, holds_inclusion
from node.msh.retention import Goes, Removes
from node.store.evidence import Absent, payloads_of
from node.store.log_audit import audit
from node.store.rows import IN
from tests.logged import logged
from tests.seals import NOW

PAYLOAD = b"<certificate/>" * 40


@pytest.fixture
def urls(request, url):
    if not url:
        return None
    postgres = request.getfixturevalue("postgres")
    return {"a": postgres.database(), "b": postgres.database()}


@pytest.fixture
def made(tmp_path, urls):
    one = logged(tmp_path, urls)
    yield one
    one.close()


def octets(kept):
    return b"".join(bytes(chunk) for chunk in kept.chunks())


def kinds(evidence, message_id):
    return [one.entry.kind for one in evidence.of_message(message_id)]


def test_each_side_of_an_exchange_has_its_entries(made):
    message_id = made.exchange(PAYLOAD)
    assert kinds(made.evidence("a"), message_id) == [Kind.PACKAGED, Kind.ACKNOWLEDGED]
    assert kinds(made.evidence("b"), message_id) == [Kind.RECEIVED, Kind.DELIVERED]


def test_all_that_is_named_is_there_with_its_digest(made):
    message_id = made.exchange(PAYLOAD, b"plain")
    wanted = {
        ("a", Kind.PACKAGED): {"envelope", "wire", "payload-1", "payload-2", "agreement", "signer"},
        ("a", Kind.ACKNOWLEDGED): {"receipt", "signer"},
        ("b", Kind.RECEIVED): {"envelope", "receipt", "payload-1", "payload-2", "http", "agreement", "signer"},
        ("b", Kind.DELIVERED): set(),
    }
    seen = {}
    for side in "ab":
        evidence = made.evidence(side)
        for one in evidence.of_message(message_id):
            found = evidence.objects(one)
            assert {name: hashlib.sha256(octets(kept)).hexdigest() for name, kept in found.items()} == one.entry.objects
            seen[side, one.entry.kind] = {name for name in found if not name.startswith("signer-path")}
    assert seen == wanted


def test_what_was_signed_on_one_side_is_what_was_verified_on_the_other(made):
    message_id = made.exchange(PAYLOAD)
    packaged, _ = made.evidence("a").of_message(message_id)
    received, _ = made.evidence("b").of_message(message_id)
    signed, verified = packaged.entry.facts["signed"], received.entry.facts["verified"]
    assert signed == {name: verified[name] for name in signed}
    assert (verified["policy"], verified["revocation"]) == ("fixed", "off")
    assert packaged.entry.objects["payload-1"] == received.entry.objects["payload-1"]
    assert received.entry.facts["tls"] == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
    assert octets(made.evidence("b").objects(received)["http"]).startswith(b"POST /as4 HTTP/1.1\r\n")


def test_the_log_is_one_chain(made):
    for number in range(3):
        made.exchange(b"%d" % number)
    for side in "ab":
        entries = list(made.evidence(side).walk())
        assert len(entries) == 6
        assert first_break(Link(one.number, one.octets, leaf_hash(one.octets), one.chain) for one in entries) is None
        log = made.evidence(side).log()
        assert (log.size, log.chain) == (6, entries[-1].chain)


def test_a_duplicate_writes_nothing(made):
    message_id = made.both.a.submit("b", PAYLOAD)
    outgoing = made.both.a.prepare(message_id)
    body = b"".join(bytes(chunk) for one in outgoing.body for chunk in one.chunks())
    first = made.both.b.receive(outgoing.content_type, body)
    assert made.both.b.receive(outgoing.content_type, body).octets == first.octets
    assert kinds(made.evidence("b"), message_id) == [Kind.RECEIVED]


def test_what_fails_is_undone_with_its_entry(made):
    evidence, messages = made.evidence("b"), made.both.stores["b"].messages
    message_id = made.both.a.submit("b", PAYLOAD)
    outgoing = made.both.a.prepare(message_id)
    made.both.b.receive(outgoing.content_type, b"".join(bytes(chunk) for one in outgoing.body for chunk in one.chunks()))
    with pytest.raises(LookupError):
        messages.delivered_all([(1, ""), (99, "")], NOW)
    assert evidence.log().size == 1
    messages.delivered_all([(1, "")], NOW)
    assert kinds(evidence, message_id) == [Kind.RECEIVED, Kind.DELIVERED]
    assert not list(audit(messages))


def test_messages_are_found_by_partner_and_time(made):
    ids = []
    for number in range(4):
        ids.append(made.exchange(b"%d" % number))
        made.later(hours=1)
    begun = list(made.evidence().begun("a", NOW + timedelta(hours=1), NOW + timedelta(hours=3)))
    assert [one.message_id for one in begun] == ids[1:3]
    assert {one.direction for one in begun} == {IN}
    assert list(made.evidence().begun("nobody", NOW, NOW + timedelta(days=9))) == []


def test_messages_are_found_by_the_digest_of_a_payload_with_and_without_tiles(made):
    message_id = made.exchange(PAYLOAD)
    sha256 = made.evidence().of_message(message_id)[0].entry.objects["payload-1"]
    assert [one.entry.about["message_id"] for one in made.evidence().with_payload(sha256)] == [message_id]
    for number in range(130):
        made.exchange(b"%d" % number)
    assert made.evidence().add_tiles() == 1
    assert made.evidence().add_tiles() == 0
    assert [one.number for one in made.evidence().with_payload(sha256)] == [1]
    late = made.exchange(b"late")
    other = made.evidence().of_message(late)[0].entry.objects["payload-1"]
    assert [one.entry.about["message_id"] for one in made.evidence().with_payload(other)] == [late]


def test_every_entry_is_proven_and_every_checkpoint_continues_the_one_before(made):
    for number in range(140):
        made.exchange(b"%d" % number)
        if number % 20 == 0:
            made.prove()
            made.later(seconds=2)
    made.prove()
    evidence = made.evidence()
    checkpoints = [one.checkpoint for one in evidence.checkpoints()]
    last = checkpoints[-1]
    for one in evidence.walk():
        path = evidence.inclusion(one.number, last.size)
        assert holds_inclusion(leaf_hash(one.octets), one.number - 1, last.size, path, last.root)
    for before, after in pairwise(checkpoints):
        path = evidence.consistency(before.size, after.size)
        assert holds_consistency(before.size, after.size, path, before.root, after.root)
    assert evidence.checkpoint_over(3).checkpoint.size >= 3
    assert evidence.checkpoint_over(last.size + 1) is None


def test_what_people_do_is_in_the_log(made):
    evidence = made.evidence()
    evidence.act(NOW, "kim", "changed an agreement", "renewal", {"partner": "a"}, {"agreement": b"[new]"})
    evidence.retrieved(NOW, "lee", "exported evidence", "case 4711", {"message_id": "m1"})
    (act,), (looked,) = list(evidence.kinds(Kind.ACTED)), list(evidence.kinds(Kind.RETRIEVED))
    assert act.entry.facts == {"who": "kim", "what": "changed an agreement", "why": "renewal"}
    assert octets(evidence.objects(act)["agreement"]) == b"[new]"
    assert evidence.of_message("m1")[0].number == looked.number


def test_what_a_rule_removes_stays_named(made):
    message_id = made.exchange(PAYLOAD)
    messages, evidence = made.both.stores["b"].messages, made.evidence()
    (candidate,) = messages.oldest(IN, NOW + timedelta(days=1), 9)
    assert messages.remove_payloads(candidate, Goes(Removes.PAYLOADS, "payloads: 1y"), NOW + timedelta(days=400))
    received, _, purged = evidence.of_message(message_id)
    absent = evidence.objects(received)["payload-1"]
    assert absent == Absent(received.entry.objects["payload-1"], "purged", "payloads: 1y", instant(purged.entry.at))
    assert purged.entry.objects == {"payload-1.1": received.entry.objects["payload-1"]}
    (candidate,) = messages.oldest(IN, NOW + timedelta(days=1), 9)
    assert messages.remove_all(candidate, Goes(Removes.ALL, "evidence: 10y"), NOW + timedelta(days=4000))
    found = evidence.objects(received)
    assert {name for name, one in evidence.objects(evidence.entry(1)).items() if isinstance(one, Absent)} == {
        *("payload-1", "envelope", "http")
    }
    assert found["signer"].size
    assert not list(audit(messages))


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b'{"kind":"message.received","objects":{"envelope":"e","payload-1":"a","payload-2":"b"}}', ["a", "b"]),
        (b'{"kind":"message.packaged","objects":{"payload-1":"a"}}', ["a"]),
        (b'{"kind":"message.attempted","objects":{"payload-1":"a"}}', []),
        (b'{"kind":"evidence.purged","objects":{"payload-1.7":"a"}}', []),
        (b'{"kind":"message.received","objects":{"payload-1":1}}', []),
        (b'{"kind":"message.received","objects":["payload-1"]}', []),
        (b'{"kind":[],"objects":{"payload-1":"a"}}', []),
        (b'{"kind":"message.received","objects":{"payload-1":"a"', []),
        (b'["payload-1"]', []),
        (b"{}", []),
    ],
)
def test_an_entry_is_found_by_its_payloads_whatever_was_made_of_it(octets: bytes, found: list[str]) -> None:
    assert payloads_of(octets) == found
