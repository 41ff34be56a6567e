"""Public suites that no test of one module reads: encryption and Ed25519 of other libraries, entity bombs, broken mail, certificate paths."""

import hashlib
import json
import re
import subprocess
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key, load_pem_private_key, pkcs12
from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.xml import XmlLimits, XmlRefused, parse_xml
from node.mime.package import Package
from node.security import algorithms as a
from node.security.attachments import AttachmentIn, ContentKey
from node.security.claimed_encryption import read_encrypted_data, read_encrypted_key
from node.security.claimed_signature import read_signature
from node.security.elements import ShapeRefused
from node.security.key_agreement import derive_concat, derive_hkdf, other_info, read_point, shared_secret, unwrap_key
from node.security.suites import EDELIVERY_2_EDDSA
from tests import path_suites

# -- XML Encryption: the suite of xmlsec, with the interop files of XML Encryption 1.1 -----------------------------------


@pytest.fixture(scope="session")
def xmlsec(shared: Path) -> Path:
    return shared / "vectors" / "xmlsec"


def entries(xmlsec: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((xmlsec / "manifest.json").read_text())
    return [one for one in found if one["kind"] == "enc"]


def first(element: Any, name: str) -> Any:
    """The first descendant of this local name, or None."""
    return next(element.iter("{*}" + name), None)


#: The suite keeps its EC keys twice, the second time with a password of its own.
SECOND_FORM_PASSWORD = "secret123"


def openssl_key(file: Path, password: str) -> Any:
    """The private key in a PKCS#12 file, whatever its certificates are."""
    words = ["openssl", "pkcs12", "-in", str(file), "-passin", f"pass:{password}", "-nodes", "-nocerts"]
    return load_pem_private_key(subprocess.run(words, capture_output=True, check=True).stdout, None)


def octets_in(element: Any) -> bytes:
    return b64decode(element.text)


def method_of(element: Any) -> str:
    return str(element.find("{*}EncryptionMethod").get("Algorithm"))


class Lab:
    """Opens one entry of the suite through our wrappers, with the keys that its command line names."""

    def __init__(self, folder: Path, entry: dict[str, Any]) -> None:
        self.folder, self.words = folder, entry["xmlsec_args"].split()
        # lxml without our limits: this is the lab.
        self.data = first(etree.parse(folder / entry["file"]).getroot(), "EncryptedData")

    def file(self, option: str) -> Path:
        at = next(at for at, word in enumerate(self.words) if word.split(":")[0] == option)
        # The variable of the suite's script chooses between forms of one key.
        return self.folder / self.words[at + 1].replace("$xdh_priv_key_format", "p8-der")

    def private(self) -> Any:
        option = "--pkcs12" if any(word.startswith("--pkcs12") for word in self.words) else "$xdh_priv_key_option"
        file, password = self.file(option), self.words[self.words.index("--pwd") + 1]
        if file.suffix == ".p8-der":
            return load_der_private_key(file.read_bytes(), password.encode())
        if file.name.endswith("-orig.p12"):
            # Beside this key lies a certificate that is no DER: OpenSSL takes out the key alone, from the form of today's ciphers.
            return openssl_key(file.with_name(file.name.replace("-orig", "")), SECOND_FORM_PASSWORD)
        return pkcs12.load_pkcs12(file.read_bytes(), password.encode()).key

    def content_key(self) -> bytes:
        wrapped, derived = first(self.data, "EncryptedKey"), first(self.data, "DerivedKey")
        if derived is not None:
            master = self.file("--hkdf-key").read_bytes()
            return self.hkdf(master, first(derived, "HKDFParams"), a.CONTENT_KEY_OCTETS[method_of(self.data)])
        if wrapped is None:
            return self.named_key()
        value = octets_in(wrapped.find("{*}CipherData/{*}CipherValue"))
        agreement = first(wrapped, "AgreementMethod")
        if agreement is None:
            return self.transported(wrapped, value)
        return unwrap_key(self.agreed(agreement, a.KEY_WRAP_OCTETS[method_of(wrapped)]), value)

    def named_key(self) -> bytes:
        if "--aeskey" in self.words:
            return self.file("--aeskey").read_bytes()
        name = first(self.data, "KeyName").text.strip()
        keys = {first(one, "KeyName").text.strip(): one for one in etree.parse(self.file("--keys-file")).getroot()}
        return octets_in(first(keys[name], "AESKeyValue"))

    def transported(self, wrapped: Any, value: bytes) -> bytes:
        private, method = self.private(), wrapped.find("{*}EncryptionMethod")
        assert isinstance(private, rsa.RSAPrivateKey)
        if first(method, "OAEPparams") is not None:
            raise ShapeRefused("a label: no AS4 profile has one, and our reader refuses it")
        digest, mask = first(method, "DigestMethod"), first(method, "MGF")
        algorithm = a.OAEP_DIGESTS[a.SHA1 if digest is None else digest.get("Algorithm")]
        mgf = a.OAEP_MGFS[a.MGF1_SHA1 if mask is None else mask.get("Algorithm")]
        return private.decrypt(value, padding.OAEP(padding.MGF1(mgf), algorithm, None))

    def agreed(self, agreement: Any, length: int) -> bytes:
        private = self.private()
        assert isinstance(private, ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey)
        secret = shared_secret(private, self.originator(agreement))
        hkdf, concat = first(agreement, "HKDFParams"), first(agreement, "ConcatKDFParams")
        if hkdf is not None:
            return self.hkdf(secret, hkdf, length)
        names = ("AlgorithmID", "PartyUInfo", "PartyVInfo", "SuppPubInfo", "SuppPrivInfo")
        info = other_info(*(concat.get(name, "") for name in names))
        return derive_concat(secret, a.OAEP_DIGESTS[first(concat, "DigestMethod").get("Algorithm")], info, length)

    def originator(self, agreement: Any) -> Any:
        point = first(agreement, "ECKeyValue")
        if point is not None:
            return read_point(first(point, "NamedCurve").get("URI"), octets_in(first(point, "PublicKey")))
        octets = self.file("--pubkey-cert-der").read_bytes()
        try:
            return x509.load_der_x509_certificate(octets).public_key()
        except ValueError:
            return load_der_public_key(octets)

    def hkdf(self, secret: bytes, parameters: Any, length: int) -> bytes:
        salt, info = first(parameters, "Salt"), first(parameters, "Info")
        said = first(parameters, "KeyLength")
        assert said is None or int(said.text) == length
        prf = a.PRFS[first(parameters, "PRF").get("Algorithm")]
        return derive_hkdf(secret, prf, *(b"" if one is None else octets_in(one) for one in (salt, info)), length)

    def plain(self) -> bytes:
        # Some of the suite wrap a longer key than the algorithm has, of which xmlsec uses the beginning. A node refuses those: tests/security.
        method = method_of(self.data)
        part = AttachmentIn(ContentKey(method, self.content_key()[: a.CONTENT_KEY_OCTETS[method]], ""), None, "")
        return bytes(part.feed(octets_in(self.data.find("{*}CipherData/{*}CipherValue")))) + part.finish()


def squeezed(octets: bytes) -> bytes:
    """XML in canonical form and without white space, in which expected files and plaintexts differ; other octets as they are."""
    try:
        return b"".join(etree.tostring(etree.fromstring(octets.strip()), method="c14n").split())
    except etree.XMLSyntaxError:
        return octets


def test_in_the_lab_modern_encryption_of_other_libraries_decrypts(xmlsec: Path, require: Callable[[str], str]) -> None:
    require("openssl")
    verdicts: Counter[str] = Counter()
    for entry in entries(xmlsec):
        if not entry["modern_algorithms_only"]:
            continue
        lab, data = Lab(xmlsec, entry), (xmlsec / entry["file"]).with_suffix(".data")
        if method_of(lab.data) not in a.CONTENT_KEY_OCTETS:
            # AES-CBC: no node of ours has ever had a decryptor for it.
            assert (entry["upstream_expected"], "-cbc" in method_of(lab.data)) == ("fail", True)
            verdicts["no algorithm of ours"] += 1
            continue
        try:
            plain = lab.plain()
        except ShapeRefused:
            verdicts["an OAEP label"] += 1
            continue
        assert entry["upstream_expected"] == "success"
        assert squeezed(plain) == squeezed(data.read_bytes()), entry["file"]
        assert len(plain) > 10
        verdicts["right"] += 1
    assert verdicts == {"right": 28, "an OAEP label": 1, "no algorithm of ours": 3}


def test_in_policy_mode_every_encryption_of_another_shape_is_refused(xmlsec: Path) -> None:
    """An AS4 part is a CipherReference to an attachment, and its key stands in wsse:Security: nothing else is ever read."""
    refused: Counter[str] = Counter()
    for entry in entries(xmlsec):
        root = etree.parse(xmlsec / entry["file"], etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        for data in root.iter("{*}EncryptedData"):
            with pytest.raises((ShapeRefused, EbmsError)):
                read_encrypted_data(data)
            refused["data"] += 1
        for wrapped in root.iter("{*}EncryptedKey"):
            try:
                read_encrypted_key(wrapped, {})
            except (ShapeRefused, EbmsError):
                refused["key"] += 1
    assert refused["data"] >= 149
    assert refused["key"] > 0


# -- XML Signature: Ed25519 of Santuario ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "right"), [("envelopingSignatureEd25519", True), ("envelopingInvalidSignatureEd25519", False)])
def test_santuarios_ed25519_value_is_right_and_the_digest_tells_what_was_changed(shared: Path, name: str, right: bool) -> None:
    signature = parse_xml((shared / "vectors/santuario/javax/xml/crypto/dsig/eddsa" / f"{name}.xml").read_bytes())
    info = first(signature, "SignedInfo")
    method = first(info, "SignatureMethod").get("Algorithm")
    public = x509.load_der_x509_certificate(octets_in(first(signature, "X509Certificate"))).public_key()
    assert method == EDELIVERY_2_EDDSA.signature_algorithm
    a.SIGNATURES[method].verify(public, octets_in(first(signature, "SignatureValue")), canonicalize(info))
    # Its reference is by SHA-1 over inclusive canonicalization, which we refuse; here the standard library judges it.
    assertion = etree.tostring(first(signature, "Assertion"), method="c14n", with_comments=True)
    assert (hashlib.sha1(assertion).digest() == octets_in(first(info, "DigestValue"))) is right
    with pytest.raises((ShapeRefused, EbmsError)):
        read_signature(signature, {}, {})


# -- hostile XML ---------------------------------------------------------------------------------------------------------


def test_entity_bombs_and_external_entities_are_refused(shared: Path) -> None:
    why = {}
    for path in sorted((shared / "vectors/signxml/defusedxml-test-data").glob("*.xml")):
        # As a payload, whose comments and instructions pass.
        try:
            parse_xml(path.read_bytes(), XmlLimits(only_elements=False))
        except XmlRefused as refused:
            why[path.name] = str(refused)
    bombs = ["cyclic.xml", "dtd.xml", "external.xml", "external_file.xml", "quadratic.xml", "xmlbomb.xml", "xmlbomb2.xml"]
    assert [name for name, reason in why.items() if "DOCTYPE" in reason] == bombs
    # Beside them stand simple.xml, which is read, and one whose namespace name is relative, which no canonical form can hold.
    assert {name for name in why if name not in bombs} == {"simple-ns.xml"}


# -- broken mail -----------------------------------------------------------------------------------------------------------


def draw(content_type: str, body: bytes, size: int) -> str:
    """What becomes of a package: complete, or the error it is refused with."""
    try:
        package = Package.open(content_type, (body[at : at + size] for at in range(0, len(body), size)))
        drawn = sum(len(chunk) for attachment in package.attachments() for chunk in attachment.chunks())
    except EbmsError as error:
        return error.definition.code
    except SoapFault as fault:
        return f"SOAP:{fault.code}"
    assert drawn <= len(body)
    return "complete"


@pytest.mark.parametrize(("folder", "pattern"), [("mime4j", "*.msg"), ("python-multipart", "*.http")])
def test_no_broken_message_of_other_parsers_suites_leads_to_any_error_but_ours(shared: Path, folder: str, pattern: str) -> None:
    paths = sorted((shared / "vectors" / "mime" / folder).glob(pattern))
    assert len(paths) >= 30
    verdicts: Counter[str] = Counter()
    for path in paths:
        octets = path.read_bytes()
        found = re.search(rb'boundary="?([^";\s]+)', octets) or re.search(rb"--([^\r\n]+)", octets)
        boundary = found.group(1).decode("ascii", "replace").removesuffix("--")[:70] if found else "boundary"
        content_type = f'multipart/related; type="text/xml"; boundary="{boundary}"'
        # How the octets are cut makes no difference to the verdict.
        seen = {draw(content_type, octets, size) for size in (1, 7, 1 << 20)}
        assert len(seen) == 1, path.name
        verdicts[seen.pop()] += 1
    # None of them holds a SOAP envelope.
    assert verdicts["complete"] == 0
    assert sum(verdicts.values()) == len(paths)


# -- certificate paths: x509-limbo and PKITS -------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_limbo_finds_no_path_accepted_or_refused_without_a_written_reason(shared: Path) -> None:
    tally = path_suites.limbo(shared)
    assert set(tally.wrong_accepts) == set(path_suites.ALLOWED)
    assert set(tally.wrong_rejects) == set(path_suites.STRICTER)
    assert tally.verdicts == {
        ("FAILURE", "FAILURE"): 132,
        ("SUCCESS", "SUCCESS"): 44,
        ("SUCCESS", "FAILURE"): 5,
        ("FAILURE", "SUCCESS"): 13,
    }


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_pkits_finds_no_invalid_path_accepted_and_every_valid_one_that_has_no_dsa_key(shared: Path) -> None:
    tally = path_suites.pkits(shared)
    assert tally.wrong_accepts == {}
    assert set(tally.wrong_rejects) == set(path_suites.PKITS_STRICTER)
    assert tally.verdicts == {("FAILURE", "FAILURE"): 99, ("SUCCESS", "SUCCESS"): 73, ("SUCCESS", "FAILURE"): 2}
