"""Both sides sign the same octets; whatever is changed afterwards is seen."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from node.security.keys import KeyUseFailed
from node.sheets.canonical import SheetRefused
from node.sheets.sheet import Sheet, read_sheet
from node.sheets.signing import SignedSheet, algorithm_of, read_kept, read_signed, sign, signed_octets, verify, write_signed
from node.sheets.terms import answered
from tests.agreed import NOW, after, agreed, key, open_offer, party, signed


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "ed25519", "brainpool"])
def test_every_kind_of_key_signs_and_the_file_comes_back_whole(kind):
    both = signed(agreed(kind), kind)
    read = read_signed(write_signed(both))
    assert read == both
    assert read.is_complete
    found = verify(read)
    assert {side: one.certificate for side, one in found.items()} == {side: key(side, "sign", kind).certificate for side in "ab"}


def test_an_offer_is_signed_before_the_other_side_is_known_and_counts_afterwards():
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    assert (offer.of("a").covers, offer.is_complete) == ("offer", False)
    accepted = sign(SignedSheet(answered(offer.sheet, party("b")), offer.signatures), "b", key("b"), NOW)
    assert accepted.is_complete
    assert set(verify(accepted)) == {"a", "b"}


def test_copies_of_one_sheet_are_joined_and_copies_of_two_are_not():
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    accepted = sign(SignedSheet(answered(offer.sheet, party("b")), offer.signatures), "b", key("b"), NOW)
    assert (accepted.covers_all("a"), accepted.covers_all("b")) == (False, True)
    whole = sign(accepted, "a", key("a"), NOW)
    assert whole.covers_all("a")
    assert accepted.joined(whole) == whole.joined(accepted) == whole
    assert verify(whole)["a"].covers == "sheet"
    with pytest.raises(ValueError, match="another sheet"):
        accepted.joined(signed(agreed(title="x")))


def test_who_accepts_can_change_nothing_of_the_offer():
    offer = sign(SignedSheet(open_offer()), "a", key("a"), NOW)
    body = answered(offer.sheet, party("b")).body
    cheated = sign(SignedSheet(read_sheet({**body, "check_documents": False}), offer.signatures), "b", key("b"), NOW)
    with pytest.raises(SheetRefused, match=r"signatures.a: does not fit"):
        verify(cheated)


@pytest.mark.parametrize("name", ["title", "ladder", "services", "parties"])
def test_a_changed_sheet_is_seen(name):
    both = signed(agreed())
    body = dict(both.sheet.body)
    body[name] = {"title": "x", "ladder": {"L1": "1h"}, "services": [], "parties": {"a": party("a"), "b": party("b", host="x")}}[
        name
    ]
    with pytest.raises(SheetRefused, match="does not fit"):
        verify(SignedSheet(Sheet(body), both.signatures))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"signer": "b"}, "none of those agreed"),
        ({"time": datetime(2026, 11, 28, 12, 0, 1, tzinfo=UTC)}, "does not fit"),
        ({"time": datetime(2020, 1, 1, tzinfo=UTC)}, "when its certificate was not valid"),
        ({"algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"}, "does not fit"),
        ({"algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"}, "does not fit"),
        ({"value": b""}, "does not fit"),
        ({"value": b"\0" * 64}, "does not fit"),
        ({"certificates": (key("stranger").certificate,)}, "none of those agreed"),
        ({"covers": "offer"}, "does not fit"),
    ],
)
def test_a_changed_signature_is_seen(change, said):
    both = signed(agreed())
    first, second = both.signatures
    with pytest.raises(SheetRefused, match=said):
        verify(SignedSheet(both.sheet, (replace(first, **change), second)))


def test_a_key_of_the_version_before_may_sign_where_it_is_given():
    first = agreed()
    certificates = {**first.party("a")["certificates"], "sign": party("a", "p384")["certificates"]["sign"]}
    second = after(first, parties={"a": {**first.party("a"), "certificates": certificates}, "b": first.party("b")})
    made = sign(SignedSheet(second), "a", key("a"), NOW)
    with pytest.raises(SheetRefused, match="none of those agreed"):
        verify(made)
    assert verify(made, {"a": first.certificates("a", "sign")})["a"].certificate == key("a").certificate


def test_a_second_signature_of_a_side_takes_the_place_of_its_first():
    once = sign(SignedSheet(agreed()), "a", key("a"), NOW)
    assert len(sign(once, "a", key("a"), NOW).signatures) == 1


def test_party_b_cannot_sign_what_it_has_not_filled_in():
    with pytest.raises(SheetRefused, match=r"parties.b: is required"):
        sign(SignedSheet(open_offer()), "b", key("b"), NOW)


def test_a_key_that_cannot_sign_is_refused():
    with pytest.raises(SheetRefused, match="cannot sign"):
        algorithm_of(key("a", "enc", "x25519").certificate)
    with pytest.raises(KeyUseFailed):
        key("a", "enc", "x25519").sign("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"")


def test_what_is_signed_says_what_it_is():
    both = signed(agreed())
    said = json.loads(signed_octets(both.sheet, both.signatures[0]))
    assert (said["format"], said["signer"], said["covers"]) == ("n2n-agreement-signature/1", "a", "sheet")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(x=1), "x: is not known"),
        (lambda v: v["body"].update(version=0), r"body.version: must be a whole number"),
        (lambda v: v["signatures"].append(v["signatures"][0]), "signs the same twice"),
        (
            lambda v: v["signatures"][0].update(algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
            r"signatures\[1\].algorithm",
        ),
        (lambda v: v["signatures"][0].update(certificates=[]), r"certificates: must be a list of 1"),
        (lambda v: v["signatures"][0].update(value=base64.b64encode(b"x" * 4000).decode()), "base64 of at most"),
        (lambda v: v.update(signatures=[v["signatures"][0]] * 5), "must be a list of 0 to 4"),
    ],
)
def test_a_file_is_read_strictly(change, said):
    value = json.loads(write_signed(signed(agreed())))
    change(value)
    with pytest.raises(SheetRefused, match=said):
        read_signed(json.dumps(value).encode())


def test_a_kept_file_whose_body_lacks_what_every_sheet_has_is_refused_with_each_place() -> None:
    value = json.loads(write_signed(signed(agreed())))
    del value["body"]["ladder"], value["body"]["parties"]["b"]["certificates"]["sign"][0]["der"]
    with pytest.raises(SheetRefused) as refused:
        read_kept(json.dumps(value).encode())
    assert refused.value.problems == (
        ("parties.b.certificates.sign[1].der", "is required"),
        ("ladder", "is required"),
    )
