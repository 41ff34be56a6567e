"""A sheet is read strictly: each thing that is wrong is named with its place."""

import copy

import pytest

from node.sheets.canonical import SheetRefused
from node.sheets.sheet import other, read_sheet
from tests.agreed import NOW, after, agreed, key, open_offer


def changed(path, value):
    body = copy.deepcopy(agreed().body)
    *above, last = path.split(".")
    place = body
    for name in above:
        place = place[int(name) if name.isdigit() else name]
    if value is ...:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return body


def test_what_is_asked_of_a_sheet():
    sheet = agreed()
    assert (sheet.id, sheet.version, sheet.before, sheet.since, sheet.until) == ("urn:uuid:1", 1, None, NOW, None)
    assert (sheet.before_ends - sheet.since).days == 1
    assert sheet.certificates("b", "sign") == (key("b").certificate,)
    assert sheet.party("a")["host"] == "a.example"
    assert (other("a"), other("b")) == ("b", "a")


def test_an_open_offer_has_one_side_and_is_what_remains_of_the_whole():
    offer = open_offer()
    assert offer.is_open
    assert agreed().offer().digest == offer.digest
    with pytest.raises(KeyError):
        offer.party("b")


def test_each_version_names_the_one_before():
    first = agreed()
    assert (after(first).before, after(first).version) == (first.digest, 2)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("format", "n2n-agreement/2", "format: must be one of n2n-agreement/1"),
        ("extra", 1, "extra: is not known"),
        ("ladder", ..., "ladder: is required"),
        ("version", 2, "before: is the digest of the version before"),
        ("before", "a" * 64, "before: is the digest"),
        ("effective.until", "2026-11-28T12:00:00Z", "effective.until: is not after"),
        ("parties.a.certificates.sign", [], "parties.a.certificates.sign: is required"),
        ("parties.a.certificates.sign.0.from", "2023-01-01T00:00:00Z", r"sign\[1\]: is to be used outside"),
        ("parties.a.certificates.sign.0.until", "2024-01-01T00:00:00Z", r"sign\[1\]: ends before it begins"),
        ("parties.b.host", "", "parties.b.host: must have 1 to 250 signs"),
        ("parties.a.documents.signers", {"A-X": ["a" * 64]}, "signers.A-X: no certificate of certificates.seal"),
        ("services.0.sender", "c", r"services\[1\].sender: must be one of a, b, both"),
        ("services.0.actions", ["x", "x"], "'x' comes twice"),
        ("profile.parameters", {"a": None}, "profile.parameters.a: holds null"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, value, said):
    with pytest.raises(SheetRefused, match=said):
        read_sheet(changed(path, value))


def test_only_a_first_version_may_be_open():
    body = {**after(agreed()).body}
    with pytest.raises(SheetRefused, match=r"parties.b: is required"):
        read_sheet({**body, "parties": {**body["parties"], "b": None}})


def test_no_more_than_fifty_problems_are_told():
    with pytest.raises(SheetRefused) as refused:
        read_sheet({str(i): 1 for i in range(500)})
    assert len(refused.value.problems) == 50


def test_an_overlap_ends_in_this_calendar():
    body = copy.deepcopy(agreed().body)
    body["effective"] = {"from": "9999-12-31T00:00:00Z", "until": None, "overlap": "99999d"}
    with pytest.raises(SheetRefused, match=r"effective\.overlap: ends after the year 9999"):
        read_sheet(body)
