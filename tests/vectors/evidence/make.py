"""Writes the test vectors of the format of evidence: bundles that hold, and bundles in which one thing is wrong, with the check that must fail.

python tests/vectors/evidence/make.py            from the root of the repository; every key is made anew
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_STORED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from node.evidence.bundle import files_of, redacted, seal_bundle, with_sum  # noqa: E402
from node.evidence.entry import written  # noqa: E402
from node.evidence.manifest import FILE, read_manifest  # noqa: E402
from node.evidence.notes import sha256, stamp  # noqa: E402
from node.evidence.report import reports  # noqa: E402
from node.security.keys import SoftwareKey  # noqa: E402
from tests.bundles import BEGAN, NOW, OUT, PAYLOAD, BundleWorld, signed, user_message  # noqa: E402
from tests.evidence.test_notes import OpensslAuthority  # noqa: E402
from tests.lying import lies  # noqa: E402
from tests.seals import Authority, usage  # noqa: E402

FOLDER = Path(__file__).parent
#: Those of tests/lying.py that are vectors: the check that must fail, and the step.
LIES = {
    "facts-service": ("signatures", 0),
    "good-by-later-4": ("signatures", 0),
    "payload-redacted": ("signatures", 0),
    "own-message": ("signatures", 0),
    "refusal-other": ("signatures", 0),
    "receipt-message": ("receipts", 5),
    "absent-unlogged": ("entries", 0),
    "spare": ("entries", 0),
    "chain": ("consistency", 0),
    "left-out": ("", 0),
    "late": ("", 0),
}
YEARS = timedelta(days=3653)
LATER = NOW + YEARS
Files = dict[str, bytes]


@dataclass(frozen=True)
class Vector:
    """A bundle, and what a verifier must say of it."""

    name: str
    octets: bytes
    #: The check that must fail; empty where all hold.
    check: str = ""
    #: Which of the six of a receipt.
    step: int = 0
    #: The check with a remark that says what is unproven.
    remark: str = ""
    at: datetime = NOW
    why: str = ""


def relisted(files: Files) -> Files:
    """The files with a manifest that lists them as they are."""
    manifest = read_manifest(files[FILE])
    others = {name: octets for name, octets in files.items() if name != FILE}
    told = replace(manifest, files={name: (sha256(octets), len(octets)) for name, octets in others.items()})
    return {FILE: told.octets(), **others}


class Maker:
    """Everything is made in one world, so that the anchors of all vectors are the same."""

    def __init__(self) -> None:
        self.world = BundleWorld()
        self.short = BundleWorld(home=self.world.home, abroad=self.world.abroad, tsa_until=NOW + timedelta(days=400))
        self.good = self.world.evidence()
        self.files = files_of(self.good)

    def sealed(self, files: Files, key: SoftwareKey | None = None) -> bytes:
        return seal_bundle(files, key or self.world.seal_key, NOW)

    def vectors(self) -> Iterator[Vector]:
        yield from self.holding()
        yield from self.containers()
        yield from self.lists()
        yield from self.trees()
        yield from self.tokens()
        yield from self.messages()
        yield from self.receipts()
        yield from self.seals()
        yield from self.lies()

    def holding(self) -> Iterator[Vector]:
        told = self.world.bundle(self.good, reporting=lambda files: reports(files, NOW))
        yield Vector("good", told, why="a message out with its receipt, and one in; with its reports")
        yield Vector(
            "good-stamped-seal", self.world.bundle(self.good, authority=self.stamping()), why="the seal has a time-stamp"
        )
        yield Vector("good-redacted", self.world.bundle(redacted(self.good)), why="without payloads")
        with TemporaryDirectory() as folder:
            openssl = OpensslAuthority(self.world, Path(folder))
            evidence = self.world.evidence(stamp_it=lambda note: stamp(note, openssl))
        yield Vector("good-openssl", self.world.bundle(evidence), at=LATER, why="the tokens are those of openssl ts")
        yield Vector("good-unstamped", self.world.bundle(self.world.evidence(stamped=False)), why="no token has come yet")
        yield Vector("good-renewed", self.renewed(NOW + timedelta(days=300)), at=LATER, why="ten years later, renewed in time")

    def stamping(self):
        self.world.stamps_at = NOW
        return self.world.tsa

    def renewed(self, moment: datetime) -> bytes:
        second = self.short.authority("Time 2", 78, NOW, NOW + timedelta(days=365 * 14))
        return self.short.bundle(self.short.evidence(renewals=[(moment, second)], made_at=max(NOW, moment)))

    # -- container ---------------------------------------------------------------------------------------------------

    def containers(self) -> Iterator[Vector]:
        good = self.world.bundle(self.good)
        yield Vector("container-cut", good[:-1], "container", why="the last octet is missing")
        at = good.rindex(b"PK\x01\x02") + 12
        yield Vector(
            "container-octet",
            good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
            "container",
            why="a time in the directory is another",
        )
        yield Vector("container-twice", twice(good), "container", why="two files have one name")
        yield Vector(
            "container-outside",
            self.sealed({**self.files, "readme.txt": b"read me"}),
            "container",
            why="a file that has no place there",
        )
        spaced = {**self.files, FILE: self.files[FILE].replace(b'{"absent"', b'{ "absent"')}
        yield Vector("container-manifest", self.sealed(spaced), "container", why="the manifest is not canonical")

    # -- files and entries -------------------------------------------------------------------------------------------

    def lists(self) -> Iterator[Vector]:
        payload = f"objects/{sha256(PAYLOAD)}"
        changed = {**self.files, payload: PAYLOAD[:-1] + b"!"}
        yield Vector("files-changed", self.sealed(changed), "files", why="a payload is another than the manifest says")
        yield Vector(
            "entries-object",
            self.sealed(relisted(changed)),
            "entries",
            why="a payload is not what its name says; the manifest lists it so",
        )
        less = {name: octets for name, octets in self.files.items() if name != payload}
        yield Vector("files-missing", self.sealed(less), "files", why="a payload is missing")
        yield Vector(
            "entries-missing",
            self.sealed(relisted(less)),
            "entries",
            why="a payload is missing, and the manifest does not list it",
        )
        more = {**self.files, f"objects/{sha256(b'more')}": b"more"}
        yield Vector("files-extra", self.sealed(more), "files", why="a file that is not listed")
        without = {name: octets for name, octets in self.files.items() if not name.startswith("log/3.")}
        yield Vector("entries-left-out", self.sealed(relisted(without)), "entries", why="an attempt was left out of an exchange")
        odd = {**self.files, "log/6.json": self.files["log/6.json"].replace(b'"v":1', b'"v":2')}
        yield Vector("entries-form", self.sealed(relisted(odd)), "entries", why="an entry of a version that is not known")

    # -- the tree ----------------------------------------------------------------------------------------------------

    def trees(self) -> Iterator[Vector]:
        changed = {**self.files, "log/3.json": self.files["log/3.json"].replace(b'"status":200', b'"status":204')}
        yield Vector("inclusion-changed", self.sealed(relisted(changed)), "inclusion", why="a fact of an entry was changed")
        moved = dict(self.files)
        moved["log/3.json"], moved["log/4.json"] = moved["log/4.json"], moved["log/3.json"]
        yield Vector("inclusion-moved", self.sealed(relisted(moved)), "inclusion", why="two entries changed places")
        other = self.world.material(due=BEGAN + timedelta(hours=1))
        rewritten = files_of(self.world.evidence(other))
        mixed = {
            **self.files,
            **{
                name: octets
                for name, octets in rewritten.items()
                if name.startswith(("checkpoints/7", "log/5", "log/6", "objects/"))
            },
        }
        yield Vector(
            "consistency",
            self.sealed(relisted(mixed)),
            "consistency",
            why="the later checkpoint is of a log in which entry 4 is another",
        )
        stranger = self.world.signer(Authority("Other root"), "stranger", "p256", 31)
        yield Vector(
            "checkpoints-signature",
            self.world.bundle(self.world.evidence(log_key=stranger)),
            "checkpoints",
            why="another key signed the checkpoints",
        )
        self.world.log_key, kept = (
            self.world.signer(self.world.home, "old", "p256", 32, until=BEGAN - timedelta(days=1)),
            self.world.log_key,
        )
        yield Vector(
            "checkpoints-expired",
            self.world.bundle(self.world.evidence()),
            "checkpoints",
            why="the certificate of their signer had ended",
        )
        self.world.log_key = kept

    # -- time --------------------------------------------------------------------------------------------------------

    def tokens(self) -> Iterator[Vector]:
        world = self.world
        other = world.bundle(world.evidence(stamp_it=lambda note: stamp(note + b" ", world.tsa)))
        yield Vector("tokens-other", other, "tokens", why="the tokens are over something else")
        alien = BundleWorld().tsa
        yield Vector(
            "tokens-stranger",
            world.bundle(world.evidence(stamp_it=lambda note: stamp(note, alien))),
            "tokens",
            why="by an authority under another anchor",
        )
        plain = world.authority("Not for time", 79, BEGAN - timedelta(days=9), NOW + YEARS)
        plain.certificate = world.time_root.issue("Not for time", plain.key, (usage(digital_signature=True), True))
        yield Vector(
            "tokens-purpose",
            world.bundle(world.evidence(stamp_it=lambda note: stamp(note, plain))),
            "tokens",
            why="by a certificate that is not for time-stamping",
        )
        yield Vector("tokens-old", self.short.bundle(), "tokens", at=LATER, why="ten years later, never renewed")
        yield Vector(
            "tokens-late",
            self.renewed(NOW + timedelta(days=500)),
            "tokens",
            at=LATER,
            why="renewed after the first authority's certificate had ended",
        )
        second = self.short.authority("Time 2", 78, NOW, NOW + timedelta(days=365 * 14))
        files = files_of(self.short.evidence(renewals=[(NOW + timedelta(days=200), second), (NOW + timedelta(days=300), second)]))
        broken = {name: octets for name, octets in files.items() if ".stamp-1." not in name}
        yield Vector(
            "tokens-row",
            seal_bundle(relisted(broken), self.short.seal_key, NOW),
            "tokens",
            at=LATER,
            why="a token of the row was taken out",
        )

    # -- messages ----------------------------------------------------------------------------------------------------

    def messages(self) -> Iterator[Vector]:
        world, material = self.world, self.world.material()
        packaged = material.entries[1]
        envelope = material.objects[packaged.objects["envelope"]].replace(b">c1<", b">c2<")
        yield Vector(
            "signatures-envelope",
            self.logged(1, "envelope", envelope),
            "signatures",
            why="the envelope was changed before it came into the log",
        )
        yield Vector(
            "signatures-payload",
            self.logged(1, "payload-1", b"another payload"),
            "signatures",
            why="the payload is not the one that was signed",
        )
        yield Vector(
            "signatures-signer",
            self.logged(4, "signer", world.own.certificate.der),
            "signatures",
            why="the entry names another signer",
        )
        other = signed(
            world.own, user_message("m9@node-tw.example", ["p1@node-tw.example"]), {"p1@node-tw.example": PAYLOAD}, "9"
        )[0]
        yield Vector(
            "signatures-other", self.logged(1, "envelope", other), "signatures", why="the envelope is of another message"
        )

    def logged(self, number: int, name: str, octets: bytes) -> bytes:
        """A bundle of a log in which one object of an entry is another."""
        material = self.world.material()
        entry = material.entries[number]
        material.objects[sha256(octets)] = octets
        material.entries[number] = replace(entry, objects={**entry.objects, name: sha256(octets)})
        return self.world.bundle(self.world.evidence(material))

    # -- the six -----------------------------------------------------------------------------------------------------

    def receipts(self) -> Iterator[Vector]:
        for step, (name, why, changed) in enumerate(tamperings(self.world), 1):
            evidence = self.world.evidence(self.world.material(**changed))
            yield Vector(f"receipts-{step}-{name}", self.world.bundle(evidence), "receipts", step, why=why)

    # -- the seal ----------------------------------------------------------------------------------------------------

    def seals(self) -> Iterator[Vector]:
        stranger = self.world.signer(Authority("Other root"), "stranger", "rsa", 33)
        yield Vector(
            "seal-stranger", self.sealed(self.files, stranger), "seal", why="sealed by a key that has no anchor of the node"
        )
        reported = seal_bundle(
            self.files, self.world.seal_key, NOW, reporting=lambda files: {"report.en.html": b"<p>delivered</p>"}
        )
        yield Vector(
            "seal-report",
            resummed(reported, b"<p>delivered</p>", b"<p>refused!!</p>"),
            "seal",
            why="the report was changed after the sealing",
        )

    # -- by whoever holds the whole node -----------------------------------------------------------------------------

    def lies(self) -> Iterator[Vector]:
        told = {one.name: one for one in lies()}
        for name, (check, step) in LIES.items():
            lie = told[name]
            yield Vector(f"lies-{name}", lie.make(self.world), check, step, lie.remark, lie.at, lie.why)


def tamperings(world: BundleWorld) -> list[tuple[str, str, dict[str, object]]]:
    """One for each of the six of a receipt: name, words, and what is changed in the material."""
    other = world.signer(world.abroad, "node-kr other", "ed25519", 41)
    expired = world.signer(world.abroad, "node-kr old", "ed25519", 42, until=BEGAN - timedelta(days=1))
    envelope_references = signed(world.own, user_message(OUT, ["p1@node-tw.example", "p2@node-tw.example"]), payloads(), "1")[1]
    wrong = [
        replace(one, digest=bytes(32), octets=swapped(one.octets)) if one.uri.startswith("cid:p2") else one
        for one in envelope_references
    ]
    return [
        ("refers", "the receipt is for another message", {"refers_to": "m7@node-tw.example"}),
        (
            "signature",
            "the receipt was changed after it was signed",
            {"receipt_edit": lambda octets: octets.replace(b"08:00:02Z", b"08:00:01Z")},
        ),
        ("partner", "another certificate of the partner's authority signed it", {"receipt_key": other}),
        (
            "certificate",
            "the certificate of the agreed signer had ended",
            {"receipt_key": expired, "agreed": expired.certificate},
        ),
        ("digests", "one digest is another than was signed", {"receipt_references": tuple(wrong)}),
        ("in-time", "it came after it was due", {"due": BEGAN + timedelta(seconds=1)}),
    ]


def payloads() -> dict[str, bytes]:
    from tests.bundles import SECOND

    return {"p1@node-tw.example": PAYLOAD, "p2@node-tw.example": SECOND}


def swapped(octets: bytes) -> bytes:
    """A reference whose digest is of nothing."""
    start, end = octets.index(b"DigestValue>") + 12, octets.index(b"</ds:DigestValue>")
    return octets[:start] + b"A" * 43 + b"=" + octets[end:]


def twice(octets: bytes) -> bytes:
    """The archive with its last file in it twice."""
    from io import BytesIO

    held = BytesIO()
    with ZipFile(BytesIO(octets)) as old, ZipFile(held, "w") as new:
        for one in [*old.infolist(), old.infolist()[-1]]:
            new.writestr(ZipInfo(one.filename, one.date_time), old.read(one), ZIP_STORED)
    return with_sum(held.getvalue())


def resummed(octets: bytes, before: bytes, after: bytes) -> bytes:
    """The archive with the content of one file changed, everything else of the ZIP being right."""
    from io import BytesIO

    held = BytesIO()
    with ZipFile(BytesIO(octets)) as old, ZipFile(held, "w") as new:
        for one in old.infolist():
            content = old.read(one)
            new.writestr(ZipInfo(one.filename, one.date_time), after if content == before else content, ZIP_STORED)
    return with_sum(held.getvalue())


HEAD = """\
# Test vectors of docs/reference/evidence.md, written by make.py. `at` is the moment of the verification; `check` must fail, and none where it is missing;
# `step` is the one of the six of a receipt that must fail, and no other; `remark` is the check with a remark that says what is unproven. `anchors` are the certificates that whoever verifies would know.
anchors = {anchors}
"""


def written_vector(one: Vector) -> str:
    """Its lines in the list, once its file is written."""
    (FOLDER / f"{one.name}.asice").write_bytes(one.octets)
    lines = [f'\n[[vector]]\nfile = "{one.name}.asice"\nat = {one.at:%Y-%m-%dT%H:%M:%SZ}\nwhy = "{one.why}"']
    lines += [f'check = "{one.check}"'] if one.check else []
    lines += [f"step = {one.step}"] if one.step else []
    lines += [f'remark = "{one.remark}"'] if one.remark else []
    return "\n".join(lines)


def main() -> None:
    maker = Maker()
    known = [maker.world.home, maker.world.abroad, maker.world.time_root, maker.short.time_root]
    lines = [HEAD.format(anchors=written([one.certificate.sha256 for one in known]).decode())]
    for old in FOLDER.glob("*.asice"):
        old.unlink()
    lines += map(written_vector, maker.vectors())
    (FOLDER / "vectors.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
