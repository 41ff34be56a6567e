"""Sealing and judging seals from the command line."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from node.customs.seal.signatory import signatory
from tests.conftest import ROOT
from tests.seals import World, serving

DOCUMENT = (
    b'<CertificateOfOrigin xmlns="urn:n2n:customs:co:1"><DocumentHeader><SenderAuthority>KR-KCS</SenderAuthority></DocumentHeader>'
    b"<ID>1</ID><IssuingAuthority><ID>KR-KCCI</ID></IssuingAuthority></CertificateOfOrigin>"
)
AT = ("--now", "2026-11-24T08:00:00Z")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def folder(world, tmp_path):
    key = world.key()
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem + key.certificate.pem() + world.root.certificate.pem())
    light = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1).build(b"secret")
    held = pkcs12.serialize_key_and_certificates(
        b"k", key.private_key, key.certificate.x509, [world.root.certificate.x509], light
    )
    (tmp_path / "key.p12").write_bytes(held)
    (tmp_path / "kr.pem").write_bytes(world.root.certificate.pem())
    (tmp_path / "time.pem").write_bytes(world.time_root.certificate.pem())
    (tmp_path / "kr.crl").write_bytes(world.root.crl())
    (tmp_path / "time.crl").write_bytes(world.time_root.crl())
    (tmp_path / "document.xml").write_bytes(DOCUMENT)
    partners = {
        "anchors": {"KR": ["kr.pem"]},
        "timestampAnchors": ["time.pem"],
        "crls": ["kr.crl", "time.crl"],
        "bindings": {"KR-KCCI": [key.certificate.sha256]},
    }
    (tmp_path / "partners.json").write_text(json.dumps(partners))
    return tmp_path


@pytest.mark.parametrize("level", ["B", "T", "LT"])
def test_what_is_sealed_is_verified(n2n, world, folder, level):
    out = folder / "sealed.xml"
    with serving(world.tsa.stamp) as url:
        words = ["--key", folder / "key.pem", "--out", out, "--level", level, *AT]
        words += [] if level == "B" else ["--tsa", url]
        words += ["--partners", folder / "partners.json"] if level == "LT" else []
        sealed = n2n("document", "seal", folder / "document.xml", *words)
    assert (sealed.code, sealed.document["level"]) == (0, level)
    ended = n2n("document", "verify", out, "--partners", folder / "partners.json", *AT)
    assert (ended.code, ended.document["accepted"], ended.document["outcome"], ended.document["findings"]) == (0, True, "AP", [])
    told = ended.document["seal"]
    assert (told["level"], told["sha256"], told["warnings"]) == (level, world.key().certificate.sha256, [])
    assert told["signingTime"] == told["provenTime"] == "2026-11-24T08:00:00Z"


def test_a_refusal_is_told_as_a_check_tells_it(n2n, folder):
    out = folder / "sealed.xml"
    assert n2n("document", "seal", folder / "document.xml", "--key", folder / "key.pem", "--out", out, *AT).code == 0
    out.write_bytes(out.read_bytes().replace(b"<ID>1<", b"<ID>2<"))
    ended = n2n("document", "verify", out, "--partners", folder / "partners.json", *AT)
    assert (ended.code, ended.document["accepted"], ended.document["outcome"]) == (1, False, "RE")
    (finding,) = ended.document["findings"]
    assert (finding["rule"], finding["location"], "文件" in finding["zh"]) == ("SIG-02", "/CertificateOfOrigin/Signature", True)
    unsealed = n2n("document", "verify", folder / "document.xml", "--partners", folder / "partners.json")
    assert (unsealed.code, unsealed.document["findings"][0]["rule"]) == (1, "SIG-01")


@pytest.mark.parametrize(
    ("words", "rule"), [(["--authority", "KR-OTHER"], "SIG-04"), (["--country", "CA"], "SIG-03"), (["--now", "2050-01-01T00:00Z"], "SIG-03")]
)  # fmt: skip
def test_what_the_document_says_may_be_said_otherwise(n2n, folder, words, rule):
    out = folder / "sealed.xml"
    n2n("document", "seal", folder / "document.xml", "--key", folder / "key.pem", "--out", out, *AT)
    ended = n2n("document", "verify", out, "--partners", folder / "partners.json", *AT, *words)
    assert (ended.code, ended.document["findings"][0]["rule"]) == (1, rule)


def test_a_key_is_a_file_or_a_name_of_the_home(n2n, folder, world, tmp_path):
    home = tmp_path / "home"
    n2n("init", home, "--party-id", "KR")
    target = home / "certs" / "own" / "seal.pem"
    target.write_bytes((folder / "key.pem").read_bytes())
    target.chmod(0o600)
    ways = [
        (["--home", home], "seal", {}),
        ([], folder / "key.p12", {"N2N_KEY_PASSWORD": "secret"}),
    ]
    for number, (before, key, environment) in enumerate(ways):
        words = ["document", "seal", folder / "document.xml", "--key", key, "--out", folder / f"{number}.xml", *AT]
        assert n2n(*before, *words, environment=environment).code == 0
    words = ["document", "seal", folder / "document.xml", "--out", folder / "none.xml", "--key"]
    for before, key, said in (([], folder / "key.p12", "N2N_KEY_PASSWORD"), (["--home", home], "sael", "did you mean 'seal'")):
        ended = n2n(*before, *words, key)
        assert ended.code in (2, 3)
        assert said in ended.err


def test_wrong_use_is_told_and_nothing_is_written(n2n, folder):
    words = ["document", "seal", folder / "document.xml", "--key", folder / "key.pem", "--out", folder / "out.xml"]
    for more, code, said in (
        (["--level", "T"], 2, "--tsa"),
        (["--level", "LT", "--tsa", "http://127.0.0.1:1/"], 2, "--partners"),
        (["--level", "T", "--tsa", "tsa.example"], 2, "no http"),
        (["--level", "T", "--tsa", "http://127.0.0.1:1/"], 4, "time-stamp authority 127.0.0.1"),
        (["--level", "X"], 2, "X"),
        (["--now", "soon"], 2, "soon"),
    ):
        ended = n2n(*words, *more)
        assert (ended.code, said in ended.err) == (code, True), ended.err
    (folder / "empty.xml").write_text("<a/>")
    assert n2n(*words[:2], folder / "empty.xml", *words[3:]).code == 2
    assert n2n(*words[:2], folder / "missing.xml", *words[3:]).code == 2
    assert not (folder / "out.xml").exists()
    (folder / "out.xml").write_text("kept")
    assert n2n(*words).code == 8
    assert (folder / "out.xml").read_text() == "kept"


def test_a_check_with_partners_judges_the_seal(n2n, folder):
    """Stage 8 of `document check` believes the same file."""
    ended = n2n("document", "check", folder / "document.xml", "--partners", folder / "missing.json")
    assert (ended.code, "missing.json" in ended.err) == (2, True)


SAMPLE = ROOT / "profiles" / "documents" / "n2n-co" / "samples" / "good" / "co-rcep-multi-item.xml"


def test_a_sealed_sample_passes_all_eight_stages(n2n, world, folder):
    """The certificate is issued in Japan or wherever the sample says; its signer is bound to whoever issued it."""
    octets = SAMPLE.read_bytes()
    whom = signatory(octets)
    partners = json.loads((folder / "partners.json").read_text())
    partners["anchors"] = {whom.country: ["kr.pem"]}
    partners["bindings"] = {whom.authority: [world.key().certificate.sha256]}
    (folder / "partners.json").write_text(json.dumps(partners))
    at = ("--now", "2026-11-20T12:00:00Z")
    out = folder / "sealed.xml"
    assert n2n("document", "seal", SAMPLE, "--key", folder / "key.pem", "--out", out, *at).code == 0
    check = ("--partners", folder / "partners.json", "--signatures", "require", *at)
    ended = n2n("document", "check", out, *check)
    assert (ended.code, ended.document["findings"]) == (0, [])
    for change, rule in ((lambda text: text.replace(b"<Name>", b"<Name>A ", 1), "SIG-02"), (lambda text: octets, "SIG-01")):
        (folder / "forged.xml").write_bytes(change(out.read_bytes()))
        ended = n2n("document", "check", folder / "forged.xml", *check)
        assert (ended.code, [one["rule"] for one in ended.document["findings"]]) == (1, [rule])
    assert n2n("document", "check", SAMPLE, "--signatures", "ignore", *at).code == 0


def test_files_of_any_kind_are_sealed_in_a_container(n2n, world, folder):
    (folder / "co.pdf").write_bytes(b"%PDF-1.7")
    (folder / "note.txt").write_text("note")
    out = folder / "sealed.asice"
    words = ["document", "seal", folder / "co.pdf", folder / "note.txt", "--key", folder / "key.pem", "--out", out, *AT]
    assert (n2n(*words).code, out.exists()) == (2, False)
    with serving(world.tsa.stamp) as url:
        words += ["--container", "--level", "LT", "--tsa", url, "--partners", folder / "partners.json"]
        assert "--country" in n2n(*words).err
        assert n2n(*words, "--country", "KR").code == 0
    verify = ["document", "verify", out, "--partners", folder / "partners.json", *AT]
    assert n2n(*verify).code == 2
    ended = n2n(*verify, "--authority", "KR-KCCI", "--country", "KR")
    assert (ended.code, ended.document["seal"]["level"], ended.document["files"]) == (0, "LT", ["co.pdf", "note.txt"])
    ended = n2n(*verify, "--authority", "KR-KCS", "--country", "KR")
    assert (ended.code, ended.document["findings"][0]["rule"]) == (1, "SIG-04")
    (folder / "more").mkdir()
    (folder / "more" / "co.pdf").write_bytes(b"other")
    again = ["document", "seal", folder / "co.pdf", folder / "more" / "co.pdf", "--container", "--key", folder / "key.pem"]
    assert "another file" in n2n(*again, "--out", folder / "x.asice").err
