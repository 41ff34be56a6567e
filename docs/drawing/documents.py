"""Pages about types of documents: their elements, and CUSCAR."""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from docs.drawing.tables import ROOT, table
from node.codelists import of_core, of_packs
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.labels import Labels, read_labels
from node.customs.packs.pack import Pack
from node.customs.rulebook import RULEBOOK
from node.ebms.xml import XmlLimits, parse_xml
from node.library import core_files, open_pack, shipped_documents

XS = "{http://www.w3.org/2001/XMLSchema}"
DOCUMENT_TYPES = """# Document types

Drawn from the packs that come with the node. How to add one: [Add a document type](../howto/add-a-document-type.md).

**Kinds of values**: `an..35` is a text of 1 to 35 characters after white space is collapsed, `n..5` a whole number of at most five digits, `code` one of the values named;
a code list that is named after `→` is asked on the day on which the message was made. `·` marks what is inside of the element above.
"""
CODE_LISTS = """
## Code lists

A list says of itself for which codes it is `complete`: for all, or for those that begin with what is named. A code that such a list does not have is unknown, and the rules
say what follows. **About every other code a list is silent, and silence is no finding**: with the part of UN/LOCODE below a place in Brazil passes whatever it is called,
as long as its country exists, while a place in Taiwan, or a member of RCEP, is known or refused. A list is silent as well about days before its first version. An HS edition of which
only a part is held still refuses a code that another edition has and says to have become others. Import a whole list with `n2n codelist import`, see what is held with
`n2n codelist list`. `n2n document check` tells on standard error what no list could judge.

"""


def document_types() -> str:
    core = core_files()
    packs = [open_pack(file.parent) for file in sorted(shipped_documents().glob("*/pack.toml"))]
    text = DOCUMENT_TYPES
    for pack in packs:
        names = [
            read_labels(found[file] for found in (core, pack.files) if file in found)
            for file in ("labels/en.toml", "labels/zh-Hant.toml")
        ]
        text += f"\n## {pack.id}\n\nService `{pack.service}`. Agreement profiles: {', '.join(f'`{one.id}`' for one in pack.profiles)}.\n\n"
        for definition in pack.types.values():
            text += document_type(pack, definition, {**core, **pack.files}, names)
    rows = [
        [
            f"`{one.name}`",
            one.head.title,
            one.head.version,
            str(len(one)),
            complete(one.head.complete, changes=one.head.changes),
            one.head.source,
        ]
        for one in (*of_core(), *of_packs(packs))
    ]
    return text + CODE_LISTS + table(["list", "what", "version", "codes", "complete", "source"], rows)


def complete(beginnings: tuple[str, ...], *, changes: bool) -> str:
    if changes:
        return "changes the package `iso3166`"
    return "yes" if beginnings == ("",) else " ".join(beginnings)


def document_type(pack: Pack, definition: TypeDefinition, files: Mapping[str, bytes], names: list[Labels]) -> str:
    facts = [
        ["root", f"`{definition.name}` in `{definition.namespace}`"],
        ["functions", ", ".join(f"{code} {event}" for code, event in definition.functions.items())],
        ["answered by", f"`{definition.reply}`" if definition.reply else "nothing"],
        ["seal", definition.signature],
        ["kept as", definition.retention],
    ]
    if definition.rows:
        facts.append(["read row by row", ", ".join(f"`{row}`" for row in definition.rows)])
    facts += [["ladder", f"{level}: `{other}`"] for level, other in definition.ladder.items()]
    forms = sorted(name.removeprefix("map/").partition(".")[0] for name in pack.files if is_form(name, pack, definition))
    facts += [["other forms", ", ".join(f"`{form}`" for form in forms)]] if forms else []
    text = f"### {definition.id}\n\n{definition.name_en}, {definition.name_zh}\n\n" + table(["", ""], facts) + "\n"
    for machine in pack.machines.get(definition.id, ()):
        text += f"Life cycle `{machine.name}`, moved by the {machine.owner} of version 1:\n\n"
        text += table(
            ["state", "shown", "", "from", "event"],
            [
                [f"`{state.name}`", state.name_en, state.name_zh, ", ".join(sorted(row.sources)) or "nothing", row.event]
                for state in machine.states.values()
                for row in machine.transitions
                if row.target == state.name
            ],
        )
        text += "\n"
    rows = list(elements(definition.name, files, names))
    return text + table(["element", "name", "", "WCO id", "value", "occurs"], rows) + "\n"


def is_form(name: str, pack: Pack, definition: TypeDefinition) -> bool:
    return name.startswith("map/") and name.count("/") == 1 and f"# type: {definition.id}\n".encode() in pack.files[name]


def elements(root: str, files: Mapping[str, bytes], names: list[Labels]) -> Iterator[list[str]]:
    schemas = [parse_xml(octets, XmlLimits(only_elements=False)) for name, octets in files.items() if name.startswith("xsd/")]
    types = {found.get("name"): found for schema in schemas for found in schema.iterchildren(f"{XS}complexType")}

    def below(holder: Any, parent: str, depth: int) -> Iterator[list[str]]:
        for child in holder:
            if child.tag in {f"{XS}complexType", f"{XS}sequence"}:
                yield from below(child, parent, depth)
            elif child.tag == f"{XS}element":
                name = (child.get("name") or child.get("ref")).rpartition(":")[2]
                low, high = child.get("minOccurs", "1"), child.get("maxOccurs", "1")
                said = [labels.field(name, parent) for labels in names]
                yield [
                    f"{'· ' * depth}`{name}`",
                    *said,
                    fact(child, "wco-id"),
                    value_of(child),
                    low if low == high else f"{low}..{high}",
                ]
                if child.get("type") in types and child.get("type") not in {
                    "Header",
                    "Address",
                    "Measure",
                    "Amount",
                    "Text512",
                    "Text256",
                }:
                    yield from below(types[child.get("type")], name, depth + 1)
                yield from below(child, name, depth + 1)

    for schema in schemas:
        for element in schema.iterchildren(f"{XS}element"):
            if element.get("name") == root:
                yield from below(element, root, 0)


def fact(element: Any, source: str) -> str:
    return next(
        (info.text for info in element.iterfind(f"{XS}annotation/{XS}appinfo") if info.get("source") == f"urn:n2n:{source}"), ""
    )


def value_of(element: Any) -> str:
    codes = [code.get("value") for code in element.iterfind(f"{XS}simpleType/{XS}restriction/{XS}enumeration")]
    listed = fact(element, "code-list")
    return " ".join(codes) or element.get("type", "") + (f" → {listed}" if listed else "")


EDIFACT = ROOT / "profiles" / "documents" / "n2n-man" / "edifact"
EDIFACT_RULES = [f"EDI-{number:02d}" for number in range(1, 9)]


def cuscar() -> str:
    text = (
        "# CUSCAR and the canonical manifest\n\n"
        "Drawn from the segment tables (`*.toml`) and mappings (`*.csv`) in `profiles/documents/n2n-man/edifact/`: a directory that says things differently is two more files. "
        "A message cannot name its profile. Of the profiles with a section `edifact` that exchange its kind (`message`, D.95B if it says nothing) and are in force on the day of the "
        "interchange, those come first whose `authorities` know the sender, then the one that began last.\n\n"
        "## Rules\n\nA finding in the envelope (EDI-01, EDI-02) refuses the interchange, one in a message that message alone. A place is the way through the groups, each with its number: "
        "`/UNH[1]/SG4[3]/SG5[1]/RFF[1]/1154`; the arguments of a finding hold the number of the segment too.\n\n"
    )
    text += table(["rule", "severity", "stage", "says"], [rule_row(name) for name in EDIFACT_RULES])
    for name in ("d95b", "d03a"):
        rows = list(csv.DictReader((EDIFACT / f"cuscar-{name}.csv").read_text("utf-8").splitlines()))
        text += f"\n## Mapping, {name[0].upper()}.{name[1:].upper()}\n\n"
        text += "Where several qualifiers stand, the first that is found counts; the one with a star (or the first) is written. What no row names is told as EDI-06, in both directions.\n\n"
        text += table(
            ["EDIFACT", "canonical field", "direction", "transform", "if", "needed", "note"], [list(row.values()) for row in rows]
        )
    for name in ("cuscar-d95b", "cuscar-d03a", "cusres-d95b"):
        told = tomllib.loads((EDIFACT / f"{name}.toml").read_text("utf-8"))
        text += f"\n## Segments of {told['type']} {told['version']}.{told['release']}\n\n```\n{told['structure'].strip()}\n```\n"
    return text


def rule_row(name: str) -> list[str]:
    rule = RULEBOOK[name]
    return [rule.id, rule.severity.value, str(rule.stage), rule.en]
