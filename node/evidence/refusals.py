"""Whether a partner refused a message, as an entry says: by the signed answer that says so, or by nobody. Source: the format of evidence, 8."""

from collections.abc import Iterator
from typing import Final

from node.ebms.errors import EbmsError
from node.evidence.case import Case
from node.evidence.entry import Entry
from node.evidence.finding import Check, Finding, found
from node.evidence.manifest import Exchange
from node.evidence.signed import NotSigned, Signed, open_signed, prove
from node.evidence.told import missigned
from node.security.trust import Untrusted

_EVENT: Final = "ERROR_RECEIVED"


def check_refusal(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Finding]:
    """What is to be said of an attempt, or of a failure, that the partner is said to have answered with an error."""
    facts = entry.facts
    if not ("error_code" in facts or "verified" in facts or facts.get("event") == _EVENT):
        return
    place = f"log/{number}.json"
    said = {"number": number, "message": exchange.message_id, "partner": exchange.partner, "code": facts.get("error_code", "-")}
    try:
        signed = open_signed(case.objects[entry.objects["answer"]])
    except (KeyError, NotSigned):
        yield found(Check.SIGNATURES, "signatures.refusal-untold", place, **said)
        return
    try:
        _check_errors(signed, exchange, facts.get("error_code"))
        if "verified" not in facts:
            yield found(Check.SIGNATURES, "signatures.refusal-untold", place, **said)
            return
        signer = _check_signature(case, exchange, entry, signed)
    except (NotSigned, Untrusted) as problem:
        yield found(Check.SIGNATURES, "signatures.refusal", place, **said, why=problem)
    except EbmsError as error:
        yield found(Check.SIGNATURES, "signatures.refusal", place, **said, why=error.detail)
    else:
        yield found(Check.SIGNATURES, "signatures.refusal-good", place, **said, subject=signer)


def _check_errors(signed: Signed, exchange: Exchange, code: object) -> None:
    """Raises NotSigned where the errors of an answer are others, or are about another message."""
    signals = [one for one in signed.opened.messaging.signal_messages if one.errors]
    errors = [error for one in signals for error in one.errors]
    if errors and code is not None and code not in [one.code for one in errors]:
        raise NotSigned(f"its answer says {errors[0].code}")
    named = [one.message_info.ref_to_message_id for one in signals] + [one.ref_to_message_in_error for one in errors]
    if other := [one for one in named if one not in (None, "", exchange.message_id)]:
        raise NotSigned(f"its answer is about {other[0]}")


def _check_signature(case: Case, exchange: Exchange, entry: Entry, signed: Signed) -> str:
    """Whose signature it is. Raises NotSigned, Untrusted, EbmsError."""
    signer = case.certificate(entry.objects.get("signer", ""))
    if signer is None:
        raise NotSigned("the certificate of its signer is not here")
    prove(signed, signer, [])
    if told := list(missigned(entry, "verified", signed)):
        raise NotSigned(f"its answer does not bear out {told[0]}")
    case.path_of(signer, entry, case.partner_anchors(exchange.partner))
    return signer.subject
