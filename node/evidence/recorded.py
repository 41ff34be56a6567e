"""What an entry says was signed, where the envelope that says so itself is no longer here. Source: the format of evidence, 7."""

from base64 import b64decode

from node.ebms.message import SignedReference
from node.evidence.entry import Entry


def recorded_references(entry: Entry) -> tuple[SignedReference, ...]:
    """The references of `facts.signed` or `facts.verified`; none where they are not there, or not of their form."""
    told = entry.facts.get("signed", entry.facts.get("verified"))
    listed = told.get("references") if isinstance(told, dict) else None
    try:
        return tuple(SignedReference(one["uri"], one["method"], b64decode(one["digest"], validate=True)) for one in listed or ())
    except (KeyError, TypeError, ValueError):
        return ()
