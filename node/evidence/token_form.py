"""The one form of a token in evidence: DER throughout, the fields of RFC 3161 and RFC 5652 and no others, so that nothing of it is left to whoever reads. Source: the format of evidence, 4."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from node.customs.seal.token import (
    CONTENT_TYPE,
    DIGESTS,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)
from node.security.certificates import Certificate
from node.security.der import (
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    DerRefused,
    Value,
    read,
    write,
)

_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"
_NULL_TAG: Final = 0x05
#: Context tags, constructed, and the key identifier, which is not.
_FIRST, _SECOND, _THIRD, _KEY_ID, _DIRECTORY_NAME = 0xA0, 0xA1, 0xA2, 0x80, 0xA4
_UNIVERSAL: Final = 0xC0
_CONSTRUCTED: Final = 0x20
_GATHERED: Final = (0x10, 0x11)
#: A certificate with all its extensions takes half of it.
_MOST_DEEP: Final = 32
#: RFC 3161 2.4.2: seconds, and a fraction only where it is not zero.
_TIME: Final = re.compile(rb"[0-9]{14}(?:\.[0-9]*[1-9])?Z\Z")
#: What a field of a sequence may be: one that must be there, or several of which one may be.
Field = int | tuple[int, ...]


def check_form(octets: bytes, signer: Certificate | None = None) -> None:
    """Raises DerRefused for a token that is not of the form, or that names another certificate than that of the signer."""
    whole = read(octets)
    _check_der(whole, _MOST_DEEP)
    kind, held = _row(whole, OID, _FIRST)
    if kind is None or held is None or kind.name != SIGNED_DATA:
        raise DerRefused("no signed data")
    version, announced, content, _, _, signers = _row(held.only(), INTEGER, SET, SEQUENCE, (_FIRST,), (_SECOND,), SET)
    if version is None or announced is None or content is None or signers is None or version.number not in (3, 4, 5):
        raise DerRefused("signed data of another version")
    digest = _check_signer(signers.only(), signer)
    if [_digest(one) for one in announced.parts()] != [digest]:
        raise DerRefused("it announces another digest than its signer's")
    kind, held = _row(content, OID, _FIRST)
    if kind is None or held is None or kind.name != TST_INFO:
        raise DerRefused("the content is not TSTInfo")
    _check_info(held.only().expect(OCTET_STRING).content)


def _row(value: Value, *wanted: Field) -> list[Value | None]:
    """The fields of a SEQUENCE: those wanted in their order, None for one that may be missing and is, and nothing more."""
    left, found = value.expect(SEQUENCE).parts(), list[Value | None]()
    for one in wanted:
        tags = (one,) if isinstance(one, int) else one
        if left and left[0].tag in tags:
            found.append(left.pop(0))
        elif isinstance(one, int):
            raise DerRefused(f"a field with the tag {one} is missing")
        else:
            found.append(None)
    if left:
        raise DerRefused(f"a field too many, with the tag {left[0].tag}")
    return found


def _check_der(value: Value, deeper: int) -> None:
    """Raises DerRefused for lengths, tags, numbers and names that could be written shorter."""
    constructed = bool(value.tag & _CONSTRUCTED)
    if write(value.tag, value.content) != value.octets:
        raise DerRefused("a length that is not as short as can be")
    if not value.tag & _UNIVERSAL and constructed is not (value.tag & 0x1F in _GATHERED):
        raise DerRefused(f"the tag {value.tag}, which is wrongly constructed or primitive")
    if value.tag == INTEGER and (not value.content or value.content[:1] in (b"\x00", b"\xff")):
        _check_integer(value.content)
    if value.tag == OID and re.search(rb"(?:\A|[\x00-\x7f])\x80", value.content):
        raise DerRefused("an object identifier that is not as short as can be")
    if value.tag == OID and (not value.content or value.content[-1] & 0x80):
        raise DerRefused("an object identifier that does not end")
    if value.tag == BOOLEAN and value.content not in (b"\x00", b"\xff"):
        raise DerRefused("a truth that is neither")
    if constructed and not deeper:
        raise DerRefused(f"nested deeper than {_MOST_DEEP}")
    for one in value.parts() if constructed else ():
        _check_der(one, deeper - 1)


def _check_integer(content: bytes) -> None:
    if not content or (len(content) > 1 and (content[0] == 0xFF) is (content[1] >= 0x80)):
        raise DerRefused("a number that is not as short as can be")


def _digest(algorithm: Value) -> str:
    """hashlib's name of a digest, whose parameters are absent or NULL."""
    kind, parameters = _row(algorithm, OID, (_NULL_TAG, SEQUENCE))
    if kind is None or kind.name not in DIGESTS or (parameters is not None and parameters.octets != NULL):
        raise DerRefused("a digest that is not allowed, or with parameters")
    return DIGESTS[kind.name]


def _check_signer(value: Value, signer: Certificate | None) -> str:
    """The digest of the signer."""
    version, named, method, attributes, algorithm, _, _ = _row(
        value, INTEGER, (_KEY_ID, SEQUENCE), SEQUENCE, _FIRST, SEQUENCE, OCTET_STRING, (_SECOND,)
    )
    if version is None or named is None or method is None or attributes is None or algorithm is None:
        raise DerRefused("a signer who is not named")
    if version.number != (3 if named.tag == _KEY_ID else 1):
        raise DerRefused("a signer of another version")
    if named.tag == SEQUENCE:
        _row(named, SEQUENCE, INTEGER)
    digest = _digest(method)
    _check_algorithm(algorithm, digest)
    _check_attributes(attributes.parts(), signer)
    return digest


def _check_algorithm(algorithm: Value, digest: str) -> None:
    kind, parameters = _row(algorithm, OID, (_NULL_TAG, SEQUENCE))
    if kind is None or kind.name != _PSS:
        if parameters is not None and parameters.octets != NULL:
            raise DerRefused("a signature algorithm with parameters")
        return
    # spec: RFC 4055 3.1, all three are told, and go together.
    own, mask, salt = _row(parameters or algorithm, _FIRST, _SECOND, _THIRD)
    if own is None or mask is None or salt is None:
        raise DerRefused("RSASSA-PSS without its parameters")
    generator, of = _row(mask.only(), OID, SEQUENCE)
    if generator is None or of is None or generator.name != _MGF1:
        raise DerRefused("RSASSA-PSS with another mask generation than MGF1")
    if {_digest(own.only()), _digest(of)} != {digest} or salt.only().number != hashlib.new(digest).digest_size:
        raise DerRefused("RSASSA-PSS with another digest or salt than the signer's")


def _check_attributes(attributes: Sequence[Value], signer: Certificate | None) -> None:
    """In the order of DER, each once and with one value; those that name a certificate name the signer's, each of them."""
    if [one.octets for one in attributes] != sorted(one.octets for one in attributes):
        raise DerRefused("the signed attributes are not in the order of DER")
    found: dict[str, Value] = {}
    for one in attributes:
        kind, values = _row(one, OID, SET)
        if kind is None or values is None or kind.name in found:
            raise DerRefused("a signed attribute is there twice")
        found[kind.name] = values.only()
    if CONTENT_TYPE not in found or MESSAGE_DIGEST not in found:
        raise DerRefused("the type or the digest of the content is not signed")
    for name in (SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2):
        if name in found:
            _check_named(found[name], second=name == SIGNING_CERTIFICATE_V2, signer=signer)


def _check_named(value: Value, *, second: bool, signer: Certificate | None) -> None:
    """An ESSCertID (RFC 2634 5.4.1) or ESSCertIDv2 (RFC 5035 4)."""
    named = value.expect(SEQUENCE).first().expect(SEQUENCE).first()
    if second:
        method, own, issuer = _row(named, (SEQUENCE,), OCTET_STRING, (SEQUENCE,))
    else:
        method, (own, issuer) = None, _row(named, OCTET_STRING, (SEQUENCE,))
    name = _digest(method) if method else "sha256" if second else "sha1"
    if signer is None or own is None:
        return
    if own.content != hashlib.new(name, signer.der, usedforsecurity=False).digest():
        raise DerRefused("it names another certificate")
    if issuer is not None:
        # RFC 5035 5, IssuerSerial: general names, and a serial number
        general, serial = _row(issuer, SEQUENCE, INTEGER)
        names = general.parts() if general else []
        if [(one.tag, one.content) for one in names] != [(_DIRECTORY_NAME, signer.x509.issuer.public_bytes())]:
            raise DerRefused("it names another issuer")
        if serial is None or serial.number != signer.serial:
            raise DerRefused("it names another serial number")


def _check_info(octets: bytes) -> None:
    whole = read(octets)
    _check_der(whole, _MOST_DEEP)
    version, _, imprint, _, time, _, ordering, _, _, extensions = _row(
        *(whole, INTEGER, OID, SEQUENCE, INTEGER, GENERALIZED_TIME),
        *((SEQUENCE,), (BOOLEAN,), (INTEGER,), (_FIRST,), (_SECOND,)),
    )
    if version is None or imprint is None or time is None or version.number != 1:
        raise DerRefused("a TSTInfo of another version")
    algorithm, _ = _row(imprint, SEQUENCE, OCTET_STRING)
    if algorithm is None or not _digest(algorithm) or not _TIME.match(time.content):
        raise DerRefused(f"{time.content[:40]!r} is not written as a time of a token")
    if ordering is not None and ordering.content != b"\xff":
        raise DerRefused("an ordering that is its default")
    for one in extensions.parts() if extensions else ():
        if any(part.tag == BOOLEAN for part in one.parts()):
            raise DerRefused("a critical extension that is not known")
