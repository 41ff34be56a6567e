"""Key agreement, key derivation and key wrap against the numbers that their specifications print."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from hypothesis import given, settings
from hypothesis import strategies as st

from node.security.algorithms import CURVES
from node.security.key_agreement import (
    derive_concat,
    derive_hkdf,
    ephemeral_for,
    other_info,
    read_der,
    read_point,
    shared_secret,
    unwrap_key,
    wrap_key,
    write_der,
    write_point,
)

SHA256 = hashes.SHA256()
DER, SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
KINDS = [x25519.X25519PrivateKey.generate, *[lambda curve=curve: ec.generate_private_key(curve) for curve in CURVES.values()]]


def test_x25519_agrees_as_rfc_7748_section_5_2_prints_it():
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    secret = shared_secret(x25519.X25519PrivateKey.from_private_bytes(scalar), x25519.X25519PublicKey.from_public_bytes(point))
    assert secret.hex() == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"


def test_hkdf_derives_as_rfc_5869_prints_it():
    derived = derive_hkdf(b"\x0b" * 22, SHA256, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"


def test_hkdf_without_salt_is_hkdf_with_32_zero_octets():
    assert derive_hkdf(b"secret", SHA256, b"", b"", 16) == derive_hkdf(b"secret", SHA256, bytes(32), b"", 16)


def test_concat_kdf_derives_as_rfc_7518_appendix_c_prints_it():
    secret = bytes((
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156,
        251, 49, 110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ))  # fmt: skip
    info = b"\0\0\0\x07A128GCM" + b"\0\0\0\x05Alice" + b"\0\0\0\x03Bob" + b"\0\0\0\x80"
    assert derive_concat(secret, SHA256, info, 16) == bytes(
        (86, 170, 141, 234, 248, 35, 109, 32, 92, 34, 40, 205, 113, 167, 16, 26)
    )


def test_a_key_is_wrapped_as_rfc_3394_section_4_1_prints_it():
    key_encryption_key = bytes(range(16))
    content_key = bytes.fromhex("00112233445566778899aabbccddeeff")
    wrapped = wrap_key(key_encryption_key, content_key)
    assert wrapped.hex() == "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"
    assert unwrap_key(key_encryption_key, wrapped) == content_key


@pytest.mark.parametrize("position", range(24))
def test_a_wrapped_key_damaged_at_any_octet_is_refused(position):
    wrapped = bytearray(wrap_key(bytes(16), bytes(range(16))))
    wrapped[position] ^= 1
    with pytest.raises(ValueError):
        unwrap_key(bytes(16), bytes(wrapped))


@pytest.mark.parametrize("length", [0, 1, 8, 15, 16, 17, 23, 25])
def test_a_wrapped_key_of_an_impossible_length_is_refused(length):
    with pytest.raises(ValueError):
        unwrap_key(bytes(16), bytes(length))


@pytest.mark.parametrize(
    ("attributes", "octets"),
    [
        (("", "", ""), b""),  # BDEW
        (("0000", "", ""), b"\x00"),  # what WSS4J writes by default
        (("00414C", "0042", "00", "", ""), b"ALB"),
        (("00aBcD",), b"\xab\xcd"),
    ],
)
def test_bit_strings_of_concat_kdf_lose_the_octet_that_counts_padding(attributes, octets):
    assert other_info(*attributes) == octets


@pytest.mark.parametrize("attribute", ["0441", "8000", "000", "00zz", "00 41", " 0041", "0041\n", "00\u0664\u0661"])
def test_bit_strings_that_are_padded_or_no_hexadecimal_are_refused(attribute):
    with pytest.raises(ValueError):
        other_info(attribute)


@pytest.mark.parametrize("make", KINDS)
def test_both_sides_agree_and_every_ephemeral_key_is_new(make):
    recipient = make()
    first, second = ephemeral_for(recipient.public_key()), ephemeral_for(recipient.public_key())
    assert shared_secret(first, recipient.public_key()) == shared_secret(recipient, first.public_key())
    assert write_der(first.public_key()) != write_der(second.public_key())
    assert read_der(write_der(first.public_key())) == first.public_key()


def test_no_ephemeral_key_looks_like_a_key_of_another_kind_to_java(monkeypatch):
    made = [private for private in (x25519.X25519PrivateKey.generate() for _ in range(4000)) if first(private) == 2][:2]
    made.append(next(private for private in iter(x25519.X25519PrivateKey.generate, None) if first(private) != 2))
    fitting = made[-1]
    recipient = x25519.X25519PrivateKey.generate().public_key()
    monkeypatch.setattr(x25519.X25519PrivateKey, "generate", lambda: made.pop(0))
    assert ephemeral_for(recipient) is fitting
    assert made == []


def first(private):
    """The first of its public octets."""
    return private.public_key().public_bytes_raw()[0]


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_points_survive_writing_and_reading(curve):
    public = ec.generate_private_key(curve).public_key()
    uri, octets = write_point(public)
    assert octets[:1] == b"\x04"
    assert read_point(uri, octets) == public


def test_a_curve_uri_without_its_colon_is_understood():
    public = ec.generate_private_key(ec.SECP521R1()).public_key()
    assert read_point("urn:oid1.3.132.0.35", write_point(public)[1]) == public


def points() -> list[tuple[str, str, bytes]]:
    good = ec.generate_private_key(ec.SECP256R1()).public_key()
    uri, octets = write_point(good)
    compressed = good.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    brainpool = write_point(ec.generate_private_key(ec.BrainpoolP256R1()).public_key())[1]
    return [
        ("point at infinity", uri, b"\x00"),
        ("nothing", uri, b""),
        ("compressed", uri, compressed),
        ("hybrid", uri, bytes([6 + (octets[-1] & 1)]) + octets[1:]),
        ("off the curve", uri, octets[:-1] + bytes([octets[-1] ^ 1])),
        ("cut off", uri, octets[:-1]),
        ("too long", uri, octets + b"\0"),
        ("of another curve", uri, brainpool),
        ("unknown curve", "urn:oid:1.3.132.0.10", octets),
        ("no curve", "", octets),
        ("padded curve", uri + " ", octets),
    ]


@pytest.mark.parametrize(("case", "curve", "octets"), points(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_point_that_is_not_one_is_refused(case, curve, octets):
    with pytest.raises(ValueError):
        read_point(curve, octets)


def ders() -> list[tuple[str, bytes]]:
    good = write_der(x25519.X25519PrivateKey.generate().public_key())
    return [
        ("nothing", b""),
        ("octets left over", good + b"\0"),
        ("cut off", good[:-1]),
        ("Ed25519", ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(DER, SPKI)),
        ("RSA", rsa.generate_private_key(65537, 2048).public_key().public_bytes(DER, SPKI)),
        ("curve of no profile", ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(DER, SPKI)),
        ("length not minimal", b"\x30\x81" + good[1:]),
    ]


@pytest.mark.parametrize(("case", "octets"), ders(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_der_key_that_is_not_one_is_refused(case, octets):
    with pytest.raises(ValueError):
        read_der(octets)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=120))
def test_any_octets_are_a_key_or_a_value_error(octets):
    for read in (read_der, lambda point: read_point("urn:oid:1.2.840.10045.3.1.7", b"\x04" + point)):
        try:
            read(octets)
        except ValueError:
            continue


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"])
def test_an_x25519_point_of_small_order_is_refused(point):
    with pytest.raises(ValueError):
        shared_secret(x25519.X25519PrivateKey.generate(), x25519.X25519PublicKey.from_public_bytes(point))


def test_keys_of_different_kinds_or_curves_do_not_agree():
    montgomery, nist = x25519.X25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    other = ec.generate_private_key(ec.BrainpoolP256R1())
    for private, public in [(montgomery, nist), (nist, montgomery), (nist, other), (other, nist)]:
        with pytest.raises(ValueError):
            shared_secret(private, public.public_key())


def test_no_ephemeral_key_is_made_on_a_curve_of_no_profile():
    with pytest.raises(ValueError):
        ephemeral_for(ec.generate_private_key(ec.SECP256K1()).public_key())
