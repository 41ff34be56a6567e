"""Recognising envelopes that templates like our own have written: what is fixed in them is compared, not parsed.

Most of an AS4 envelope is the same in every message of one node. `recognise` matches the octets against the very shape that `sign`, `encrypt`,
`header_writer` and `envelope` write; holes hold no markup, so nothing in them can mean anything else to an XML parser. What it answers is what
`open_envelope`, `read_security` and `read_messaging` would answer (a property test holds the two ways against each other), at a quarter of their
cost. Whatever differs in one octet takes the general way.
"""

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from node.ebms.c14n import canonicalize
from node.ebms.errors import EbmsError
from node.ebms.header_reader import read_element
from node.ebms.message import Messaging, SignedReference, SignedTransform
from node.ebms.namespaces import DS, DSIG11, DSIG_MORE, EB, S12, SOAP_12, WSSE, WSSE11, WSU, XENC, XENC11
from node.ebms.schema import check_schema
from node.ebms.xml import Element, XmlRefused, parse_xml
from node.security import algorithms as a
from node.security.certificates import KeyReference
from node.security.claim import Claim
from node.security.claimed_encryption import (
    MAX_DATA_REFERENCES,
    AgreementClaim,
    EncryptedDataClaim,
    EncryptedKeyClaim,
    HkdfClaim,
    OriginatorKey,
)
from node.security.claimed_signature import MAX_REFERENCES, ReferenceClaim, SignatureClaim


@dataclass(frozen=True, slots=True)
class Recognised:
    """A message of the known shape, taken apart; `element` is its eb:Messaging, standing alone."""

    claim: Claim
    messaging: Messaging
    element: Element


# -- the shape -------------------------------------------------------------------------------------------------------

#: What may stand in the holes: nothing that XML, canonical XML or a `cid:` URL would write or read in another way.
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HOLES: Final = {
    "id": _LETTERS + b"0123456789._-",
    "cid": _LETTERS + b"0123456789._@-",
    "uri": _LETTERS + b"0123456789._:/#@-",
    "base64": b"",
    "type": _LETTERS + b"0123456789._+/-",
}
_HOLE: Final = re.compile(r"\{(\w+)\}")


class _Unusual(Exception):
    """The octets are not of the known shape."""


class _Template:
    """Fixed octets with holes; a hole ends where the fixed octets behind it begin, with a character that no hole may hold."""

    def __init__(self, text: str) -> None:
        fixed = _HOLE.split(text)
        self._head = fixed[0].encode()
        # What may be in the hole (base64 is decoded strictly, which looks at every character anyway), and what follows it.
        self._steps = [
            (None if kind == "base64" else _HOLES[kind], after.encode(), after[:1].encode(), len(after.encode()))
            for kind, after in zip(fixed[1::2], fixed[2::2], strict=True)
        ]

    def begins(self, octets: bytes, at: int) -> bool:
        """Whether the template may stand here."""
        return octets.startswith(self._head, at)

    def read(self, octets: bytes, at: int) -> tuple[int, list[bytes]]:
        """Where the template ends and what its holes hold. Raises _Unusual."""
        if not octets.startswith(self._head, at):
            raise _Unusual
        at += len(self._head)
        held = []
        for allowed, after, mark, length in self._steps:
            end = octets.find(mark, at)
            hole = octets[at:end]
            if end <= at or not octets.startswith(after, end) or (allowed and hole.translate(None, allowed)):
                raise _Unusual
            held.append(hole)
            at = end + length
        return at, held

    def read_all(self, octets: bytes, at: int, most: int) -> tuple[int, list[list[bytes]], list[int]]:
        """The template as often as it stands here, one time at least, and where each begins."""
        found: list[list[bytes]] = []
        starts: list[int] = []
        while not found or self.begins(octets, at):
            starts.append(at)
            at, held = self.read(octets, at)
            found.append(held)
        if len(found) > most:
            raise _Unusual
        return at, found, starts


_DS_HERE: Final = f' xmlns:ds="{DS}"'
_WSSE_HERE: Final = f' xmlns:wsse="{WSSE}"'
_SKI: Final = (
    f'<wsse:SecurityTokenReference{_WSSE_HERE}><wsse:KeyIdentifier EncodingType="{a.BASE64_BINARY}" ValueType="{a.X509_SUBJECT_KEY_IDENTIFIER}">'
    "{base64}</wsse:KeyIdentifier></wsse:SecurityTokenReference>"
)
_DIRECT: Final = (
    f'<wsse:SecurityTokenReference{_WSSE_HERE}><wsse:Reference URI="#{{id}}" ValueType="{a.X509_V3}"></wsse:Reference>'
    "</wsse:SecurityTokenReference>"
)
_RECIPIENT_TOKEN: Final = _Template(
    f'<wsse:BinarySecurityToken{_WSSE_HERE} xmlns:wsu="{WSU}" EncodingType="{a.BASE64_BINARY}" ValueType="{a.X509_V3}"'
    f' wsu:Id="{{id}}">{{base64}}</wsse:BinarySecurityToken><xenc:EncryptedKey xmlns:xenc="{XENC}" Id="{{id}}">'
    '<xenc:EncryptionMethod Algorithm="{uri}">'
)
_CIPHER_VALUE: Final = "<xenc:CipherData><xenc:CipherValue>{base64}</xenc:CipherValue></xenc:CipherData><xenc:ReferenceList>"
_TOP: Final = _Template(
    f'<S12:Envelope xmlns:S12="{S12}"><S12:Header><wsse:Security xmlns:S12="{S12}"{_WSSE_HERE} S12:mustUnderstand="true">'
)
_KEY: Final = _Template(f'<xenc:EncryptedKey xmlns:xenc="{XENC}" Id="{{id}}"><xenc:EncryptionMethod Algorithm="{{uri}}">')


def _transport(recipient: str) -> _Template:
    return _Template(
        f'<ds:DigestMethod{_DS_HERE} Algorithm="{{uri}}"></ds:DigestMethod><xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{{uri}}"></xenc11:MGF>'
        f"</xenc:EncryptionMethod><ds:KeyInfo{_DS_HERE}>{recipient}</ds:KeyInfo>{_CIPHER_VALUE}"
    )


def _agreement(recipient: str) -> _Template:
    return _Template(
        f'</xenc:EncryptionMethod><ds:KeyInfo{_DS_HERE}><xenc:AgreementMethod Algorithm="{a.X25519}">'
        f'<xenc11:KeyDerivationMethod xmlns:xenc11="{XENC11}" Algorithm="{a.HKDF}"><dsig-more:HKDFParams xmlns:dsig-more="{DSIG_MORE}">'
        '<dsig-more:PRF Algorithm="{uri}"></dsig-more:PRF><dsig-more:Salt>{base64}</dsig-more:Salt><dsig-more:KeyLength>16</dsig-more:KeyLength>'
        f'</dsig-more:HKDFParams></xenc11:KeyDerivationMethod><xenc:OriginatorKeyInfo><dsig11:DEREncodedKeyValue xmlns:dsig11="{DSIG11}">'
        f"{{base64}}</dsig11:DEREncodedKeyValue></xenc:OriginatorKeyInfo><xenc:RecipientKeyInfo>{recipient}</xenc:RecipientKeyInfo>"
        f"</xenc:AgreementMethod></ds:KeyInfo>{_CIPHER_VALUE}"
    )


#: By whether the recipient's certificate stands in a token of the message.
_TRANSPORT: Final = {False: _transport(_SKI), True: _transport(_DIRECT)}
_AGREEMENT: Final = {False: _agreement(_SKI), True: _agreement(_DIRECT)}
_DATA_REFERENCE: Final = _Template('<xenc:DataReference URI="#{id}"></xenc:DataReference>')
_KEY_END: Final = _Template("</xenc:ReferenceList></xenc:EncryptedKey>")
_DATA: Final = _Template(
    f'<xenc:EncryptedData xmlns:xenc="{XENC}" Id="{{id}}" MimeType="{{type}}" Type="{a.ATTACHMENT_CONTENT_ONLY}">'
    f'<xenc:EncryptionMethod Algorithm="{{uri}}"></xenc:EncryptionMethod><ds:KeyInfo{_DS_HERE}><wsse:SecurityTokenReference{_WSSE_HERE}'
    f' xmlns:wsse11="{WSSE11}" wsse11:TokenType="{a.ENCRYPTED_KEY_TOKEN}"><wsse:Reference URI="#{{id}}"></wsse:Reference>'
    '</wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherReference URI="cid:{cid}"><xenc:Transforms>'
    f'<ds:Transform{_DS_HERE} Algorithm="{a.ATTACHMENT_CIPHERTEXT}"></ds:Transform></xenc:Transforms></xenc:CipherReference></xenc:CipherData>'
    "</xenc:EncryptedData>"
)
_TOKEN: Final = _Template(
    f'<wsse:BinarySecurityToken{_WSSE_HERE} xmlns:wsu="{WSU}" EncodingType="{a.BASE64_BINARY}" ValueType="{a.X509_V3}"'
    f' wsu:Id="{{id}}">{{base64}}</wsse:BinarySecurityToken><ds:Signature{_DS_HERE} Id="{{id}}"><ds:SignedInfo>'
)
_METHODS: Final = _Template(
    f'<ds:CanonicalizationMethod Algorithm="{a.EXCLUSIVE_C14N}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{{uri}}">'
    "</ds:SignatureMethod>"
)
_REFERENCE: Final = _Template(
    '<ds:Reference URI="{uri}"><ds:Transforms><ds:Transform Algorithm="{uri}"></ds:Transform></ds:Transforms>'
    '<ds:DigestMethod Algorithm="{uri}"></ds:DigestMethod><ds:DigestValue>{base64}</ds:DigestValue></ds:Reference>'
)
_VALUE: Final = _Template(
    f"</ds:SignedInfo><ds:SignatureValue>{{base64}}</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference{_WSSE_HERE}>"
    f'<wsse:Reference URI="#{{id}}" ValueType="{a.X509_V3}"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>'
)
_MESSAGING: Final = _Template(
    f'<eb:Messaging xmlns:S12="{S12}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="{{id}}" S12:mustUnderstand="true">'
)
_BODY: Final = _Template(f'</S12:Header><S12:Body xmlns:S12="{S12}" xmlns:wsu="{WSU}" wsu:Id="{{id}}"></S12:Body></S12:Envelope>')
_BODY_START, _BODY_END = len("</S12:Header>"), len("</S12:Envelope>")
_SIGNED_INFO_END: Final = len("</ds:SignedInfo>")
#: Any attribute that might be an id, as canonical XML writes it; eb:Messaging has one, its own.
_IDS: Final = (b'Id="', b'id="', b'ID="', b'iD="')
_SIGNED_INFO: Final = f"<ds:SignedInfo{_DS_HERE}>".encode()
_ALONE: Final = f"<ds:Reference{_DS_HERE}".encode()
_IN_PLACE: Final = len("<ds:Reference")
_WHOLE: Final = a.EXCLUSIVE_C14N.encode()
_CONTENT: Final = a.ATTACHMENT_CONTENT_SIGNATURE.encode()
_TRANSFORMS: Final = {_WHOLE: (SignedTransform(a.EXCLUSIVE_C14N),), _CONTENT: (SignedTransform(a.ATTACHMENT_CONTENT_SIGNATURE),)}


# -- reading it ------------------------------------------------------------------------------------------------------


def recognise(octets: bytes, media_type: str | None = None) -> Recognised | None:
    """The message, if its octets have the known shape and eb:Messaging is what its reference digests; None for the general way."""
    if media_type not in (None, SOAP_12):
        return None
    try:
        return _take_apart(octets)
    except (EbmsError, XmlRefused, _Unusual):
        # The general way says what is wrong, once and in its own words.
        return None


def _take_apart(octets: bytes) -> Recognised:
    at, _ = _TOP.read(octets, 0)
    keys: tuple[EncryptedKeyClaim, ...] = ()
    data: tuple[EncryptedDataClaim, ...] = ()
    ids: list[bytes | str | None] = []
    if _KEY.begins(octets, at):
        at, (key_id, method) = _KEY.read(octets, at)
        at, keys, data = _encryption(octets, at, key_id, method)
    elif (found := _recipient_token(octets, at)) is not None:
        at, (recipient, certificate, key_id, method) = found
        at, keys, data = _encryption(octets, at, key_id, method, (recipient, certificate))
        ids.append(recipient)
    begin, (token, certificate, signature_id) = _TOKEN.read(octets, at)
    at, (algorithm,) = _METHODS.read(octets, begin)
    at, written, starts = _REFERENCE.read_all(octets, at, MAX_REFERENCES)
    signed_info = _SIGNED_INFO + octets[begin : at + _SIGNED_INFO_END]
    cuts = [octets[start + _IN_PLACE : end] for start, end in pairwise([*starts, at])]
    start, (value, named) = _VALUE.read(octets, at)
    _, (messaging_id,) = _MESSAGING.read(octets, start)
    end = octets.rfind(b"</S12:Header>")
    after, (body_id,) = _BODY.read(octets, end)
    messaging, body = octets[start:end], octets[end + _BODY_START : after - _BODY_END]
    ids += [token, signature_id, messaging_id, body_id, *(one.id for one in keys), *(one.id for one in data)]
    if after != len(octets) or named != token or not _distinct(ids) or sum(map(messaging.count, _IDS)) != 1:
        raise _Unusual
    references = _references(written, cuts, b"#" + messaging_id, b"#" + body_id)
    element = _messaging_element(messaging, references)
    claim = Claim(
        messaging=messaging,
        body=body,
        body_is_empty=True,
        signature=SignatureClaim(algorithm.decode(), signed_info, _base64(value), _certificate(certificate), references),
        encrypted_keys=keys,
        encrypted_data=data,
    )
    return Recognised(claim, read_element(element), element)


def _distinct(ids: list[bytes | str | None]) -> bool:
    """Whether every id stands for one element, and is one (an NCName)."""
    names = {one.decode() if isinstance(one, bytes) else one for one in ids}
    return len(names) == len(ids) and all(name and (name[0].isalpha() or name[0] == "_") for name in names)


def _messaging_element(messaging: bytes, references: tuple[ReferenceClaim, ...]) -> Element:
    """eb:Messaging parsed, once its reference digests just these octets and they are their own canonical form."""
    whole = next((one.reference for one in references if one.target == "messaging"), None)
    if whole is None or whole.digest_method not in a.DIGESTS or a.digest(whole.digest_method, messaging) != whole.digest:
        raise _Unusual
    element = parse_xml(messaging)
    if canonicalize(element) != messaging:
        raise _Unusual
    check_schema(element)
    return element


def _references(written: list[list[bytes]], cuts: list[bytes], messaging: bytes, body: bytes) -> tuple[ReferenceClaim, ...]:
    """The references of SignedInfo and what each points at."""
    found, uris = [], set()
    for (uri, transform, method, value), cut in zip(written, cuts, strict=True):
        attachment = uri[:4] == b"cid:"
        if uri in uris or transform != (_CONTENT if attachment else _WHOLE):
            raise _Unusual
        uris.add(uri)
        reference = SignedReference(uri.decode(), method.decode(), _base64(value), _TRANSFORMS[transform], _ALONE + cut)
        if attachment and uri[4:] and not uri[4:].translate(None, _HOLES["cid"]):
            found.append(ReferenceClaim(reference, "attachment", uri[4:].decode()))
        elif uri in (messaging, body):
            found.append(ReferenceClaim(reference, "messaging" if uri == messaging else "body"))
        else:
            raise _Unusual
    return tuple(found)


def _recipient_token(octets: bytes, at: int) -> tuple[int, list[bytes]] | None:
    """The recipient's token and the head of the EncryptedKey behind it; None where the first token is the signer's."""
    try:
        return _RECIPIENT_TOKEN.read(octets, at)
    except _Unusual:
        return None


def _encryption(
    octets: bytes, at: int, key_id: bytes, method: bytes, token: tuple[bytes, bytes] | None = None
) -> tuple[int, tuple[EncryptedKeyClaim, ...], tuple[EncryptedDataClaim, ...]]:
    """The one EncryptedKey and each EncryptedData; `token` is the id and the certificate of the recipient's token."""
    agreement, digest, mgf = None, "", ""
    if method == _RSA_OAEP:
        at, (digest_method, mask, named, cipher) = _TRANSPORT[token is not None].read(octets, at)
        digest, mgf = digest_method.decode(), mask.decode()
    elif method.decode() in a.KEY_WRAP_OCTETS:
        at, (prf, salt, der, named, cipher) = _AGREEMENT[token is not None].read(octets, at)
        hkdf = HkdfClaim(prf.decode(), _base64(salt), b"", 16)
        agreement = AgreementClaim(a.X25519, a.HKDF, OriginatorKey(der=_base64(der)), hkdf=hkdf)
    else:
        raise _Unusual
    if token is not None and named != token[0]:
        raise _Unusual
    at, listed, _ = _DATA_REFERENCE.read_all(octets, at, MAX_DATA_REFERENCES)
    at, _ = _KEY_END.read(octets, at)
    at, parts, _ = _DATA.read_all(octets, at, MAX_DATA_REFERENCES)
    key = EncryptedKeyClaim(
        id=key_id.decode(),
        method=method.decode(),
        digest=digest,
        mgf=mgf,
        recipient=KeyReference("ski", _base64(named)) if token is None else _certificate(token[1]),
        cipher_value=_base64(cipher),
        agreement=agreement,
        data_references=tuple(one.decode() for (one,) in listed),
    )
    return at, (key,), tuple(_encrypted_data(*[hole.decode() for hole in part]) for part in parts)


_RSA_OAEP: Final = a.RSA_OAEP.encode()


def _encrypted_data(name: str, mime_type: str, algorithm: str, key_id: str, cid: str) -> EncryptedDataClaim:
    return EncryptedDataClaim(name, cid, algorithm, a.ATTACHMENT_CONTENT_ONLY, mime_type, key_id)


def _base64(written: bytes) -> bytes:
    """Octets that are written just so and in no other way."""
    try:
        octets = a2b_base64(written, strict_mode=True)
    except ValueError:
        raise _Unusual from None
    if b2a_base64(octets, newline=False) != written:
        raise _Unusual
    return octets


@lru_cache(maxsize=256)
def _certificate(written: bytes) -> KeyReference:
    """The certificate of a token; a partner's is the same in every message."""
    return KeyReference("bst", _base64(written))
