"""Pages and heads of an archive are read in one form only, and whatever is none is refused in words."""

import json
from dataclasses import replace

import pytest

from node.evidence.archive import (
    MARK,
    ArchiveRefused,
    Head,
    Leaves,
    Left,
    Page,
    Scope,
    Volume,
    index_name,
    leaves_name,
    read_head,
    read_page,
    signed_file,
    volume_name,
)
from node.evidence.checkpoint import signs
from node.evidence.entry import written
from node.evidence.manifest import Exchange
from tests.bundles import BEGAN, NOW, BundleWorld

KEY = BundleWorld().log_key
PAGE = Page(
    *("tw.example/2026", 2, "a" * 64, NOW, "n2n 0.1, tw.example", Scope("kr", BEGAN, NOW), 9),
    bundle=Volume("b" * 64, 700, ("receipts",)),
    exchanges=(Exchange("m1@tw", "kr", "out", (1, 2, 5)),),
    leaves=Leaves(0, 9, "c" * 64),
    certificates=(KEY.certificate.der,),
    left=(Left("m2@tw", "kr", "in", "damaged"),),
)
HEAD = Head("tw.example/2026", 2, "d" * 64, NOW, (KEY.certificate.der,))


@pytest.mark.parametrize(
    "page",
    [PAGE, replace(PAGE, bundle=None, exchanges=()), replace(PAGE, before="", leaves=Leaves(9, 0), left=(), scope=Scope())],
)
def test_a_page_is_read_as_it_was_written(page: Page) -> None:
    read = read_page(signed_file(page.octets(), KEY))
    assert read.page == page
    assert signs(KEY.certificate, read.signature, MARK + read.octets)
    assert not signs(KEY.certificate, read.signature, read.octets)


def test_a_head_is_read_as_it_was_written() -> None:
    read = read_head(signed_file(HEAD.octets(), KEY))
    assert read.head == HEAD
    assert signs(KEY.certificate, read.signature, MARK + read.octets)


def test_files_are_in_the_order_of_their_numbers() -> None:
    assert (index_name(7), volume_name(7), leaves_name(1_000_000)) == (
        *("index/000007.json", "volumes/000007.asice", "leaves/1000000.bin"),
    )


WRONG = {
    "number": [0, -1, True, "2", None],
    "before": ["x", 7],
    "made_at": ["yesterday", 7, None],
    "scope": [{}, {"partner": 1, "from": "", "to": ""}, {"partner": "", "from": "soon", "to": ""}, None],
    "covers": [-1, "9"],
    "bundle": [
        {},
        {"sha256": "x", "size": 1, "fails": []},
        {"sha256": "a" * 64, "size": "1", "fails": []},
        {"sha256": "a" * 64, "size": 1, "fails": [1]},
        None,
    ],
    "exchanges": [[], [{}], 7, [{"message_id": "", "partner": "p", "direction": "in", "entries": [1]}]],
    "leaves": [{"after": 0, "count": 1, "sha256": "x"}, {"after": -1, "count": 0, "sha256": ""}, None],
    "certificates": [[], ["!"], None],
    "left": [[{}], 7],
    "log": ["", 7],
    "format": ["n2n-evidence-archive/2"],
    "more": [1],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_page_is_refused(name: str) -> None:
    for value in WRONG[name]:
        told = {**json.loads(PAGE.octets()), name: value}
        with pytest.raises(ArchiveRefused):
            read_page(written({"signed": told, "signature": "AA=="}))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"signature":"AA==","signed":{}}',
        b'{"signature":"!","signed":{}}',
        b"[" * 100_000,
        b'{"signature": "AA==","signed":7}',
    ],
)
def test_what_is_nothing_is_refused(file: bytes) -> None:
    for read in (read_page, read_head):
        with pytest.raises(ArchiveRefused):
            read(file)


@pytest.mark.parametrize(
    ("name", "value"), [("last", 0), ("last", "2"), ("sha256", "x"), ("log", ""), ("log", 7), ("certificates", [])]
)
def test_what_is_no_head_is_refused(name: str, value: object) -> None:
    told = {**json.loads(HEAD.octets()), name: value}
    with pytest.raises(ArchiveRefused):
        read_head(written({"signed": told, "signature": "AA=="}))


def test_another_form_of_the_same_is_refused() -> None:
    file = signed_file(PAGE.octets(), KEY)
    for other in (file + b"\n", file.replace(b'{"signature"', b'{ "signature"')):
        with pytest.raises(ArchiveRefused, match="canonical form"):
            read_page(other)
