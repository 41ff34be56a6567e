"""What wsse:Security says, as values: shape and caps are checked, nothing is verified and nothing is trusted yet.

Nothing is dereferenced but by position: `#id` of a reference is compared with the ids that eb:Messaging, the Body, a token or a timestamp carry
where they must stand, and an id anywhere else stands for nothing.
"""

from dataclasses import dataclass, field
from typing import Final

from node.ebms.c14n import canonicalize
from node.ebms.envelope import Envelope
from node.ebms.errors import EbmsError, FailedAuthentication, FailedDecryption, PolicyNoncompliance
from node.ebms.namespaces import WSSE, WSSE11, WSU
from node.security.claimed_encryption import (
    ENCRYPTED_DATA,
    ENCRYPTED_KEY,
    AgreementClaim,
    ConcatClaim,
    EncryptedDataClaim,
    EncryptedKeyClaim,
    HkdfClaim,
    OriginatorKey,
    read_encrypted_data,
    read_encrypted_key,
)
from node.security.claimed_signature import SIGNATURE, ReferenceClaim, SignatureClaim, read_signature
from node.security.elements import (
    Element,
    ShapeRefused,
    attribute,
    base64,
    by_name,
    children,
    local,
    only_attributes,
    required,
    text,
)
from node.security.key_info import TOKEN

__all__ = [
    "AgreementClaim",
    "Claim",
    "ConcatClaim",
    "EncryptedDataClaim",
    "EncryptedKeyClaim",
    "HkdfClaim",
    "OriginatorKey",
    "ReferenceClaim",
    "SignatureClaim",
    "TimestampClaim",
    "UsernameTokenClaim",
    "read_pull_token",
    "read_security",
]

MAX_TOKENS: Final = 4
MAX_ENCRYPTED: Final = 30

_ID: Final = f"{{{WSU}}}Id"
_TIMESTAMP: Final = f"{{{WSU}}}Timestamp"
_CREATED: Final = f"{{{WSU}}}Created"
_EXPIRES: Final = f"{{{WSU}}}Expires"
_CONFIRMATION: Final = f"{{{WSSE11}}}SignatureConfirmation"
_USERNAME_TOKEN: Final = f"{{{WSSE}}}UsernameToken"
_USERNAME: Final = f"{{{WSSE}}}Username"
_PASSWORD: Final = f"{{{WSSE}}}Password"
_NONCE: Final = f"{{{WSSE}}}Nonce"
#: How often each child of wsse:Security may stand there; what is not in this table is refused.
_CHILDREN: Final = {
    TOKEN: MAX_TOKENS,
    SIGNATURE: 1,
    ENCRYPTED_KEY: MAX_ENCRYPTED,
    ENCRYPTED_DATA: MAX_ENCRYPTED,
    _TIMESTAMP: 1,
    _CONFIRMATION: MAX_TOKENS,
    _USERNAME_TOKEN: 1,
}


@dataclass(frozen=True, slots=True)
class TimestampClaim:
    """A wsu:Timestamp as written. No profile asks for one; its time counts only where a reference covers it (`octets`, else unsigned)."""

    created: str | None
    expires: str | None
    octets: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class UsernameTokenClaim:
    """A wsse:UsernameToken, unverified. `password_type` is None when absent (which means PasswordText)."""

    username: str
    password: str | None = field(default=None, repr=False)
    password_type: str | None = None
    nonce: bytes = field(default=b"", repr=False)
    created: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of its own protection.

    `messaging` and `body` are canonical octets under the transforms of the very reference that names them: what `verify_signature` hashes
    and what `read_messaging` reads.
    """

    messaging: bytes = field(repr=False)
    body: bytes = field(repr=False)
    body_is_empty: bool
    signature: SignatureClaim | None = None
    encrypted_keys: tuple[EncryptedKeyClaim, ...] = ()
    encrypted_data: tuple[EncryptedDataClaim, ...] = ()
    timestamp: TimestampClaim | None = None
    username_token: UsernameTokenClaim | None = None


def read_security(envelope: Envelope) -> Claim:
    """Everything that wsse:Security says of the message.

    Raises EbmsError: FailedAuthentication for a signature, FailedDecryption for an encryption that has not the one shape read here,
    PolicyNoncompliance for transforms, tokens and elements that are not used here.
    """
    held = _sort(envelope.security)
    targets = _targets(envelope, held)
    try:
        tokens = {attribute(token, _ID): token for token in held[TOKEN]}
        if len(tokens) != len(held[TOKEN]):
            raise ShapeRefused("wsse:Security: two tokens with one wsu:Id")
        signature = read_signature(held[SIGNATURE][0], tokens, targets) if held[SIGNATURE] else None
        username_token = _username_token(held[_USERNAME_TOKEN][0]) if held[_USERNAME_TOKEN] else None
    except ShapeRefused as refused:
        raise EbmsError(FailedAuthentication, f"wsse:Security: {refused}") from None
    try:
        encrypted_keys = tuple([read_encrypted_key(one, tokens) for one in held[ENCRYPTED_KEY]])
        encrypted_data = tuple([read_encrypted_data(one) for one in held[ENCRYPTED_DATA]])
    except ShapeRefused as refused:
        raise EbmsError(FailedDecryption, f"wsse:Security: {refused}") from None
    body = envelope.body
    return Claim(
        messaging=canonicalize(envelope.messaging, _prefixes(signature, "messaging")),
        body=canonicalize(body, _prefixes(signature, "body")),
        body_is_empty=len(body) == 0 and not (body.text and body.text.strip(" \t\r\n")),
        signature=signature,
        encrypted_keys=encrypted_keys,
        encrypted_data=encrypted_data,
        timestamp=_timestamp(held[_TIMESTAMP][0], signature) if held[_TIMESTAMP] else None,
        username_token=username_token,
    )


def read_pull_token(envelope: Envelope) -> UsernameTokenClaim | None:
    """The username token that stands alone in the wsse:Security with the role `ebms`. Raises EbmsError FailedAuthentication."""
    if envelope.pull_security is None:
        return None
    try:
        # spec: C 7.10.1
        token = required(envelope.pull_security, by_name(envelope.pull_security, (_USERNAME_TOKEN,)), _USERNAME_TOKEN)
        return _username_token(token)
    except ShapeRefused as refused:
        raise EbmsError(FailedAuthentication, f"wsse:Security of the pull: {refused}") from None


def _sort(security: Element | None) -> dict[str, list[Element]]:
    """The children of wsse:Security by tag, each as often as `_CHILDREN` allows, in any order."""
    held: dict[str, list[Element]] = {tag: [] for tag in _CHILDREN}
    if security is None:
        return held
    try:
        for child in children(security):
            if child.tag not in held:
                raise EbmsError(PolicyNoncompliance, f"wsse:Security: {local(child)} is not used here")
            held[str(child.tag)].append(child)
    except ShapeRefused as refused:
        raise EbmsError(FailedAuthentication, f"wsse:Security: {refused}") from None
    for tag, most in _CHILDREN.items():
        if len(held[tag]) > most:
            raise EbmsError(
                FailedAuthentication, f"wsse:Security: {len(held[tag])} times {tag.rpartition('}')[2]}, at most {most}"
            )
    return held


def _targets(envelope: Envelope, held: dict[str, list[Element]]) -> dict[str, str]:
    """What each id that may be signed stands for, by position. One id for two of them covers one of them at most, so it is refused for the other."""
    named: list[tuple[str | None, str]] = [
        (envelope.messaging.get(_ID), "messaging"),
        # spec: A 5.1.4, the schema's unqualified id
        (envelope.messaging.get("id"), "messaging"),
        (envelope.body.get(_ID), "body"),
        *[(timestamp.get(_ID), "timestamp") for timestamp in held[_TIMESTAMP]],
    ]
    return {name: target for name, target in named if name}


def _prefixes(signature: SignatureClaim | None, target: str) -> tuple[str, ...]:
    """The PrefixList of the reference to this target; a second reference to it is left to `verify_signature` to refuse."""
    for claimed in signature.references if signature else ():
        if claimed.target == target:
            return claimed.reference.transforms[0].prefix_list
    return ()


def _timestamp(element: Element, signature: SignatureClaim | None) -> TimestampClaim:
    try:
        only_attributes(element, _ID)
        found = by_name(element, (_CREATED, _EXPIRES))
        created, expires = [text(found[tag]) if tag in found else None for tag in (_CREATED, _EXPIRES)]
    except ShapeRefused as refused:
        raise EbmsError(FailedAuthentication, f"wsse:Security: {refused}") from None
    signed = signature is not None and any(claimed.target == "timestamp" for claimed in signature.references)
    return TimestampClaim(created, expires, canonicalize(element, _prefixes(signature, "timestamp")) if signed else b"")


def _username_token(element: Element) -> UsernameTokenClaim:
    # spec: UsernameToken Profile 1.1 3.1
    only_attributes(element, _ID)
    found = by_name(element, (_USERNAME, _PASSWORD, _NONCE, _CREATED))
    password = found.get(_PASSWORD)
    return UsernameTokenClaim(
        username=text(required(element, found, _USERNAME)),
        password=None if password is None else text(password),
        password_type=None if password is None else password.get("Type"),
        nonce=base64(found[_NONCE]) if _NONCE in found else b"",
        created=text(found[_CREATED]) if _CREATED in found else None,
    )
