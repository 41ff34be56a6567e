"""The commands of the report, typed into a shell inside of an unpacked bundle."""

import html
import os
import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from node.evidence.bundle import Evidence, redacted
from node.evidence.commands import MOST, PREPARATION, steps
from node.evidence.finding import Check
from node.evidence.manifest import Exchange
from node.evidence.notes import sha256
from node.evidence.report import examined, reports
from node.evidence.verify import verify
from tests.bundles import NOW, OUT, PARTNER, BundleWorld

NEEDED = ("openssl", "sh", "sha256sum", "basenc", "sed", "od")


@pytest.fixture(scope="module")
def shell(require_all) -> None:
    """All that the commands use."""


@pytest.fixture(scope="module")
def require_all() -> None:
    missing = [one for one in NEEDED if shutil.which(one) is None]
    assert not missing, missing


def typed(octets: bytes, folder: Path, language: str = "en", change=lambda folder: None) -> list[str]:
    """What the commands of the report print, typed one after the other."""
    file = folder / "bundle.asice"
    file.write_bytes(octets)
    inside = folder / "unpacked"
    with ZipFile(BytesIO(octets)) as archive:
        archive.extractall(inside)
    page = (inside / f"report.{language}.html").read_text()
    change(inside)
    script = "".join(html.unescape(one) for one in re.findall(r'<pre class="sh">(.*?)</pre>', page, re.DOTALL))
    ended = subprocess.run(
        ["sh", "-u", "-c", f"BUNDLE={file}\n{script}"], cwd=inside, capture_output=True, text=True, timeout=120
    )
    assert ended.stderr == ""
    return [line for line in ended.stdout.splitlines() if line.startswith(("ok: ", "FAILS: "))]


def bundle(world: BundleWorld, evidence: Evidence | None = None, **how) -> bytes:
    return world.bundle(evidence or world.evidence(), reporting=lambda files: reports(files, NOW), **how)


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def test_every_command_says_ok(shell, world: BundleWorld, tmp_path: Path) -> None:
    said = typed(bundle(world), tmp_path)
    assert [one for one in said if not one.startswith("ok: ")] == []
    assert len(said) == 42
    assert {
        "ok: 1 it refers to this message",
        "ok: 5 the digests are equal",
        "ok: 6 it came in time",
        "ok: every file is under the seal",
    } <= {*said}


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_keys_of_other_kinds(shell, kind: str, tmp_path: Path) -> None:
    world = BundleWorld()
    world.log_key = world.signer(world.home, "log", kind, 61)
    world.seal_key = world.signer(world.home, "seal", kind, 62)
    world.stamps_at = NOW
    said = typed(bundle(world), tmp_path, "zh-Hant")
    assert [one for one in said if not one.startswith("ok: ")] == []


def test_renewed_and_redacted(shell, tmp_path: Path) -> None:
    from datetime import timedelta

    world = BundleWorld(tsa_until=NOW + timedelta(days=400))
    second = world.authority("Time 2", 78, NOW - timedelta(days=3), NOW + timedelta(days=5000))
    evidence = redacted(world.evidence(renewals=[(NOW - timedelta(days=1), second)]))
    said = typed(bundle(world, evidence), tmp_path)
    assert [one for one in said if not one.startswith("ok: ")] == []
    assert said.count("ok: and over the tokens before it") == 2


@pytest.mark.parametrize(
    ("name", "before", "after", "complaint"),
    [
        ("log/3.json", b'"status":200', b'"status":204', "entry 3 is under checkpoint 4"),
        ("checkpoints/7.json", b'"size":7', b'"size":8', "checkpoint 7 is signed"),
        ("checkpoints/7.stamp-0.json", b'"v":1', b'"v":2', "token 0 is over its note"),
        ("report.en.html", b"</html>", b"</HTML>", "report.en.html was changed after the sealing"),
    ],
)
def test_what_was_changed_fails(
    shell, world: BundleWorld, tmp_path: Path, name: str, before: bytes, after: bytes, complaint: str
) -> None:
    def change(folder: Path) -> None:
        file = folder / name
        assert before in file.read_bytes()
        file.write_bytes(file.read_bytes().replace(before, after))

    assert f"FAILS: {complaint}" in typed(bundle(world), tmp_path, change=change)


def test_the_six_tamperings_fail_in_the_shell_too(shell, tmp_path: Path) -> None:
    from tests.vectors.evidence.make import tamperings

    world = BundleWorld()
    expected = (
        "1 it refers to this message",
        "the digest of the messaging",
        "3 the agreed partner signed",
        "the certificate was valid at 2026-11-24 08:00:02 UTC",
        "5 the digests are equal",
        "6 it came in time",
    )
    for number, ((name, _, changed), complaint) in enumerate(zip(tamperings(world), expected, strict=True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        said = typed(bundle(world, world.evidence(world.material(**changed))), folder)
        failed = [one.removeprefix("FAILS: ") for one in said if one.startswith("FAILS")]
        assert failed == [complaint], name


def test_the_commands_of_many_exchanges_are_not_all_written_out(world: BundleWorld) -> None:
    evidence = world.evidence()
    many = tuple(Exchange(OUT, PARTNER, "out", (2, 3, 4)) for _ in range(MOST + 5))
    from node.evidence.bundle import files_of

    case, _ = examined(files_of(replace(evidence, scope={"messages": [OUT]}, exchanges=many)), NOW)
    assert sum(one.step == 1 for one in steps(case)) == MOST


def test_a_partner_whose_certificate_is_the_anchor_itself(shell, world: BundleWorld, tmp_path: Path) -> None:
    evidence = world.evidence()
    pinned = replace(evidence.signers, partners={PARTNER: (world.partner.certificate.sha256,)})
    octets = bundle(world, replace(evidence, signers=pinned))
    assert verify(octets, NOW).holds
    assert [one for one in typed(octets, tmp_path) if not one.startswith("ok: ")] == []


def test_a_receipt_that_names_its_certificate_by_its_key_identifier(shell, world: BundleWorld, tmp_path: Path) -> None:
    material = world.material(receipt_key=ByIdentifier(world.partner))
    octets = bundle(world, world.evidence(material))
    assert [one.word for one in verify(octets, NOW).findings if one.fails] == []
    assert [one for one in typed(octets, tmp_path) if not one.startswith("ok: ")] == []


class ByIdentifier:
    """A key whose signatures name it by its SubjectKeyIdentifier."""

    key_identifier = "ski"

    def __init__(self, key) -> None:
        self.certificate, self.chain, self.private_key, self.sign = key.certificate, key.chain, key.private_key, key.sign


@pytest.mark.parametrize("evil", ["$(touch evil)", "'$(touch evil)'", ";touch evil;"])
def test_nothing_that_a_partner_writes_becomes_a_command(shell, world: BundleWorld, tmp_path: Path, evil: str) -> None:
    from html import escape

    from node.evidence.bundle import files_of

    written = escape(evil).encode()
    material = world.material()
    envelope, receipt = (
        material.objects[material.entries[number].objects[name]] for number, name in ((1, "envelope"), (3, "receipt"))
    )
    for changed in (
        # Both were turned into commands before the words of a partner were looked at.
        {"envelope": envelope.replace(b"p1@node-tw.example", written)},
        {"envelope": envelope.replace(b"#rsa-sha256", b"#rsa-" + written)},
        {"envelope": envelope.replace(b"xmlenc#sha256", b"xmlenc#" + written)},
        {"receipt": receipt.replace(b"_b-r1", b"_b-" + written)},
        {"receipt": receipt.replace(b"<ds:SignedInfo>", b"<ds:SignedInfo Id='" + written.replace(b"'", b"") + b"'>")},
        {"receipt": receipt.replace(OUT.encode(), written)},
    ):
        material = world.material()
        for name, octets in changed.items():
            number = 1 if name == "envelope" else 3
            entry = material.entries[number]
            assert octets != material.objects[entry.objects[name]]
            material.objects[sha256(octets)] = octets
            material.entries[number] = replace(entry, objects={**entry.objects, name: sha256(octets)})
        files = files_of(world.evidence(material))
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, octets in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(octets)
        case, _ = examined(files, NOW)
        blocks = "".join(one.script for one in steps(case) if one.check in (Check.SIGNATURES, Check.RECEIPTS))
        subprocess.run(
            ["sh", "-c", PREPARATION + blocks], cwd=folder, env={**os.environ, "BUNDLE": ""}, capture_output=True, timeout=60
        )
        assert not list(folder.rglob("evil"))


def test_a_large_payload_in_another_form_is_not_written_out() -> None:
    from node.ebms.message import SignedReference
    from node.evidence import commands
    from node.security.algorithms import SHA256
    from node.security.attachments import signed_digest

    octets = b"<a><!-- c -->" + b"<b></b>" * 20_000 + b"</a>"
    sums = signed_digest("application/xml", SHA256)
    sums.update(octets)
    hostile = SignedReference("cid:x\nrm -rf $HOME;'\"", SHA256, sums.digest())
    (line,) = commands._payload("payload 1", octets, "objects/00", hostile)
    assert line.startswith("# payload 1 was signed in Exclusive XML Canonicalization")
    assert line.count("\n") == 1
    assert "rm -rf" not in line
    small = list(commands._payload("payload 1", b"<a><!-- c --></a>", "objects/00", hostile))
    # It has no such digest in any form: the command says that it differs.
    assert any("the digest of payload 1" in one for one in small)
