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
    signed_file,
    volume_name,
)
from node.evidence.archive_check import check_archive
from node.evidence.chain import leaf_hash
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
