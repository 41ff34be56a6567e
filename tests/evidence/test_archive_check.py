"""What an archive of made bundles is found to be; archives of real nodes are in tests/test_archiving.py."""

from dataclasses import dataclass, field, replace

import pytest

from node.evidence.archive import (
    HEAD,
    Head,
    Leaves,
    Page,
    Scope,
    Volume,
    digest,
    index_name,
    leaves_name,
    read_page,
    signed_file,
    volume_name,
)
from node.evidence.archive_check import check_archive
from node.evidence.bundle import files_of, seal_bundle
from node.evidence.chain import leaf_hash
from node.evidence.checkpoint import read_checkpoint, sign
from node.evidence.finding import Check
from node.evidence.notes import sha256
from tests.bundles import LOG, NOW, BundleWorld

WORLD = BundleWorld()


@dataclass
class Held:
    files: dict[str, bytes] = field(default_factory=dict)

    def lying(self) -> dict[str, int]:
        return {name: len(octets) for name, octets in self.files.items()}

    def read(self, name: str) -> bytes:
        return self.files[name]


def made(**changed: object) -> Held:
    """An archive of one volume."""
    held, material = Held(), WORLD.material()
    evidence = WORLD.evidence(material)
    bundle = WORLD.bundle(evidence)
    leaves = changed.pop("octets_of_leaves", b"".join(leaf_hash(one.octets()) for one in material.entries))
    leaves = leaves[: 32 * changed.pop("known", 7)]
    certificates = (WORLD.log_key.certificate.der, WORLD.home.certificate.der)
    page = Page(
        *(LOG, 1, "", NOW, "n2n", Scope(), 7),
        bundle=Volume(sha256(bundle), len(bundle), ()),
        exchanges=evidence.exchanges,
        leaves=Leaves(0, len(leaves) // 32, sha256(leaves)),
        certificates=certificates,
    )
    page = replace(page, **changed)
    file = signed_file(page.octets(), WORLD.log_key)
    held.files |= {volume_name(1): bundle, leaves_name(1): leaves, index_name(1): file}
    head = Head(LOG, 1, digest(file), NOW, certificates)
    held.files[HEAD] = signed_file(head.octets(), WORLD.log_key)
    return held


def excused(held: Held, bundle: bytes) -> Held:
    """The archive with another bundle, on a page that excuses every check."""
    page = read_page(held.files[index_name(1)]).page
    volume = Volume(sha256(bundle), len(bundle), tuple(one.value for one in Check))
    file = signed_file(replace(page, bundle=volume).octets(), WORLD.log_key)
    head = Head(LOG, 1, digest(file), NOW, page.certificates)
    held.files |= {volume_name(1): bundle, index_name(1): file, HEAD: signed_file(head.octets(), WORLD.log_key)}
    return held


def troubles(held: Held) -> list[tuple[str, str]]:
    return [(one.place, one.what) for one in check_archive(held, NOW).troubles]


def test_an_archive_that_is_whole_has_no_troubles() -> None:
    checked = check_archive(made(), NOW)
    assert checked.holds and checked.leaves == 7 and len(checked.messages) == 2


def test_hashes_of_a_log_that_never_was_are_found() -> None:
    ((place, what), *_) = troubles(made(octets_of_leaves=bytes(32 * 7)))
    assert place == volume_name(1) and "checkpoint 4 has another root" in what


def test_hashes_that_do_not_reach_a_checkpoint_are_found() -> None:
    ((place, what),) = troubles(made(known=5))
    assert place == volume_name(1) and "checkpoint 7 is beyond" in what


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"log": "another/log"}, "is of another log"),
        ({"exchanges": WORLD.evidence().exchanges[:1]}, "holds other messages than the index says"),
        ({"number": 2}, "is page 2"),
        ({"before": "0" * 64}, "does not follow page 0"),
        ({"leaves": Leaves(3, 7, "0" * 64)}, "goes on after entry 3"),
        ({"certificates": (b"none",)}, "its signer cannot be read"),
        ({"certificates": (WORLD.partner.certificate.der,)}, "the signature does not fit"),
    ],
)
def test_a_page_that_says_what_is_not_so_is_named(changed: dict[str, object], said: str) -> None:
    assert any(said in what for _, what in troubles(made(**changed)))


def test_what_failed_when_it_was_laid_down_is_a_note_and_nothing_else_is() -> None:
    late = WORLD.bundle(WORLD.evidence(WORLD.material(due=NOW.replace(year=2020))))
    held = made(bundle=Volume(sha256(late), len(late), ("receipts",)))
    held.files[volume_name(1)] = late
    checked = check_archive(held, NOW)
    assert [one.what.partition(":")[0] for one in checked.noted] == ["receipts"]
    other = made(bundle=Volume(sha256(late), len(late), ()))
    other.files[volume_name(1)] = late
    assert any(what.startswith("receipts: ") for _, what in troubles(other))


def test_what_no_age_brings_about_is_no_note_whatever_the_page_says() -> None:
    held = made()
    held = excused(held, held.files[volume_name(1)][:-1])
    checked = check_archive(held, NOW)
    assert checked.noted == []
    assert [(one.place, one.verdict) for one in checked.troubles if one.what.startswith("container: ")] == [
        (volume_name(1), False)
    ]


def two_volumes(second: bytes = b"") -> Held:
    """An archive whose second page, signed as the first, holds another bundle or once more the same."""
    held, certificates = made(), (WORLD.log_key.certificate.der, WORLD.home.certificate.der)
    second = second or held.files[volume_name(1)]
    page = read_page(held.files[index_name(1)]).page
    bundle = Volume(sha256(second), len(second), tuple(one.value for one in Check))
    more = replace(page, number=2, before=digest(held.files[index_name(1)]), bundle=bundle, leaves=Leaves(7, 0))
    file = signed_file(more.octets(), WORLD.log_key)
    head = Head(LOG, 2, digest(file), NOW, certificates)
    held.files |= {volume_name(2): second, index_name(2): file, HEAD: signed_file(head.octets(), WORLD.log_key)}
    return held


def test_a_second_bundle_with_another_root_of_the_same_size_is_found() -> None:
    """Whoever signs two logs shows each of them under the numbers of the other."""
    assert troubles(two_volumes()) == []
    material = WORLD.material()
    material.entries[0] = replace(material.entries[0], facts={"who": "officer", "what": "began", "why": "another day"})
    said = troubles(two_volumes(WORLD.bundle(WORLD.evidence(material))))
    assert (volume_name(2), f"its checkpoint 7 has another root than that of {volume_name(1)}") in said


def test_a_checkpoint_of_another_log_is_found_whatever_the_page_says() -> None:
    evidence = WORLD.evidence()
    last = evidence.checkpoints[1]
    other = replace(read_checkpoint(last.octets), log="another/log")
    signed = replace(last, octets=other.octets(), signature=sign(other, WORLD.log_key), stamps=())
    bundle = WORLD.bundle(replace(evidence, checkpoints=(evidence.checkpoints[0], signed)))
    assert (volume_name(2), "its checkpoint 7 is of another log, another/log") in troubles(two_volumes(bundle))


def test_a_name_whose_number_is_none_is_no_checkpoint() -> None:
    files = files_of(WORLD.evidence())
    odd = seal_bundle({**files, "checkpoints/²7.json": files["checkpoints/7.json"]}, WORLD.seal_key, NOW)
    assert any(what.startswith("container: ") for _, what in troubles(two_volumes(odd)))


def test_a_head_that_names_more_than_can_be_there_costs_nothing() -> None:
    held = made()
    head = Head(LOG, 10**15, "0" * 64, NOW, (WORLD.log_key.certificate.der, WORLD.home.certificate.der))
    held.files[HEAD] = signed_file(head.octets(), WORLD.log_key)
    assert (HEAD, f"it ends at page {10**15}, and so many are not here") in troubles(held)


def test_nothing_is_no_archive() -> None:
    ((place, what),) = troubles(Held())
    assert (place, "this is no archive of evidence" in what) == (HEAD, True)
    assert troubles(Held({HEAD: b"x"}))[0][0] == HEAD
    assert any("no page names it" in what or "behind the last page" in what for _, what in troubles(Held({"index/x.json": b"x"})))
