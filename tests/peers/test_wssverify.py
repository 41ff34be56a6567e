"""Apache WSS4J judges every kind of message, receipt and error that our node makes; our node judges all that WSS4J makes."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from bench.pair import Keys, Pair, body_of, make_pair
from node.ebms.c14n import canonicalize
from node.ebms.envelope import open_envelope
from node.ebms.header_reader import read_messaging
from node.ebms.pmode import PMode
from node.ebms.states import OutboundState
from node.msh.deliver import payload_chunks
from node.msh.octets import HeldOctets
from node.msh.ports import Answer
from node.msh.submit import Payload
from node.security import algorithms as a
from node.security.certificates import load_certificates
from node.security.keys import SoftwareKey
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA, Suite
from tests.pki import make_pki

Ask = Callable[..., list[dict[str, Any]]]

#: Suite by the kind of its keys, as the peers' key folder names it; RSA keys are of 3072 bits.
SUITES: dict[str, Suite] = {"rsa": EDELIVERY_1_15, "ed": EDELIVERY_2_EDDSA, "ec": EDELIVERY_2_ECDSA, "brainpool": BDEW_1_1}
XML = (
    "application/xml",
    b"<?xml version=\"1.0\"?>\r\n<co  z='1' b=\"2\" xmlns:u='urn:u'>t\r\n<![CDATA[<&]]><u:e/>\xe9\x97\x9c</co>\n",
)
TEXT = ("text/plain; charset=utf-8", "one\ntwo\r\nthree \u95dc\u52d9\r".encode())
BINARY = ("application/pdf", bytes(range(256)) * 40)
PAYLOADS = {"none": [], "one": [XML], "three": [XML, TEXT, BINARY]}
#: PKCS#12 that opens at once: nothing of it is secret, and it is opened hundreds of times.
LIGHT = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1).build(b"test")
#: Ways of naming the signer, each with a way of naming the recipient.
IDENTIFIERS = [
    ("bst", "ski"),
    ("bst-pkipath", "x509ski"),
    ("ski", "bst"),
    ("issuer-serial", "issuer-serial"),
    ("thumbprint", "thumbprint"),
]


@dataclass(frozen=True)
class KeyFolder:
    """Keys and certificates of parties a and b as files, and what is needed to name them on WSS4J's command line."""

    folder: Path
    kind: str

    @property
    def brainpool(self) -> bool:
        return self.kind == "brainpool"

    def file(self, name: str, suffix: str) -> Path:
        """`file("a-sign", "cert.pem")`."""
        party, use = name.split("-")
        return self.folder / f"{party}-{self.kind}-{use}.{suffix}"

    def p12(self, name: str) -> str:
        return f"{self.file(name, 'p12')}:test"

    @cache  # noqa: B019 - two folders live as long as the tests do, and reading an RSA key takes a tenth of a second
    def key(self, name: str) -> SoftwareKey:
        certificates = self.file(name, "cert.pem").read_bytes() + (self.folder / "ca.pem").read_bytes()
        return SoftwareKey.from_pem(self.file(name, "key.pem").read_bytes(), certificates)

    def trusting(self, name: str) -> list[str | Path]:
        """WSS4J's options for a message that this key alone may have signed."""
        certificate = self.file(name, "cert.pem")
        return ["--trust", self.folder / "ca.pem", "--certs", certificate, "--signer", certificate]

    def pair(self, **shape: bool) -> Pair:
        parties = [Keys(self.key(f"{party}-sign"), self.key(f"{party}-enc")) for party in "ab"]
        return make_pair(parties[0], parties[1], SUITES[self.kind], **shape)


@pytest.fixture(scope="session")
def key_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], KeyFolder]:
    """phase4 makes the keys; those on brainpool curves, which Java no longer has, are ours."""

    def of(kind: str) -> KeyFolder:
        if kind != "brainpool":
            return KeyFolder(request.getfixturevalue("peer_keys"), kind)
        folder = KeyFolder(tmp_path_factory.mktemp("brainpool-keys"), kind)
        pki = make_pki()
        (folder.folder / "ca.pem").write_bytes(pki.ca.x509.public_bytes(Encoding.PEM))
        for party, use in product("ab", ("sign", "enc")):
            key, name = pki.key(party, kind, use), f"{party}-{use}"
            private, certificate = key.private_key, key.certificate.x509
            held = pkcs12.serialize_key_and_certificates(b"key", private, certificate, [pki.ca.x509], LIGHT)
            folder.file(name, "p12").write_bytes(held)
            folder.file(name, "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
            folder.file(name, "key.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return folder

    return of


@pytest.fixture(params=SUITES)
def keys(request: pytest.FixtureRequest, key_folder: Callable[[str], KeyFolder], wssverify: Ask) -> KeyFolder:
    return key_folder(request.param)


def agree(pair: Pair, edit: Callable[[PMode], PMode]) -> Pair:
    """The same change to the agreement on both sides."""
    for node in (pair.a, pair.b):
        agreements: Any = node.ports.agreements
        agreements.pmodes = {name: edit(pmode) for name, pmode in agreements.pmodes.items()}
    return pair


def naming(pmode: PMode, signer: str, recipient: str) -> PMode:
    """The P-Mode with these x.Signature.KeyIdentifier and x.Encryption.KeyIdentifier."""
    security = pmode.leg.security
    named = replace(
        security,
        signature=replace(security.signature, key_identifier=signer),
        signal_signature=replace(security.signal_signature, key_identifier=signer),
        encryption=replace(security.encryption, key_identifier=recipient),
    )
    return replace(pmode, leg=replace(pmode.leg, security=named))


def in_soap_11(pmode: PMode) -> PMode:
    return replace(pmode, leg=replace(pmode.leg, protocol=replace(pmode.leg.protocol, soap_version="1.1")))


def also_allowing(pmode: PMode, *algorithms: str) -> PMode:
    security = replace(pmode.leg.security, also_allowed=frozenset(algorithms))
    return replace(pmode, leg=replace(pmode.leg, security=security))


def submitted(pair: Pair, payloads: Sequence[tuple[str, bytes]], **more: str) -> str:
    given = tuple(Payload(HeldOctets(octets), media_type) for media_type, octets in payloads)
    return pair.a.submit("b", payloads=given, **more)


def capture(folder: Path, content_type: str | None, octets: bytes) -> Path:
    """An HTTP message as WSS4J's tool reads it."""
    folder.mkdir(parents=True)
    (folder / "headers.json").write_text(json.dumps({"Content-Type": content_type}))
    (folder / "body.bin").write_bytes(octets)
    return folder


def captured(folder: Path) -> tuple[str, bytes]:
    return json.loads((folder / "headers.json").read_text())["Content-Type"], (folder / "body.bin").read_bytes()


def delivered(pair: Pair) -> list[bytes]:
    """The payloads of the last message that b accepted."""
    return [b"".join(map(bytes, payload_chunks(payload))) for payload in pair.b.messages.deliverable(1000)[-1].payloads]


# -- what our node makes ------------------------------------------------------------------------------------------------


def our_kinds(keys: KeyFolder) -> Iterator[tuple[str, Pair, list[tuple[str, bytes]]]]:
    """Name, agreement and payloads of every kind of message that we make."""
    for encrypt, compress, payloads in product((True, False), (True, False), PAYLOADS):
        name = f"{'encrypted' if encrypt else 'signed'}-{'gzip' if compress else 'plain'}-{payloads}"
        yield name, keys.pair(encrypt=encrypt, compress=compress), PAYLOADS[payloads]
    for signer, recipient in IDENTIFIERS:
        pair = agree(keys.pair(), lambda pmode, s=signer, r=recipient: naming(pmode, s, r))  # type: ignore[misc]
        yield f"named-by-{signer}", pair, [XML]
    yield "soap-1.1", agree(keys.pair(), in_soap_11), [XML, TEXT]


def test_wss4j_accepts_every_message_receipt_and_error_that_we_make(keys: KeyFolder, wssverify: Ask, tmp_path: Path) -> None:
    jobs, names, given = [], [], {}
    for name, pair, payloads in our_kinds(keys):
        encrypted = ["--require-encrypted"] if name.startswith("encrypted") else []
        message_id = submitted(pair, payloads)
        outgoing = pair.a.prepare(message_id)
        body = body_of(outgoing)
        message = capture(tmp_path / name, outgoing.content_type, body)
        receipt = pair.b.receive(outgoing.content_type, body)
        assert pair.a.settle(message_id, receipt) is OutboundState.ACKNOWLEDGED
        # An error after the P-Mode was found, hence signed: what is signed was changed on its way.
        damaged = body.replace(b"</eb:ConversationId>", b"x</eb:ConversationId>")
        error = pair.b.receive(outgoing.content_type, damaged)
        assert error_code(error) == "EBMS:0101"
        signal = ["--strict", *keys.trusting("b-sign")]
        jobs += [
            ["--strict", *keys.trusting("a-sign"), "--keys", keys.p12("b-enc"), *encrypted, message],
            ["--receipt", *signal, "--original", message, capture(tmp_path / f"{name}-receipt", *wire(receipt))],
            [*signal, capture(tmp_path / f"{name}-error", *wire(error))],
        ]
        names += [name, f"{name}-receipt", f"{name}-error"]
        given[name] = payloads
    assert len(jobs) == 3 * (12 + len(IDENTIFIERS) + 1)
    own = ["--strict", "--keys", keys.p12("b-enc")]
    damaged_message = capture(tmp_path / "damaged", outgoing.content_type, damaged)
    jobs += [[*own, *keys.trusting("a-sign"), damaged_message], [*own, *keys.trusting("b-sign"), message]]
    lines = dict(zip([*names, "damaged", "of another"], wssverify(jobs, brainpool=keys.brainpool), strict=True))
    # It can say no.
    assert [lines.pop(name)["stage"] for name in ("damaged", "of another")] == ["signature", "trust"]
    assert {name: line for name, line in lines.items() if not line["ok"]} == {}
    assert [name for name, line in lines.items() if line.get("matchesOriginal")] == [f"{name}-receipt" for name in given]
    for name, payloads in given.items():
        assert [one["sha256"] for one in lines[name]["payloads"]] == [sha256(octets).hexdigest() for _, octets in payloads]
        assert lines[name]["signatureMethod"] == SUITES[keys.kind].signature_algorithm
        assert len(lines[name]["encrypted"]) == (0 if name.startswith("signed") else len(payloads))


def error_code(answer: Answer) -> str:
    messaging = read_messaging(canonicalize(open_envelope(answer.octets, answer.content_type).messaging))
    return messaging.signal_messages[0].errors[0].code


def wire(answer: Answer) -> tuple[str | None, bytes]:
    assert answer.status == 200
    return answer.content_type, answer.octets


# -- what WSS4J makes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """Options of WSS4J's maker; what they need beyond the suite must be allowed by name, and is refused otherwise."""

    options: tuple[str, ...] = ()
    kinds: tuple[str, ...] = tuple(SUITES)
    allow: tuple[str, ...] = ()
    payloads: str = "three"
    encrypt: bool = True


MADE: dict[str, Made] = {
    "as it is": Made(),
    "compressed": Made(("--compress",)),
    "one payload": Made(payloads="one"),
    "no payload": Made(payloads="none"),
    "signed only": Made(encrypt=False),
    "signed only, compressed": Made(("--compress",), encrypt=False),
    "signed only, no payload": Made(payloads="none", encrypt=False),
    "prefixes": Made(("--prefixes",)),
    "prefixes, compressed": Made(("--prefixes", "--compress")),
    "prefixes, no payload": Made(("--prefixes",), payloads="none"),
    **{f"key-ref {one}": Made(("--key-ref", one)) for one in ("bst", "pkipath", "ski", "issuer", "thumbprint")},
    **{f"enc-key-ref {one}": Made(("--enc-key-ref", one)) for one in ("bst", "ski", "issuer", "thumbprint")},
    "kdf concat": Made(("--kdf", "concat"), ("ed", "ec"), (a.CONCAT_KDF,)),
    "kdf hkdf": Made(("--kdf", "hkdf"), ("brainpool",), (a.HKDF,)),
    # The tool wraps the larger key with the smaller one; by itself AES-256 means AES-256 key wrap to us.
    "AES-256": Made(("--data", a.AES256_GCM), allow=(a.AES256_GCM, a.KW_AES128)),
    "SHA-512 digests": Made(("--digest", a.SHA512), allow=(a.SHA512,)),
    "RSA-SHA512": Made(("--signature", a.RSA_SHA512), ("rsa",), (a.RSA_SHA512,)),
    "ECDSA-SHA384": Made(("--signature", a.ECDSA_SHA384), ("ec", "brainpool"), (a.ECDSA_SHA384,)),
    "RSA-OAEP of XML Encryption 1.0": Made(("--key-encryption", "rsa-oaep-mgf1p"), ("rsa",), (a.RSA_OAEP_MGF1P, a.MGF1_SHA1)),
}


def test_we_accept_every_message_that_wss4j_makes_and_it_accepts_our_receipts(
    keys: KeyFolder, wssverify: Ask, tmp_path: Path
) -> None:
    rows = {name: made for name, made in MADE.items() if keys.kind in made.kinds}
    assert len(rows) == {"rsa": 23, "ed": 22, "ec": 23, "brainpool": 23}[keys.kind]
    ready = made_by_wss4j(keys, wssverify, rows, tmp_path)
    jobs = []
    for name, made in rows.items():
        content_type, octets = captured(ready[name])
        strict = keys.pair(encrypt=made.encrypt)
        if made.allow:
            assert refused(strict, content_type, octets) == "EBMS:0103", name
        pair = agree(strict, lambda pmode, m=made: also_allowing(pmode, *m.allow))  # type: ignore[misc]
        receipt = pair.b.receive(content_type, octets)
        assert [one.detail for one in pair.b.messages.refused()][: -1 if made.allow else None] == [], name
        assert delivered(pair) == [payload for _, payload in PAYLOADS[made.payloads]], name
        jobs.append(
            ["--receipt", *keys.trusting("b-sign"), "--original", ready[name], capture(tmp_path / "our" / name, *wire(receipt))]
        )
    lines = dict(zip(rows, wssverify(jobs, brainpool=keys.brainpool), strict=True))
    assert {name: line for name, line in lines.items() if not (line["ok"] and line["matchesOriginal"])} == {}


def made_by_wss4j(keys: KeyFolder, wssverify: Ask, rows: dict[str, Made], folder: Path) -> dict[str, Path]:
    """WSS4J secures a message that our node made without any security, once for each row."""
    plain = keys.pair(sign=False, encrypt=False, compress=False)
    ready, jobs = {}, []
    for number, (name, made) in enumerate(rows.items()):
        outgoing = plain.a.prepare(submitted(plain, PAYLOADS[made.payloads]))
        source = capture(folder / "plain" / str(number), outgoing.content_type, body_of(outgoing))
        ready[name] = folder / "made" / str(number)
        recipient = ["--recipient", keys.file("b-enc", "cert.pem")] if made.encrypt else []
        kdf = ["--kdf", "concat"] if keys.brainpool and "--kdf" not in made.options else []
        jobs.append(["--make", "--sender", keys.p12("a-sign"), *recipient, *kdf, *made.options, "--out", ready[name], source])
    assert [line for line in wssverify(jobs, brainpool=keys.brainpool) if not line["ok"]] == []
    return ready


def refused(pair: Pair, content_type: str, octets: bytes) -> str:
    """The error code that b answers with."""
    answer = pair.b.receive(content_type, octets)
    assert pair.b.messages.deliverable(10) == []
    return error_code(answer)


#: Options of WSS4J's receipt maker, and whether the receipt settles the message.
RECEIPTS: dict[str, tuple[tuple[str, ...], OutboundState]] = {
    "bst": ((), OutboundState.ACKNOWLEDGED),
    "pkipath": (("--key-ref", "pkipath"), OutboundState.ACKNOWLEDGED),
    "ski": (("--key-ref", "ski"), OutboundState.ACKNOWLEDGED),
    "issuer": (("--key-ref", "issuer"), OutboundState.ACKNOWLEDGED),
    "thumbprint": (("--key-ref", "thumbprint"), OutboundState.ACKNOWLEDGED),
    "prefixes": (("--prefixes",), OutboundState.ACKNOWLEDGED),
    "unsigned": (("--no-sign",), OutboundState.READY),
    "digested with SHA-512, which nobody agreed on": (("--digest", a.SHA512), OutboundState.READY),
}


def test_a_receipt_of_wss4j_settles_our_message_and_no_other_does(keys: KeyFolder, wssverify: Ask, tmp_path: Path) -> None:
    pair = keys.pair()
    rows = {**RECEIPTS, "of another signer": ((), OutboundState.READY), "of another message": ((), OutboundState.READY)}
    jobs, sent = [], {}
    for name, (options, _) in rows.items():
        sent[name] = submitted(pair, PAYLOADS["three"])
        outgoing = pair.a.prepare(sent[name])
        original = capture(tmp_path / "sent" / name, outgoing.content_type, body_of(outgoing))
        sender = keys.p12("a-sign" if name == "of another signer" else "b-sign")
        about = tmp_path / "sent" / "bst" if name == "of another message" else original
        jobs.append(["--make-receipt", "--sender", sender, *options, "--out", tmp_path / "receipt" / name, about])
    assert [line for line in wssverify(jobs, brainpool=keys.brainpool) if not line["ok"]] == []
    states = {name: pair.a.settle(sent[name], Answer(200, *captured(tmp_path / "receipt" / name))) for name in rows}
    assert states == {name: state for name, (_, state) in rows.items()}


# -- the harness itself -------------------------------------------------------------------------------------------------


def test_the_peers_rsa_keys_have_3072_bits(key_folder: Callable[[str], KeyFolder]) -> None:
    certificates = load_certificates(key_folder("rsa").file("a-sign", "cert.pem").read_bytes())
    assert certificates[0].public_key.key_size == 3072  # type: ignore[union-attr]
