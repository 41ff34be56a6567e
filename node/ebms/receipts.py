"""Receipts: what we acknowledge, and whether a partner's receipt acknowledges exactly what we signed."""

from collections.abc import Iterable
from urllib.parse import unquote

from node.ebms.errors import EbmsError, InvalidReceipt
from node.ebms.header_reader import read_user_message
from node.ebms.message import Receipt, SignedReference, UserMessage


def acknowledge(references: tuple[SignedReference, ...]) -> Receipt:
    """The receipt of a signed user message: every ds:Reference of its SignedInfo, in its order, and nothing else.

    Raises ValueError when there is no reference: nothing was signed, so nothing can be acknowledged by what was signed.
    """
    if not references:
        raise ValueError("a non-repudiation receipt repeats at least one ds:Reference")
    # spec: A 5.1.8
    return Receipt(non_repudiation=references)


def match_receipt(receipt: Receipt, sent: tuple[SignedReference, ...]) -> None:
    """The receipt repeats exactly the references that we signed: the same URIs, each with its own digest; their order has no meaning.

    Raises EbmsError InvalidReceipt, whose detail names the first difference.
    """
    if receipt.non_repudiation is None:
        raise EbmsError(InvalidReceipt, "the receipt holds no NonRepudiationInformation")
    # spec: A 5.1.8. By URI and not as a bag of digests, so that two parts whose digests changed places are told apart.
    signed, acknowledged = _by_uri(sent, "signed"), _by_uri(receipt.non_repudiation, "acknowledged")
    if signed == acknowledged:
        return
    for uri, (method, digest) in signed.items():
        if uri not in acknowledged:
            raise EbmsError(InvalidReceipt, f"{uri} is missing")
        got_method, got_digest = acknowledged[uri]
        if got_method != method:
            raise EbmsError(InvalidReceipt, f"{uri}: DigestMethod {got_method} instead of {method}")
        if got_digest != digest:
            raise EbmsError(InvalidReceipt, f"{uri}: digest {got_digest.hex()} instead of {digest.hex()}")
    extra = next(uri for uri in acknowledged if uri not in signed)
    raise EbmsError(InvalidReceipt, f"{extra} is acknowledged and was never signed")


def match_copy(receipt: Receipt, sent: UserMessage) -> None:
    """The receipt for an unsigned message repeats the very eb:UserMessage that we sent, whatever its prefixes. Raises EbmsError InvalidReceipt."""
    if receipt.non_repudiation is not None:
        match_receipt(receipt, ())
    # spec: A 3.4
    try:
        copy = read_user_message(receipt.user_message or b"")
    except EbmsError as error:
        raise EbmsError(InvalidReceipt, f"what the receipt repeats cannot be read: {error.detail}") from error
    for name in ("message_info", "from_party", "to_party", "collaboration_info", "message_properties", "payload_info", "mpc"):
        if getattr(copy, name) != getattr(sent, name):
            raise EbmsError(InvalidReceipt, f"the receipt repeats another {name} than was sent")


def _by_uri(references: Iterable[SignedReference], verb: str) -> dict[str, tuple[str, bytes]]:
    found: dict[str, tuple[str, bytes]] = {}
    for reference in references:
        uri = _comparable(reference.uri)
        if uri in found:
            raise EbmsError(InvalidReceipt, f"{uri} is {verb} twice")
        found[uri] = reference.digest_method, reference.digest
    return found


def _comparable(uri: str) -> str:
    # spec: RFC 2392 2, a partner may have written `@` as `%40`
    return unquote(uri) if "%" in uri and uri.startswith("cid:") else uri
