"""A wsse:UsernameToken, by which whoever pulls says who they are (UsernameToken Profile 1.1, C 7.10.1)."""

import hashlib
import hmac
from binascii import b2a_base64
from typing import Final

from node.ebms.errors import EbmsError, FailedAuthentication
from node.ebms.namespaces import S11, S12, WSSE, WSU
from node.ebms.xml import escape_text
from node.security.algorithms import BASE64_BINARY
from node.security.claim import UsernameTokenClaim

_TYPES: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
PASSWORD_DIGEST: Final = _TYPES + "PasswordDigest"
PASSWORD_TEXT: Final = _TYPES + "PasswordText"
#: Octets of a nonce that we write, and the fewest that we believe.
NONCE: Final = 16
_LEAST_NONCE: Final = 8


def password_digest(nonce: bytes, created: str, password: bytes) -> str:
    """The digest that stands in place of the password."""
    # spec: UsernameToken Profile 1.1 3.1
    digest = hashlib.sha1(nonce + created.encode() + password, usedforsecurity=False).digest()
    return b2a_base64(digest, newline=False).decode()


def pull_header(
    username: str, password: bytes, nonce: bytes, created: str, *, digest: bool = True, soap_version: str = "1.2"
) -> bytes:
    """The wsse:Security with the role `ebms` that authorises a PullRequest."""
    prefix, soap, target, true = ("S12", S12, "role", "true") if soap_version == "1.2" else ("S11", S11, "actor", "1")
    kind = PASSWORD_DIGEST if digest else PASSWORD_TEXT
    said = password_digest(nonce, created, password) if digest else escape_text(password.decode())
    proof = (
        f'<wsse:Nonce EncodingType="{BASE64_BINARY}">{b2a_base64(nonce, newline=False).decode()}</wsse:Nonce>'
        f'<wsu:Created xmlns:wsu="{WSU}">{created}</wsu:Created>'
    )
    # spec: C 7.10.1
    return (
        f'<wsse:Security xmlns:{prefix}="{soap}" xmlns:wsse="{WSSE}" {prefix}:mustUnderstand="{true}" {prefix}:{target}="ebms">'
        f"<wsse:UsernameToken><wsse:Username>{escape_text(username)}</wsse:Username>"
        f'<wsse:Password Type="{kind}">{said}</wsse:Password>{proof}</wsse:UsernameToken></wsse:Security>'
    ).encode()


def check_password(token: UsernameTokenClaim | None, username: str, password: bytes | None, *, digest: bool) -> None:
    """The token is of this user and proves the password in the agreed way. Raises EbmsError FailedAuthentication.

    Whether its nonce is new is not judged here. Every comparison takes the same time whatever differs.
    """
    if token is None:
        raise EbmsError(FailedAuthentication, "no wsse:UsernameToken for the role ebms")
    if password is None:
        raise EbmsError(FailedAuthentication, f"the password of {username!r} is not known here")
    if (token.password_type == PASSWORD_DIGEST) != digest:
        agreed = "as a digest" if digest else "as text"
        raise EbmsError(FailedAuthentication, f"wsse:Password: is of type {token.password_type}, agreed is {agreed}")
    if digest and (len(token.nonce) < _LEAST_NONCE or not token.created):
        raise EbmsError(FailedAuthentication, "wsse:UsernameToken: a digest needs a nonce and the instant at which it was made")
    expected = password_digest(token.nonce, token.created or "", password).encode() if digest else password
    right_user = hmac.compare_digest(token.username.encode(), username.encode())
    right_word = hmac.compare_digest((token.password or "").encode(), expected)
    if not (right_user and right_word):
        raise EbmsError(FailedAuthentication, "wsse:UsernameToken: user or password is wrong")
