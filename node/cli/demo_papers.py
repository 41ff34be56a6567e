"""The documents of the demo: samples of the packs, dated today, each under a MessageID of its own."""

import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from node.home import shipped_profiles

CERTIFICATE: Final = "013-26-0771340"
MANIFEST: Final = "KSL-043W-PUS-KEL"
#: The operator that is suspended.
OPERATOR: Final = "TW45725232"


def sample(pack: str, name: str) -> Path:
    """A good sample of a pack."""
    return shipped_profiles() / "documents" / pack / "samples" / "good" / name


def certificate(now: datetime) -> bytes:
    """A certificate of origin of Korea for Taiwan: two items, issued today."""
    text = sample("n2n-co", "co-tw-kr-replaced.xml").read_text("utf-8")
    for name in ("StatusReasonCode", "PreviousDocument", "Transport", "Invoice", "InvoiceReferenceID"):
        text = re.sub(rf"\s*<{name}>.*?</{name}>", "", text, flags=re.DOTALL)
    text = _with(text, "FunctionCode", "9")
    text = re.sub(r"(</DocumentHeader>\s*<ID>)[^<]*", rf"\g<1>{CERTIFICATE}", text)
    text = _with(text, "IssueDate", f"{now:%Y-%m-%d}")
    text = _with(text, "ExpiryDate", f"{now + timedelta(days=360):%Y-%m-%d}")
    return _fresh(text, now)


def full_list(now: datetime) -> bytes:
    """Taiwan's AEO programme, fifty operators, as a FULL list."""
    text = sample("n2n-aeo", "aeo-full-50.xml").read_text("utf-8")
    return _fresh(_with(text, "SnapshotDateTime", _instant(now)), now)


def suspension(now: datetime) -> bytes:
    """One operator of that list, suspended at once."""
    text = sample("n2n-aeo", "aeo-urgent-suspension.xml").read_text("utf-8")
    known = sample("n2n-aeo", "aeo-full-50.xml").read_text("utf-8")
    record = re.search(rf"<Record>(?:(?!</Record>).)*<TIN>{OPERATOR}</TIN>.*?</Record>", known, re.DOTALL)
    tier = re.search(r"<TierCode>([^<]*)", record[0])[1] if record else "AEOF"  # type: ignore[index]  # every record has one
    for name, value in (
        ("TIN", OPERATOR),
        ("TierCode", tier),
        ("SinceSequence", "1200"),
        ("ToSequence", "1201"),
        ("ValidFrom", f"{now:%Y-%m-%d}"),
        ("RecordedAt", _instant(now)),
        ("RecordVersion", "9"),
        ("SnapshotDateTime", _instant(now)),
    ):
        text = _with(text, name, value)
    text = re.sub(r"\s*<SetDigest>[^<]*</SetDigest>", "", text)
    return _fresh(text, now)


def manifest(now: datetime) -> bytes:
    """A sea manifest as a Korean carrier files it: CUSCAR D.95B."""
    text = sample("n2n-man", "cuscar-sea.edi").read_text("utf-8")
    for before, after in (
        ("JPCUS", "KRCUS"),
        ("JPTYO", "KRPUS"),
        ("JPUKB", "KRINC"),
        ("KSL-043W-TYO-KEL", MANIFEST),
        ("TYO00042", "PUS00042"),
    ):
        text = text.replace(before, after)
    text = re.sub(r"DTM\+137:\d+:203", f"DTM+137:{now + timedelta(hours=8):%Y%m%d%H%M}:203", text)
    return re.sub(r"\+\d{6}:\d{4}\+PUS", f"+{now + timedelta(hours=8):%y%m%d:%H%M}+PUS", text).encode()


def forged(sealed: bytes) -> bytes:
    """Another country of origin in a sealed certificate, under another MessageID."""
    text = sealed.decode()
    text = re.sub(r"(<Exporter>.*?<Name>)[^<]*", r"\g<1>Somebody Else Trading Ltd.", text, count=1, flags=re.DOTALL)
    text = text.replace(CERTIFICATE, "013-26-0771341")
    return _with(text, "MessageID", f"urn:uuid:{uuid.uuid4()}").encode()


def _fresh(text: str, now: datetime) -> bytes:
    text = _with(text, "MessageID", f"urn:uuid:{uuid.uuid4()}")
    return _with(text, "IssueDateTime", _instant(now)).encode()


def _with(text: str, name: str, value: str) -> str:
    return re.sub(rf"<{name}>[^<]*<", f"<{name}>{value}<", text, count=1)


def _instant(now: datetime) -> str:
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")
