"""Published vectors for the primitives, through our own wrappers: not one verdict may differ."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from lxml import etree

from node.ebms.errors import EbmsError, FailedDecryption
from node.security.algorithms import (
    AES128_GCM,
    MGF1_SHA1,
    MGF1_SHA256,
    MGF1_SHA384,
    MGF1_SHA512,
    PRFS,
    SHA1,
    SHA256,
    SHA384,
    SHA512,
)
from node.security.attachments import HELD_OCTETS, AttachmentIn, ContentKey, GcmSealer
from node.security.key_agreement import derive_hkdf, read_der, shared_secret, unwrap_key, wrap_key
from node.security.keys import KeyUseFailed

DIGESTS = {"SHA-1": SHA1, "SHA-256": SHA256, "SHA-384": SHA384, "SHA-512": SHA512}
MASKS = {"SHA-1": MGF1_SHA1, "SHA-256": MGF1_SHA256, "SHA-384": MGF1_SHA384, "SHA-512": MGF1_SHA512}


def cases(shared: Path, name: str):
    """Every (group, test) of a wycheproof file."""
    suite = json.loads((shared / "vectors" / "wycheproof" / f"{name}_test.json").read_bytes())
    found = [(group, test) for group in suite["testGroups"] for test in group["tests"]]
    assert len(found) == suite["numberOfTests"]
    return found


def octets(test: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(test[name]) for name in names]


def opened(key: bytes, wire: bytes, size: int = 1 << 20) -> bytes | None:
    """What our reader makes of IV, ciphertext and tag; None when it refuses."""
    part = AttachmentIn(ContentKey(AES128_GCM, key, ""), None, "")
    try:
        out = b"".join([bytes(part.feed(wire[start : start + size])) for start in range(0, len(wire), size)])
        return out + part.finish()
    except EbmsError as error:
        if error.definition is not FailedDecryption:
            raise
        return None


def test_aes_gcm(shared):
    agree = refused_sizes = with_aad = 0
    for group, test in cases(shared, "aes_gcm"):
        key, iv, message, cipher, tag = octets(test, "key", "iv", "msg", "ct", "tag")
        if test["aad"]:
            # A part has no additional data, so it must not open.
            assert opened(key, iv + cipher + tag) is None, test
            with_aad += 1
        elif (group["ivSize"], group["tagSize"]) != (96, 128):
            # Read as we read every part, the IV has 12 octets whatever the case had: it must not open.
            assert opened(key, iv + cipher + tag) is None, test
            refused_sizes += 1
        else:
            assert opened(key, iv + cipher + tag) == (message if test["result"] == "valid" else None), test
            if test["result"] == "valid":
                sealer = GcmSealer(ContentKey(AES128_GCM, key, ""), lambda size, iv=iv: iv[:size])
                assert bytes(sealer.feed(message)) + sealer.finish() == iv + cipher + tag
            agree += 1
    assert (agree, refused_sizes, with_aad) == (145, 117, 54)


@pytest.mark.parametrize("cut", [12, 13, 16, 17, 28, 31])
@pytest.mark.parametrize("length", range(16))
def test_a_short_tag_is_refused_whatever_the_length_of_the_part(length, cut):
    key, message = bytes(16), bytes(HELD_OCTETS + cut)
    sealer = GcmSealer(ContentKey(AES128_GCM, key, ""))
    whole = bytes(sealer.feed(message)) + sealer.finish()
    assert opened(key, whole) == message
    assert opened(key, whole[: len(whole) - 16 + length]) is None
    sealer = GcmSealer(ContentKey(AES128_GCM, key, ""))
    small = bytes(sealer.feed(message[:cut])) + sealer.finish()
    assert opened(key, small[: len(small) - 16 + length]) is None


def nist(shared: Path) -> list[tuple[Path, bytes, bytes]]:
    """(case, key, wire) of the NIST vectors as XML Encryption re-packaged them."""
    root = shared / "vectors" / "xmlsec" / "nist-aesgcm"
    found = []
    for bits in (128, 192, 256):
        keys = etree.parse(root / f"keys-aes{bits}-gcm.xml").getroot()
        by_name = {one[0].text.strip(): base64.b64decode(one[1][0].text) for one in keys}
        for case in sorted((root / f"aes{bits}").glob("*.xml")):
            data = etree.parse(case).getroot()
            name, value = (next(data.iter("{*}" + tag)).text.strip() for tag in ("KeyName", "CipherValue"))
            found.append((case, by_name[name], base64.b64decode(value)))
    return found


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_nist_aes_gcm_as_xml_encryption(shared, size):
    decrypted = refused = 0
    for case, key, wire in nist(shared):
        data = case.with_suffix(".data")
        message = opened(key, wire, size)
        if data.exists():
            # The expected file holds the base64 text of the plaintext, or the plaintext itself.
            assert message is not None, case
            assert data.read_bytes().strip() in (message.strip(), base64.b64encode(message)), case
            decrypted += 1
        else:
            assert message is None, case
            refused += 1
    assert (decrypted, refused) == (94, 86)


def test_aes_key_wrap(shared):
    for _, test in cases(shared, "aes_wrap"):
        key, message, wrapped = octets(test, "key", "msg", "ct")
        try:
            found = unwrap_key(key, wrapped)
        except ValueError:
            # "acceptable" are keys of 8 octets, which AES key wrap is not made for.
            assert test["result"] != "valid", test
            continue
        assert test["result"] != "invalid", test
        assert found == message
        assert wrap_key(key, message) == wrapped


@pytest.mark.parametrize("name", ["x25519", "x25519_asn"])
def test_x25519(shared, name):
    agreed = 0
    for _, test in cases(shared, name):
        public, private, secret = octets(test, "public", "private", "shared")
        try:
            if name == "x25519":
                point = x25519.X25519PublicKey.from_public_bytes(public)
                own = x25519.X25519PrivateKey.from_private_bytes(private)
            else:
                point, own = read_der(public), load_der_private_key(private, None)
            found = shared_secret(own, point)
        except ValueError:
            assert test["result"] != "valid", test
            continue
        # spec: RFC 7748 6.1 (all zero is refused); points of other curves and non-canonical ones give the secret that is printed
        assert test["result"] != "invalid", test
        assert found == secret != bytes(32), test
        agreed += 1
    assert agreed > 450


@pytest.mark.parametrize(
    ("name", "curve"),
    [("ecdh_secp256r1", ec.SECP256R1()), ("ecdh_secp384r1", ec.SECP384R1()), ("ecdh_brainpoolP256r1", ec.BrainpoolP256R1())],
)
def test_ecdh(shared, name, curve):
    for _, test in cases(shared, name):
        own = ec.derive_private_key(int(test["private"], 16), curve)
        try:
            found = shared_secret(own, read_der(bytes.fromhex(test["public"])))
        except ValueError:
            assert test["result"] != "valid", test
            continue
        assert test["result"] != "invalid", test
        assert found.hex() == test["shared"], test
        # We take one encoding of a key: what is "acceptable" only for a lenient reader must have been refused.
        assert not {"InvalidAsn", "UnnamedCurve", "CompressedPoint", "CompressedPublic"} & set(test["flags"]), test


@pytest.mark.parametrize(("name", "prf"), [("hkdf_sha256", 0), ("hkdf_sha384", 1), ("hkdf_sha512", 2)])
def test_hkdf(shared, name, prf):
    for _, test in cases(shared, name):
        secret, salt, info, expected = octets(test, "ikm", "salt", "info", "okm")
        try:
            found = derive_hkdf(secret, list(PRFS.values())[prf], salt, info, test["size"])
        except ValueError:
            assert test["result"] == "invalid", test
            continue
        assert (test["result"], found) == ("valid", expected), test


OAEP = [
    "rsa_oaep_2048_sha1_mgf1sha1",
    "rsa_oaep_2048_sha256_mgf1sha1",
    "rsa_oaep_2048_sha256_mgf1sha256",
    "rsa_oaep_3072_sha256_mgf1sha1",
    "rsa_oaep_3072_sha256_mgf1sha256",
    "rsa_oaep_3072_sha512_mgf1sha512",
    "rsa_oaep_4096_sha256_mgf1sha256",
    "rsa_oaep_4096_sha512_mgf1sha512",
    "rsa_oaep_misc",
]


@pytest.mark.parametrize("name", OAEP)
def test_rsa_oaep(shared, pki, name):
    keys = {}
    for group, test in cases(shared, name):
        if group["keySize"] not in (2048, 3072, 4096) or group["sha"] not in DIGESTS or group["mgfSha"] not in MASKS:
            # Smaller and odd moduli and SHA-224 do not exist here (algorithms.weakness, OAEP_DIGESTS).
            continue
        pem = group["privateKeyPem"]
        if pem not in keys:
            keys[pem] = pki.make(f"{name} {len(keys)}", load_pem_private_key(pem.encode(), None), "enc")
        message, cipher, label = octets(test, "msg", "ct", "label")
        try:
            found = keys[pem].decrypt(cipher, DIGESTS[group["sha"]], MASKS[group["mgfSha"]])
        except KeyUseFailed:
            # XML Encryption in AS4 has no label, so a message with one must not open.
            assert test["result"] != "valid" or label, test
            continue
        assert (test["result"] != "invalid", label, found) == (True, b"", message), test
    assert keys
