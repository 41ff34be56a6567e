"""Attachments through digest and content encryption: octets in, octets out, one pass, memory bounded.

A part on the wire is IV (12 octets), ciphertext, tag (16 octets); nothing else is ever read or written (spec: XE 5.2.4). What is digested follows
from the media type of the part as signed (spec: SwA 5.4.2, SwA 5.4.4): compressed parts, and whatever is neither XML nor text, as they are.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import AEADDecryptionContext, AEADEncryptionContext, Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.errors import EbmsError, FailedAuthentication, FailedDecryption, FeatureNotSupported
from node.ebms.message import SignedReference
from node.ebms.xml import XmlLimits, XmlRefused, parse_xml
from node.security.algorithms import DIGESTS, SHA256

Octets = bytes | memoryview

IV_OCTETS: Final = 12
TAG_OCTETS: Final = 16
#: Up to so many octets a part is held and treated in one call; that costs less than a cipher stream, and nothing unproven is handed out.
HELD_OCTETS: Final = 64 * 1024
#: XML that is not compressed must be parsed whole before it can be digested.
XML_OCTETS: Final = 16 * 1024 * 1024
_XML_LIMITS: Final = XmlLimits(
    octets=XML_OCTETS, depth=200, elements=500_000, attributes=1_000, namespaces=256, text=XML_OCTETS, only_elements=False
)


@dataclass(frozen=True, slots=True)
class ContentKey:
    """The key of one encrypted part, and the media type the part has once it is decrypted."""

    algorithm: str
    key: bytes = field(repr=False)
    media_type: str
    #: How the message names the key's recipient; for our log.
    addressed_to: str = ""


class PartNotDigestible(ValueError):
    """The part says it is XML and is not compressed, and it cannot be canonicalized; compressed it could be sent as it is."""


# -- what is digested ------------------------------------------------------------------------------------------------


class Digest(Protocol):
    """What takes the octets of a part and gives the digest that a signature covers."""

    def update(self, octets: Octets, /) -> object: ...
    def digest(self) -> bytes: ...


class TextDigest:
    """Digest of text whose line ends are CRLF, wherever a chunk is cut."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._after_cr = False

    def update(self, octets: Octets, /) -> None:
        """Take the next octets as they come."""
        text = bytes(octets)
        if not text:
            return
        # The CRLF of a CR at the end of the last chunk is written already.
        rest = text[1:] if self._after_cr and text[:1] == b"\n" else text
        self._after_cr = text.endswith(b"\r")
        # spec: SwA 5.4.2
        self._digest.update(rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n"))

    def digest(self) -> bytes:
        """The digest of the text so far."""
        return self._digest.digest()


class XmlDigest:
    """Digest of an XML document in exclusive canonical form. Raises PartNotDigestible."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._document = bytearray()

    def update(self, octets: Octets, /) -> None:
        """Collect the document, which is bounded."""
        self._document += octets
        if len(self._document) > XML_OCTETS:
            raise PartNotDigestible(f"XML of more than {XML_OCTETS} octets that is not compressed")

    def digest(self) -> bytes:
        """The digest of the document, which is complete now."""
        try:
            self._digest.update(canonical_document(parse_xml(bytes(self._document), _XML_LIMITS)))
        except XmlRefused as refused:
            raise PartNotDigestible(f"no XML that could be canonicalized: {refused}") from refused
        return self._digest.digest()


def canonical_document(root: etree._Element) -> bytes:
    """The document around this element in exclusive canonical form, without comments. Raises XmlRefused."""
    # spec: SwA 5.4.2, Canonical XML 1.0 2.3 (processing instructions beside the document element stand in lines of their own)
    before = [_instruction(one) + b"\n" for one in root.itersiblings(etree.ProcessingInstruction, preceding=True)]
    after = [b"\n" + _instruction(one) for one in root.itersiblings(etree.ProcessingInstruction)]
    return b"".join([*reversed(before), canonicalize(root), *after])


def _instruction(item: Any) -> bytes:
    text = (item.text or "").replace("\r", "&#xD;")
    return f"<?{item.target} {text}?>".encode() if text else f"<?{item.target}?>".encode()


def digested_as_is(media_type: str) -> bool:
    """Whether a part of this media type is digested without any change: gzip and all that is neither XML nor text."""
    return _signed_form(media_type) is None


def signed_digest(media_type: str, digest_method: str) -> Digest:
    """The digest that Attachment-Content-Signature-Transform wants for a part of this media type."""
    digest, form = hashlib.new(DIGESTS[digest_method]), _signed_form(media_type)
    return form(digest) if form else digest


def _signed_form(media_type: str) -> type[XmlDigest] | type[TextDigest] | None:
    essence = media_type.split(";", 1)[0].strip().lower()
    # spec: SwA 5.4.2, RFC 7303 4.2 (WSS4J does the same, but takes text/*+xml for text)
    if essence in ("text/xml", "application/xml") or essence.endswith("+xml"):
        return XmlDigest
    return TextDigest if essence.startswith("text/") else None


# -- content encryption ----------------------------------------------------------------------------------------------


class GcmSealer:
    """Octets to IV, ciphertext and tag, under a fresh IV."""

    def __init__(self, content_key: ContentKey, random: Callable[[int], bytes] = os.urandom) -> None:
        self._key = content_key.key
        self._iv = random(IV_OCTETS)
        self._held = bytearray()
        self._cipher: AEADEncryptionContext | None = None

    def feed(self, chunk: Octets) -> Octets:
        """The next octets of the ciphertext, which may be none."""
        if self._cipher is not None:
            return self._cipher.update(chunk)
        if len(self._held) + len(chunk) > HELD_OCTETS:
            return self._begin(chunk)
        self._held += chunk
        return b""

    def finish(self) -> bytes:
        """The last octets, tag included."""
        if self._cipher is None:
            return self._iv + AESGCM(self._key).encrypt(self._iv, self._held, None)
        self._cipher.finalize()
        return self._cipher.tag

    def _begin(self, chunk: Octets) -> memoryview:
        self._cipher = cipher = Cipher(algorithms.AES(self._key), modes.GCM(self._iv)).encryptor()
        octets = memoryview(bytearray(IV_OCTETS + len(self._held) + len(chunk)))
        octets[:IV_OCTETS] = self._iv
        start = IV_OCTETS + cipher.update_into(self._held, octets[IV_OCTETS:])
        cipher.update_into(chunk, octets[start:])
        self._held = bytearray()
        return octets


class GcmOpener:
    """IV, ciphertext and tag back to octets; not to be trusted before `finish` has returned.

    Raises EbmsError FailedDecryption for whatever is wrong, always with the same words.
    """

    def __init__(self, content_key: ContentKey) -> None:
        self._key = content_key.key
        self._addressed_to = content_key.addressed_to
        self._held = bytearray()
        self._cipher: AEADDecryptionContext | None = None
        #: The last octets seen, which may prove to be the tag.
        self._tail = b""

    def feed(self, chunk: Octets) -> Octets:
        """The next decrypted octets, which may be none."""
        if self._cipher is not None:
            return self._decrypt(self._cipher, chunk)
        if len(self._held) + len(chunk) <= HELD_OCTETS:
            self._held += chunk
            return b""
        return self._begin(chunk)

    def finish(self) -> bytes:
        """The last decrypted octets, once the tag has proven all of them."""
        # spec: XE 5.2.4 (12 octets of IV and 16 of tag, never less: short tags are what CVE-2025-54887 and its kin accepted)
        try:
            if self._cipher is not None:
                return self._cipher.finalize_with_tag(self._tail)
            if len(self._held) >= IV_OCTETS + TAG_OCTETS:
                held = memoryview(self._held)
                return AESGCM(self._key).decrypt(held[:IV_OCTETS], held[IV_OCTETS:], None)
        except InvalidTag:
            pass
        raise failed_decryption(self._addressed_to)

    def _begin(self, chunk: Octets) -> Octets:
        whole = memoryview(self._held + chunk) if self._held else memoryview(chunk)
        self._held = bytearray()
        self._cipher = Cipher(algorithms.AES(self._key), modes.GCM(bytes(whole[:IV_OCTETS]))).decryptor()
        self._tail = bytes(whole[IV_OCTETS : IV_OCTETS + TAG_OCTETS])
        return self._decrypt(self._cipher, whole[IV_OCTETS + TAG_OCTETS :])

    def _decrypt(self, cipher: AEADDecryptionContext, chunk: Octets) -> Octets:
        if len(chunk) < TAG_OCTETS:
            short = self._tail + chunk
            self._tail = short[-TAG_OCTETS:]
            return cipher.update(short[:-TAG_OCTETS])
        view = memoryview(chunk)
        octets = memoryview(bytearray(len(view)))
        cipher.update_into(self._tail, octets)
        cipher.update_into(view[:-TAG_OCTETS], octets[TAG_OCTETS:])
        self._tail = bytes(view[-TAG_OCTETS:])
        return octets


def failed_decryption(addressed_to: str) -> EbmsError:
    """The one error for every failure to decrypt, whether of recipient, key, length or tag.

    Its detail repeats what the message says of its recipient and nothing of what went wrong.
    """
    # spec: C 6.7.2
    return EbmsError(FailedDecryption, f"a part does not decrypt; its key is addressed to {addressed_to or 'nobody by name'}")


# -- the two directions ----------------------------------------------------------------------------------------------


class AttachmentOut:
    """One part on its way out: digested as signed, then encrypted when there is a key.

    Feed every octet as signed (compressed, when it is), then finish; what both return, in order, are the octets of the MIME part.
    """

    def __init__(self, content_key: ContentKey | None, digest_method: str, media_type: str) -> None:
        self._signed = signed_digest(media_type, digest_method)
        self._sealer = GcmSealer(content_key) if content_key else None
        #: Digest of the octets as signed; there after `finish`.
        self.digest = b""

    def feed(self, chunk: Octets) -> Octets:
        """The next octets of the MIME part, which may be none. Raises PartNotDigestible."""
        self._signed.update(chunk)
        return self._sealer.feed(chunk) if self._sealer else chunk

    def finish(self) -> bytes:
        """The last octets of the MIME part. Raises PartNotDigestible."""
        self.digest = self._signed.digest()
        return self._sealer.finish() if self._sealer else b""


class AttachmentIn:
    """One part on its way in: decrypted when there is a key, digested as signed, proven at the end.

    Feed every octet of the MIME part, then finish; what both return, in order, are the octets as signed. None of them is to be trusted
    before `finish` has returned.
    """

    def __init__(self, content_key: ContentKey | None, reference: SignedReference | None, media_type: str) -> None:
        #: Media type of the octets as signed.
        self.media_type = media_type
        #: Number of the octets as signed.
        self.size = 0
        self._reference = reference
        self._opener = GcmOpener(content_key) if content_key else None
        self._sha256 = hashlib.sha256()
        self._signed: Digest = self._sha256
        # Most parts are digested with SHA-256 just as they are, and then one digest serves for both.
        if reference is not None and not (reference.digest_method == SHA256 and digested_as_is(media_type)):
            self._signed = signed_digest(media_type, reference.digest_method)
        self._beginning = b""

    @property
    def sha256(self) -> str:
        """SHA-256, in hexadecimal, of the octets that came out so far."""
        return self._sha256.hexdigest()

    def feed(self, chunk: Octets) -> Octets:
        """The next octets as signed, which may be none. Raises EbmsError FeatureNotSupported for XML too large to canonicalize."""
        octets = self._opener.feed(chunk) if self._opener else chunk
        if octets:
            self._take(octets)
        return octets

    def finish(self) -> bytes:
        """The last octets as signed, now that tag and digest have proven all of them.

        Raises EbmsError FailedDecryption when the tag is wrong, FailedAuthentication when the digest is.
        """
        octets = self._opener.finish() if self._opener else b""
        if octets:
            self._take(octets)
        if self._reference is not None:
            self._prove(self._reference)
        return octets

    def _take(self, octets: Octets) -> None:
        if not self.size:
            self._beginning = bytes(octets[:8]).lower()
        self.size += len(octets)
        self._sha256.update(octets)
        if self._signed is not self._sha256:
            try:
                self._signed.update(octets)
            except PartNotDigestible as problem:
                raise EbmsError(
                    FeatureNotSupported, f"a {self.media_type} part: {problem}; let the partner compress it"
                ) from problem

    def _prove(self, reference: SignedReference) -> None:
        try:
            digest = self._signed.digest()
        except PartNotDigestible as problem:
            raise EbmsError(FailedAuthentication, f"{reference.uri}: {problem}") from problem
        # spec: DS 3.2.1
        if not compare_digest(digest, reference.digest):
            raise EbmsError(
                FailedAuthentication, f"{reference.uri}: the digest differs from the one that was signed{self._hint()}"
            )

    def _hint(self) -> str:
        # Oxalis-AS4 issue 76: a peer once encrypted the part's headers along with its content.
        return "; the content begins with a MIME header, which is no part of it" if self._beginning == b"content-" else ""
