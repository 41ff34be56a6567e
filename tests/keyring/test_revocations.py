"""Lists and answers in data/revocations: what is taken in, what is not, and what another process sees."""

import json
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from node.keyring.revocations import CLEARED, MARGIN, OFTEN, SELDOM, NotTaken, Revocations, next_fetch, next_try
from node.security.crl import Crl
from tests.seals import NOW, Authority, private_key

DAY = timedelta(days=1)
URL = "http://a.org/ca.crl"


@pytest.fixture
def ca():
    return Authority("KR root")


@pytest.fixture
def revocations(tmp_path):
    return Revocations(tmp_path / "revocations")


def take(revocations, octets, ca, source=URL, now=NOW):
    return revocations.take_list(octets, [ca.certificate], source, now)


def test_a_list_is_kept_and_found_again_by_another_process(revocations, tmp_path, ca):
    other = Revocations(tmp_path / "revocations")
    assert other.held().crls == ()
    kept = take(revocations, ca.crl(), ca)
    assert (kept.kind, kept.since, kept.until, kept.source) == ("crl", NOW, NOW + 30 * DAY, URL)
    for one in (revocations, other):
        assert [crl.sha256 for crl in one.held().crls] == [kept.sha256]
        assert one.index().kept == (kept,)
        assert one.octets(kept.sha256) == one.held().crls[0].der


def test_the_same_object_stands_as_long_as_nothing_changes(revocations, ca):
    take(revocations, ca.crl(), ca)
    before = revocations.held()
    assert revocations.held() is before
    revocations.want([URL], NOW)
    revocations.asked(URL, NOW, NOW + DAY, "no answer in time")
    assert revocations.index().places[URL].problem
    assert revocations.held() is before
    take(revocations, ca.crl(NOW + DAY), ca, now=NOW + DAY)
    assert revocations.held() is not before


def test_whoever_takes_a_list_in_has_read_and_proven_it_for_everybody(revocations, ca, monkeypatch):
    revocations.held()
    take(revocations, ca.crl(), ca)
    # A list may be long, and the next to look may be the event loop.
    monkeypatch.setattr("node.security.crl.verified", lambda *_: pytest.fail("proven twice"))
    monkeypatch.setattr("node.keyring.revocations.Crl.__post_init__", lambda _: pytest.fail("read twice"))
    assert revocations.held().crls[0].is_signed_by(ca.certificate)


def test_the_event_loop_reads_no_list_that_another_process_has_landed(revocations, tmp_path, ca, monkeypatch):
    revocations.held()
    assert not revocations.is_behind
    read_in, read = [], Crl.__post_init__

    def seen(crl):
        read_in.append(threading.current_thread().name)
        read(crl)

    take(Revocations(tmp_path / "revocations"), ca.crl(), ca)
    monkeypatch.setattr("node.keyring.revocations.Crl.__post_init__", seen)
    assert revocations.is_behind
    assert revocations.known()[0].crls == ()
    with ThreadPoolExecutor(1, "reading") as pool:
        pool.submit(revocations.held).result()
    assert [one.partition("_")[0] for one in read_in] == ["reading"]
    assert not revocations.is_behind
    assert revocations.known() == (revocations.held(), revocations.index())
    assert len(revocations.known()[0].crls) == 1


def test_whoever_looks_only_once_sees_what_lies_there(revocations, tmp_path, ca):
    take(Revocations(tmp_path / "revocations"), ca.crl(), ca)
    assert len(revocations.known()[0].crls) == 1


def test_whoever_takes_a_list_in_leaves_nothing_to_read(revocations, ca):
    revocations.held()
    take(revocations, ca.crl(), ca)
    assert not revocations.is_behind
    assert len(revocations.known()[0].crls) == 1


def test_another_one_for_the_same_folder_reads_only_what_is_new(revocations, tmp_path, ca):
    take(revocations, ca.crl(), ca)
    before = revocations.held()
    point = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    new = take(Revocations(tmp_path / "revocations"), ca.crl(NOW, (point, True)), ca)
    other = Revocations(tmp_path / "revocations")
    other.read_already(revocations)
    assert other.held().crls[0] is before.crls[0]
    assert other.held().crls[1].sha256 == new.sha256


def test_a_newer_list_replaces_an_older_one_and_never_the_other_way(revocations, ca):
    old, new = ca.crl(NOW - DAY), ca.crl()
    first = take(revocations, old, ca)
    second = take(revocations, new, ca)
    with pytest.raises(NotTaken, match="older than what lies here"):
        take(revocations, old, ca)
    # The same again is harmless.
    take(revocations, new, ca)
    assert [one.sha256 for one in revocations.index().kept] == [second.sha256]
    # What a verdict of before rests on stays.
    assert revocations.octets(first.sha256) == old


def test_an_authority_of_the_same_name_takes_no_place_of_another(revocations, ca):
    # A partner may bring an authority with its sheet, and call it as it likes.
    impostor = Authority("KR root")
    signers = [impostor.certificate, ca.certificate]
    real = take(revocations, ca.crl(), ca)
    forged = revocations.take_list(ca.crl(NOW + timedelta(minutes=1), key=impostor.key), signers, "http://x.org/", NOW)
    assert {one.sha256 for one in revocations.index().kept} == {real.sha256, forged.sha256}
    newer = revocations.take_list(ca.crl(NOW + timedelta(seconds=30)), signers, URL, NOW)
    assert {one.sha256 for one in revocations.index().kept} == {newer.sha256, forged.sha256}


def test_a_list_of_another_scope_stands_beside_it(revocations, ca):
    point = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    take(revocations, ca.crl(), ca)
    take(revocations, ca.crl(NOW, (point, True)), ca)
    assert len(revocations.held().crls) == 2


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (lambda: Authority("KR root").crl(), "did not sign"),
        (lambda: Authority("Stranger").crl(), "no authority of any certificate here"),
        (lambda: b"<html>not found</html>", "no usable revocation list"),
        (lambda: b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "no revocation list"),
    ],
)
def test_what_is_forged_or_no_list_never_replaces_a_good_one(revocations, ca, octets, said):
    kept = take(revocations, ca.crl(), ca)
    with pytest.raises(NotTaken, match=said):
        take(revocations, octets(), ca)
    assert revocations.index().kept == (kept,)


def test_a_list_of_tomorrow_is_not_taken(revocations, ca):
    with pytest.raises(NotTaken, match="has not come"):
        take(revocations, ca.crl(NOW + DAY), ca)


def test_a_list_may_come_as_pem(revocations, ca):
    pem = x509.load_der_x509_crl(ca.crl()).public_bytes(Encoding.PEM)
    assert take(revocations, pem, ca, "ca.pem").source == "ca.pem"


def answer(ca, leaf, at=NOW):
    builder = ocsp.OCSPResponseBuilder().add_response(
        leaf.x509, ca.certificate.x509, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, at, at + DAY, None, None
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, ca.certificate.x509)
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_an_answer_is_kept_for_its_certificate(revocations, ca):
    one, two = (ca.issue(name, private_key("p256")) for name in ("one", "two"))
    for leaf in (one, two):
        revocations.take_answer(answer(ca, leaf), leaf, ca.certificate, "http://ocsp.a.org", NOW)
    newer = revocations.take_answer(answer(ca, one, NOW + DAY), one, ca.certificate, "http://ocsp.a.org", NOW + DAY)
    assert len(revocations.held().answers) == 2
    assert newer in revocations.index().kept
    # Another certificate of the same name does not take the place of this one.
    again = ca.issue("one", private_key("p256"))
    revocations.take_answer(answer(ca, again), again, ca.certificate, "http://ocsp.a.org", NOW)
    assert len(revocations.held().answers) == 3
    for octets, now, said in (
        (answer(ca, two), NOW, "says nothing of CN=one"),
        (answer(Authority("KR root"), one), NOW, "does not stand for"),
        (answer(ca, one), NOW + 9 * DAY, "whose time is not now"),
        (b"nothing", NOW, "no usable OCSP"),
    ):
        with pytest.raises(NotTaken, match=said):
            revocations.take_answer(octets, one, ca.certificate, "http://ocsp.a.org", now)


def test_places_remember_since_when_they_are_wanted_and_how_asking_went(revocations):
    revocations.want([URL], NOW)
    revocations.want([URL, "http://b.org"], NOW + DAY)
    assert {one.key: one.first_wanted for one in revocations.index().places.values()} == {URL: NOW, "http://b.org": NOW + DAY}
    revocations.asked(URL, NOW + DAY, NOW + 2 * DAY, "no answer in time")
    revocations.asked(URL, NOW + 2 * DAY, NOW + 3 * DAY, "no answer in time")
    place = revocations.index().places[URL]
    assert (place.failures, place.problem, place.fetched, place.next) == (2, "no answer in time", None, NOW + 3 * DAY)
    revocations.asked(URL, NOW + 3 * DAY, NOW + 4 * DAY)
    place = revocations.index().places[URL]
    assert (place.failures, place.problem, place.fetched) == (0, "", NOW + 3 * DAY)
    revocations.want([URL], NOW + 5 * DAY)
    assert list(revocations.index().places) == [URL]


def test_what_a_crash_left_half_written_does_no_harm(revocations, tmp_path, ca, caplog):
    kept = take(revocations, ca.crl(), ca)
    folder = tmp_path / "revocations"
    (folder / ".index.json").write_text("{")
    assert Revocations(folder).index().kept == (kept,)
    (folder / f"{kept.sha256}.crl").write_bytes(b"damaged")
    with caplog.at_level(logging.ERROR):
        assert Revocations(folder).held().crls == ()
    assert "cannot be read any more" in caplog.text
    take(revocations, ca.crl(), ca)
    (folder / "index.json").write_text(json.dumps({"kept": [{}]}))
    assert Revocations(folder).held().crls == ()
    with pytest.raises(LookupError):
        revocations.octets("0" * 64)


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_the_next_fetch_comes_before_the_list_ends_and_not_too_often(chance):
    short = next_fetch(NOW, NOW + timedelta(hours=2), NOW, chance)
    assert NOW + timedelta(hours=1.4) <= short <= NOW + timedelta(hours=1.8)
    assert NOW + SELDOM * 0.8 <= next_fetch(NOW, NOW + 30 * DAY, NOW, chance) <= NOW + SELDOM
    assert NOW + OFTEN <= next_fetch(NOW - 9 * DAY, NOW - DAY, NOW, chance) <= NOW + 2 * OFTEN
    tries = [next_try(failures, NOW, chance) for failures in range(12)]
    assert tries == sorted(tries)
    assert tries[-1] <= NOW + timedelta(hours=1.25)


def test_processes_that_write_at_once_lose_nothing_of_each_other(tmp_path, ca):
    folder = tmp_path / "revocations"
    keys = [f"http://a.org/{number}" for number in range(24)]
    Revocations(folder).want(keys, NOW)
    leaves = [ca.issue(f"kr {number}", private_key("p256")) for number in range(24)]

    def work(number):
        mine = Revocations(folder)
        mine.take_answer(answer(ca, leaves[number]), leaves[number], ca.certificate, keys[number], NOW)
        mine.asked(keys[number], NOW, NOW + DAY)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    index = Revocations(folder).index()
    assert {one.source for one in index.kept} == set(keys)
    assert {one.fetched for one in index.places.values()} == {NOW}


def age(revocations, tmp_path, at):
    """As if everything had been written then."""
    for file in (tmp_path / "revocations").glob("*.*"):
        os.utime(file, (at.timestamp(), at.timestamp()))


def names(tmp_path):
    return {file.stem for suffix in ("crl", "ocsp") for file in (tmp_path / "revocations").glob(f"*.{suffix}")}


def test_what_was_superseded_goes_after_a_margin_unless_a_kept_message_rests_on_it(revocations, tmp_path, ca):
    first, second, third = (take(revocations, ca.crl(NOW + days * DAY), ca, now=NOW + days * DAY) for days in range(3))
    age(revocations, tmp_path, NOW)
    asked = []

    def evidence():
        asked.append(True)
        return {second.sha256}

    authorities = [ca.certificate]
    assert revocations.clear(authorities, [], evidence, NOW + MARGIN) == 0
    assert asked == []
    before = revocations.held()
    assert revocations.clear(authorities, [], evidence, NOW + MARGIN + timedelta(seconds=1)) == 1
    assert names(tmp_path) == {second.sha256, third.sha256}
    assert revocations.held() is before
    assert revocations.octets(second.sha256)
    with pytest.raises(LookupError):
        revocations.octets(first.sha256)
    # The message goes, and a margin later what it rested on.
    assert revocations.clear(authorities, [], set, NOW + MARGIN + DAY) == 0
    assert revocations.clear(authorities, [], set, NOW + 2 * MARGIN + DAY) == 1
    assert names(tmp_path) == {third.sha256}


def test_what_nobody_wants_any_more_counts_for_nobody_and_goes(revocations, tmp_path, ca):
    other = Authority("Other root")
    take(revocations, ca.crl(), ca)
    kept = take(revocations, other.crl(), other)
    leaf = ca.issue("kr", private_key("p256"))
    told = revocations.take_answer(answer(ca, leaf), leaf, ca.certificate, URL, NOW)
    age(revocations, tmp_path, NOW)
    late = NOW + MARGIN + timedelta(seconds=1)
    assert revocations.clear([ca.certificate, other.certificate], [leaf], set, late) == 0
    assert revocations.clear([other.certificate], [], set, late + DAY) == 0
    assert revocations.clear([other.certificate], [], set, late + MARGIN + DAY) == 2
    assert names(tmp_path) == {kept.sha256} != {told.sha256}
    assert revocations.index().kept == (kept,)
    assert Revocations(tmp_path / "revocations").held().answers == ()


def test_a_clock_that_is_years_ahead_clears_nothing_that_counts(revocations, tmp_path, ca):
    first, second = (take(revocations, ca.crl(NOW + days * DAY), ca, now=NOW + days * DAY) for days in range(2))
    age(revocations, tmp_path, NOW)
    assert revocations.clear([ca.certificate], [], lambda: {first.sha256}, NOW + 3650 * DAY) == 0
    assert names(tmp_path) == {first.sha256, second.sha256}


def test_it_is_looked_for_what_nothing_needs_once_a_week(revocations, tmp_path, ca):
    # Where nothing was ever taken in there is nothing to clear.
    assert not revocations.is_to_clear(NOW)
    take(revocations, ca.crl(), ca)
    assert revocations.is_to_clear(NOW)
    revocations.clear([ca.certificate], [], set, NOW)
    assert not revocations.is_to_clear(NOW + CLEARED - timedelta(seconds=1))
    assert not Revocations(tmp_path / "revocations").is_to_clear(NOW + DAY)
    assert revocations.is_to_clear(NOW + CLEARED)
    # A clock that was ahead and has been set back.
    assert revocations.is_to_clear(NOW - DAY)


def test_what_a_crash_left_half_written_goes_too(revocations, tmp_path, ca):
    take(revocations, ca.crl(), ca)
    half = tmp_path / "revocations" / ".abc.crl"
    half.write_bytes(b"0")
    age(revocations, tmp_path, NOW)
    os.utime(half, (NOW.timestamp(), NOW.timestamp()))
    assert revocations.clear([ca.certificate], [], set, NOW + MARGIN + DAY) == 1
    assert not half.exists()
