"""Manifests as interchanges and as documents, to be changed at one place."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from node.customs.edifact.canonical import Mapped
from node.customs.edifact.envelope import Interchange, read_interchange
from node.customs.edifact.interchange import Converted, canonical_documents, read_directory
from node.customs.edifact.mapping import Mapping
from node.customs.edifact.terms import Terms, terms_of
from node.customs.profile import Profile, read_profile

PACK = Path(__file__).parents[3] / "profiles" / "documents" / "n2n-man"
FILES = {path.name: path.read_bytes() for path in (PACK / "edifact").iterdir()}
DIRECTORY = read_directory(FILES)
D95B: Mapping = DIRECTORY.mappings["CUSCAR:D:95B:UN"]
D03A: Mapping = DIRECTORY.mappings["CUSCAR:D:03A:UN"]
PROFILE = read_profile((PACK / "profiles" / "man.cuscar-d95b.1.json").read_bytes())
TERMS = terms_of(PROFILE)
SAMPLE = (PACK / "samples" / "good" / "cuscar-sea.edi").read_bytes()
SAMPLE_XML = (PACK / "samples" / "good" / "cuscar-sea.xml").read_bytes()

#: The shortest manifest: one consignment, one item, all totals.
SHORT = """\
UNB+UNOC:3+JPCUS:ZZ+TWCUS:ZZ+261116:0930+TYO00042'
UNH+M0001+CUSCAR:D:95B:UN'
BGM+785+KSL-043W+9'
DTM+137:202611160930:203'
TDT+20+043W+1++KSLJ:172:20:Kuroshio Shipping Lines+++9812341:146:11:SAKURA MERIDIAN:PA'
LOC+5+JPTYO:139:6'
LOC+60+TWKEL:139:6'
GIS+22'
CNT+7:594:KGM'
CNT+10:1'
CNT+11:27'
CNI+1'
RFF+BM:KSL27000001'
LOC+9+JPTYO:139:6'
LOC+11+TWKEL:139:6'
NAD+CZ+++Musashi Paper Mills Ltd.+5-1 Chuo+Kawaguchi+++JP'
NAD+CN+TW65233690++Tai Yuan Components Corp.+No. 56, Gongye 5th Rd.+Taichung+++TW'
GID+1+27:BX'
FTX+AAA+++Ball bearings'
MEA+AAE+G+KGM:594'
CST++848210:122'
UNT+21+M0001'
UNZ+1+TYO00042'
"""

#: Its one item.
ITEM = SHORT[SHORT.index("GID+1") : SHORT.index("UNT+")]


def recounted(text: str) -> str:
    """The text with the right number of segments in the UNT of its one message."""
    body = text[text.index("UNH+") : text.index("UNT+")]
    return re.sub(r"UNT\+\d*", f"UNT+{len(re.findall(r'(?<![?])' + chr(39), body)) + 1}", text)


def short(*changes: tuple[str, str]) -> bytes:
    """The shortest manifest with places changed; each must be there."""
    text = SHORT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return recounted(text).encode("latin-1")


def profile(**edifact: Any) -> Profile:
    """The profile with a few of its EDIFACT terms changed."""
    told = {**PROFILE.values, "edifact": {**PROFILE.values["edifact"], **edifact}}
    return Profile(PROFILE.id, PROFILE.types, "1.0", date(2024, 1, 1), None, told)


def terms(**edifact: Any) -> Terms:
    return terms_of(profile(**edifact))


def converted(octets: bytes) -> Converted:
    return canonical_documents(octets, DIRECTORY, [PROFILE])


def mapped(octets: bytes) -> Mapped:
    """What the one message of an interchange became."""
    (one,) = converted(octets).mapped
    return one


def rules(octets: bytes) -> list[str]:
    return [finding.rule for finding in converted(octets).verdict.findings]


def told(octets: bytes) -> list[tuple[str, str, str]]:
    """Each finding as rule, place and first argument."""
    return [(f.rule, f.location, f.args[0]) for f in converted(octets).verdict.findings]


def xml(octets: bytes) -> str:
    document = mapped(octets).octets
    assert document is not None, converted(octets).verdict.findings
    return document.decode()


def interchange(octets: bytes = SAMPLE) -> Interchange:
    return read_interchange(octets)
