"""The files with which a new pack begins."""

import re
from pathlib import Path
from typing import Final

from node.cli.problems import CommandFailed, ExitCode

_PACK: Final = re.compile(r"[a-z][a-z0-9-]{1,40}")
_TYPE: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

_FILES: Final = {
    "pack.toml": """\
id = "{pack}"
version = "1.0"
name_en = "{root}"
name_zh = "{root}"
needs = ">=1.0"
# The authority whose documents it is for; * for everybody's.
partner = "*"
from = 2026-01-01
# When the samples are judged.
now = 2026-06-01T12:00:00Z
service = "urn:n2n:customs:svc:{pack}"
adds = ["{type}"]
""",
    "types/{type}.toml": """\
name_en = "{root}"
name_zh = "{root}"
root = {{ namespace = "{namespace}", name = "{root}" }}
schema = "{pack}.xsd"
rules = ["{pack}"]
reply = "gen.response"
retention = "{pack}"
signature = "optional"

[key]
number = "Number"

# Where the document has what every check asks: XPath at the root.
[header]
message_id = "MessageID"
function = ""
issued = "Issued"
sender = "From"
recipient = "To"
correlation = ""
campaign = ""
profile = "'{pack}.1'"
schema_version = "'1.0'"
""",
    "xsd/{pack}.xsd": """\
<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}" xmlns="{namespace}" elementFormDefault="qualified">
  <xs:element name="{root}">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="MessageID" type="xs:token"/>
        <xs:element name="Issued" type="xs:dateTime"/>
        <xs:element name="From" type="xs:token"/>
        <xs:element name="To" type="xs:token"/>
        <xs:element name="Number" type="xs:token"/>
        <xs:element name="ValidUntil" type="xs:date"/>
        <xs:any namespace="http://www.w3.org/2000/09/xmldsig#" processContents="skip" minOccurs="0"/>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
""",
    "rules/{pack}.toml": """\
[[rule]]
id = "{upper}-01"
severity = "F"
stage = 6
test = "n2n:day(Issued) <= n2n:day(ValidUntil)"
at = "ValidUntil"
args = ["ValidUntil"]
en = "The document has ended before it was issued: {{0}}."
zh = "文件於簽發前即已逾期：{{0}}。"
""",
    "profiles/{pack}.1.json": """\
{{"id": "{pack}.1", "types": ["{type}"], "schemaVersion": "1.0", "from": "2026-01-01", "to": null, "signature": "optional"}}
""",
    "samples/good/one.xml": """\
<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="{namespace}">
  <MessageID>urn:uuid:5a2f2f0e-6d6b-4c62-9c4f-1d1f6f9f7a10</MessageID>
  <Issued>2026-06-01T08:00:00Z</Issued>
  <From>TW-CUSTOMS</From>
  <To>KR-KCS</To>
  <Number>0001</Number>
  <ValidUntil>2026-12-31</ValidUntil>
</{root}>
""",
    "samples/bad/ended.xml": """\
<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="{namespace}">
  <MessageID>urn:uuid:5a2f2f0e-6d6b-4c62-9c4f-1d1f6f9f7a11</MessageID>
  <Issued>2026-06-01T08:00:00Z</Issued>
  <From>TW-CUSTOMS</From>
  <To>KR-KCS</To>
  <Number>0002</Number>
  <ValidUntil>2026-05-31</ValidUntil>
</{root}>
""",
    "samples/bad/expected.json": """\
{{"ended.xml": "{upper}-01"}}
""",
}


def write_pack(folder: Path, pack: str, type_id: str, namespace: str, root: str) -> list[str]:
    """The names of the files written. Raises CommandFailed for names that cannot be, and where a pack is already."""
    _fits(_PACK, pack, "PACK", "lower-case letters, digits and hyphens")
    _fits(_TYPE, type_id, "--type", "like inspection.certificate")
    _fits(_NAME, root, "--root", "the name of an element, without a prefix")
    if any(sign in namespace for sign in "<>&\"' {}") or not namespace:
        raise CommandFailed(ExitCode.USAGE, "--namespace", f"{namespace!r} is no namespace name", "like urn:example:inspection:1")
    if folder.exists():
        raise CommandFailed(ExitCode.NOT_ALLOWED, str(folder), "exists already", "choose another id")
    said = {"pack": pack, "type": type_id, "namespace": namespace, "root": root, "upper": pack.upper().replace("-", "")}
    names = []
    for name, text in _FILES.items():
        path = folder / name.format(**said)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**said), encoding="utf-8")
        names.append(path.relative_to(folder).as_posix())
    return names


def _fits(form: re.Pattern[str], said: str, where: str, remedy: str) -> None:
    if not form.fullmatch(said):
        raise CommandFailed(ExitCode.USAGE, where, f"{said!r} cannot be used", remedy)
