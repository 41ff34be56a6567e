"""The DSS of the European Commission judges every seal that we make; every seal that DSS makes is judged here, and every one that was tampered with is refused."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12

from node.customs.partners import Partners
from node.customs.seal.adding import add_timestamp, add_values
from node.customs.seal.container import (
    Content,
    SealedFiles,
    complete_container,
    judge_container,
    seal_files,
    stamp_container,
)
from node.customs.seal.making import seal
from node.customs.seal.refused import SealRefused
from tests.seals import AUTHORITY, DOCUMENT, World, judged

#: What is signed elsewhere opens at once.
LIGHT = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1).build(b"changeit")
Run = Callable[[Sequence[Sequence[str | Path]]], list[tuple[int, Any]]]


@dataclass
class Shared:
    """The world of this module, and its keys and lists as files for DSS."""

    world: World
    folder: Path
    now: datetime

    @property
    def trust(self) -> list[str | Path]:
        words: list[str | Path] = []
        for option, *names in (("--trust", "root.pem", "time.pem"), ("--crl", "root.crl", "time.crl")):
            for name in names:
                words += [option, self.folder / name]
        return words

    def signing(self, kind: str) -> list[str | Path]:
        """The options of a signature that was made a while ago, so that the revocation lists are newer."""
        earlier = (self.now - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        times = ["--signing-time", earlier, "--timestamp-time", earlier]
        return ["--key", self.folder / f"{kind}.p12", "--tsa-key", self.folder / "tsa.p12", *times, *self.trust]

    def partners(self, *kinds: str) -> Partners:
        return self.world.partners(*[self.world.key(kind) for kind in kinds], crls=self.lists)

    @property
    def lists(self) -> tuple[bytes, ...]:
        return (self.folder / "root.crl").read_bytes(), (self.folder / "time.crl").read_bytes()


KINDS = ("rsa", "p256", "p384", "p521")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    world, folder, now = World(), tmp_path_factory.mktemp("dss"), datetime.now(UTC).replace(microsecond=0)
    world.stamps_at = now - timedelta(minutes=20)
    (folder / "root.pem").write_bytes(world.root.certificate.pem())
    (folder / "time.pem").write_bytes(world.time_root.certificate.pem())
    (folder / "root.crl").write_bytes(world.root.crl(now - timedelta(minutes=10)))
    (folder / "time.crl").write_bytes(world.time_root.crl(now - timedelta(minutes=10)))
    for kind in KINDS:
        key = world.key(kind)
        above = [world.root.certificate.x509]
        held = pkcs12.serialize_key_and_certificates(b"key", key.private_key, key.certificate.x509, above, LIGHT)
        (folder / f"{kind}.p12").write_bytes(held)
    held = pkcs12.serialize_key_and_certificates(
        b"tsa", world.tsa.key, world.tsa.certificate.x509, [world.time_root.certificate.x509], LIGHT
    )
    (folder / "tsa.p12").write_bytes(held)
    (folder / "document.xml").write_bytes(DOCUMENT)
    assert world.root.certificate.x509.public_bytes(Encoding.PEM)
    return Shared(world, folder, now)


def test_dss_passes_what_we_seal_and_names_the_level(dss: Run, made: Shared) -> None:
    jobs: list[list[str | Path]] = []
    expected = []
    partners = made.partners(*KINDS)
    for kind in KINDS:
        b = seal(DOCUMENT, made.world.key(kind), made.now - timedelta(minutes=30))
        t = add_timestamp(b, made.world.tsa)
        for level, octets in (("B", b), ("T", t), ("LT", add_values(t, partners, "KR", made.now))):
            file = made.folder / f"ours-{kind}-{level}.xml"
            file.write_bytes(octets)
            jobs.append(["verify", file, *made.trust])
            expected.append((0, "TOTAL_PASSED", f"XAdES-BASELINE-{level}", True, ["FULL"], []))
            found = judged(octets, partners, now=made.now)
            assert found is not None
            assert (found.level, found.warnings) == (level, ())
    found = [
        (status, one["indication"], one["level"], one["structureValid"], [x["scope"] for x in one["scopes"]], one["errors"])
        for status, said in dss(jobs)
        for one in said["signatures"]
    ]
    assert found == expected


LEVELS = ("B", "T", "LT", "LTA")
FORMS = list(product(("inclusive", "inclusive11", "exclusive"), ("SHA256", "SHA384", "SHA512"), LEVELS))


def test_what_dss_seals_holds_here(dss: Run, made: Shared) -> None:
    jobs: list[list[str | Path]] = []
    files = []
    for number, (c14n, digest, level) in enumerate(FORMS):
        file = made.folder / f"theirs-{number}.xml"
        words = ["--level", level, "--c14n", c14n, "--digest", digest, "--out", file]
        jobs.append(["sign", made.folder / "document.xml", *made.signing(KINDS[number % 4]), *words])
        files.append((file, KINDS[number % 4], level))
    assert [said for status, said in dss(jobs) if status] == []
    for file, kind, level in files:
        octets = file.read_bytes()
        for streamed in (False, True):
            found = judged(octets, made.partners(kind), streamed=streamed, now=made.now)
            assert found is not None
            assert (found.level, found.signer) == (level, made.world.key(kind).certificate)
        assert refused(octets.replace(b"0771339", b"0771338"), made) == "SIG-02"


def refused(octets: bytes, made: Shared, **changed: Any) -> str:
    """The rule that a document breaks here."""
    try:
        judged(octets, changed.pop("partners", made.partners(*KINDS)), **{"now": made.now, **changed})
    except SealRefused as problem:
        return problem.finding.rule
    return ""


def spoil(pattern: bytes) -> Callable[[bytes], bytes]:
    """Change the last octet but one of a base64 value."""

    def change(octets: bytes) -> bytes:
        found = re.search(pattern, octets)
        assert found is not None
        value = bytearray(b64decode(found[1].replace(b"&#13;", b"")))
        value[-2] ^= 1
        return octets[: found.start(1)] + b64encode(bytes(value)) + octets[found.end(1) :]

    return change


def move(octets: bytes) -> bytes:
    start, end = octets.index(b"<ds:Signature "), octets.index(b"</ds:Signature>") + 15
    return octets[:start].replace(b"<ID>", octets[start:end] + b"<ID>") + octets[end:]


def double(octets: bytes) -> bytes:
    start, end = octets.index(b"<ds:Signature "), octets.index(b"</ds:Signature>") + 15
    return octets[:end] + octets[start:end] + octets[end:]


TAMPERED: dict[str, tuple[str, str, Callable[[bytes], bytes]]] = {
    # name: (level, rule, change)
    "content": ("B", "SIG-02", lambda octets: octets.replace(b"0771339", b"0771338")),
    "signing-time": ("B", "SIG-02", lambda octets: re.sub(rb"SigningTime>20..", b"SigningTime>2025", octets, count=1)),
    "value": ("B", "SIG-02", spoil(rb"<ds:SignatureValue[^>]*>([^<]*)")),
    "stamp": ("T", "SIG-02", spoil(rb"<xades:EncapsulatedTimeStamp[^>]*>([^<]*)")),
    "archive-stamp": ("LTA", "SIG-02", spoil(rb"(?s)ArchiveTimeStamp.*<xades:EncapsulatedTimeStamp[^>]*>([^<]*)")),
    "values-under-archive": ("LTA", "SIG-02", lambda octets: re.sub(rb"<xades:EncapsulatedX509Certificate>[^<]*</xades:EncapsulatedX509Certificate>", b"", octets, count=1)),
    "moved": ("B", "SIG-01", move),
    "doubled": ("B", "SIG-01", double),
    "removed": ("B", "SIG-01", lambda octets: re.sub(rb"(?s)<ds:Signature .*</ds:Signature>", b"", octets)),
    "wrapped": ("B", "SIG-01", lambda octets: b"<x>" + octets[octets.index(b"<Cert") :] + b"</x>"),
}  # fmt: skip


def test_whatever_was_tampered_with_is_refused_with_its_rule(dss: Run, made: Shared) -> None:
    jobs = [
        ["sign", made.folder / "document.xml", *made.signing("rsa"), "--level", level, "--out", made.folder / f"good-{level}.xml"]
        for level in LEVELS
    ]
    assert [said for status, said in dss(jobs) if status] == []
    files = {}
    for name, (level, rule, change) in TAMPERED.items():
        octets = (made.folder / f"good-{level}.xml").read_bytes()
        assert refused(octets, made) == ""
        changed = change(octets)
        assert changed != octets
        assert (name, refused(changed, made)) == (name, rule)
        files[name] = made.folder / f"bad-{name}.xml"
        files[name].write_bytes(changed)
    # DSS agrees where it looks at the same things; where a signature stands and how many there are, it leaves to us.
    words = [["verify", file, *made.trust] for file in files.values()]
    passed = {name for name, (status, _) in zip(files, dss(words), strict=True) if status == 0}
    assert passed <= {"moved", "values-under-archive"}


def test_an_xpath_filter_that_dss_lets_through_is_refused(dss: Run, made: Shared) -> None:
    file = made.folder / "xpath.xml"
    words = ["--xpath", "not(ancestor-or-self::*[local-name()='Name'])", "--out", file]
    forged = made.folder / "xpath-forged.xml"
    assert dss([["sign", made.folder / "document.xml", *made.signing("rsa"), *words]])[0][0] == 0
    forged.write_bytes(file.read_bytes().replace(b"Co.", b"Forged Co."))
    ((status, said),) = dss([["verify", forged, *made.trust]])
    assert (status, said["signatures"][0]["indication"], said["signatures"][0]["scopes"][0]["scope"]) == (
        0,
        "TOTAL_PASSED",
        "FULL",
    )
    assert refused(forged.read_bytes(), made) == refused(file.read_bytes(), made) == "SIG-05"


def test_revocation_is_judged_at_the_time_stamp(made: Shared) -> None:
    """Revoked after the time-stamp it holds, before it not, and without one not at all."""
    key = made.world.key("p384")
    b = seal(DOCUMENT, key, made.now - timedelta(minutes=30))
    t = add_timestamp(b, made.world.tsa)
    for since, with_stamp in ((made.now - timedelta(minutes=15), ""), (made.now - timedelta(minutes=25), "SIG-03")):
        made.world.root.revoke(key.certificate, since)
        partners = made.world.partners(key, crls=(made.world.root.crl(made.now), made.world.time_root.crl(made.now)))
        assert (refused(t, made, partners=partners), refused(b, made, partners=partners)) == (with_stamp, "SIG-03")
    made.world.root.revoked.clear()


def test_whom_we_trust_for_what_is_ours_to_say(made: Shared) -> None:
    octets = seal(DOCUMENT, made.world.key("rsa"), made.now)
    assert refused(octets, made) == ""
    assert refused(octets, made, country="XX") == "SIG-03"
    assert refused(octets, made, authority=f"{AUTHORITY}-2") == "SIG-04"
    assert refused(octets, made, partners=made.partners("p256")) == "SIG-04"


# -- containers --------------------------------------------------------------------------------------------------------

FILES = {
    "certificate of origin.pdf": Content(b"%PDF-1.7 \x00\xff" * 50, "application/pdf"),
    "note.txt": Content(b"note", "text/plain"),
}


def opened(octets: bytes, made: Shared) -> SealedFiles:
    return judge_container(octets, partners=made.partners(*KINDS), now=made.now, authority=AUTHORITY, country="KR")


def test_dss_passes_our_containers(dss: Run, made: Shared) -> None:
    jobs: list[list[str | Path]] = []
    for kind in ("rsa", "p384"):
        b = seal_files(FILES, made.world.key(kind), made.now - timedelta(minutes=30))
        t = stamp_container(b, made.world.tsa, made.now)
        for level, octets in (("B", b), ("T", t), ("LT", complete_container(t, made.partners(*KINDS), "KR", made.now))):
            assert opened(octets, made).seal.level == level
            file = made.folder / f"ours-{kind}-{level}.asice"
            file.write_bytes(octets)
            jobs.append(["verify", file, *made.trust])
    for number, (status, said) in enumerate(dss(jobs)):
        (one,) = said["signatures"]
        assert (status, said["kind"], one["indication"]) == (0, "ASiC-E", "TOTAL_PASSED")
        assert one["level"] == "XAdES-BASELINE-" + ("B", "T", "LT")[number % 3]
        assert sorted(said["containerFiles"]) == sorted(FILES)


def test_the_containers_of_dss_hold_here(dss: Run, made: Shared) -> None:
    files = []
    for name, content in FILES.items():
        files.append(made.folder / name)
        files[-1].write_bytes(content.octets)
    jobs = [
        [
            "sign",
            *files,
            *made.signing("p256"),
            "--level",
            level,
            "--container",
            "asice",
            "--out",
            made.folder / f"theirs-{level}.asice",
        ]
        for level in LEVELS
    ]
    assert [said for status, said in dss(jobs) if status] == []
    for level in LEVELS:
        found = opened((made.folder / f"theirs-{level}.asice").read_bytes(), made)
        assert (found.seal.level, found.files) == (level, {name: content.octets for name, content in FILES.items()})
