"""Writes the pages of docs/reference/ that are drawn from the code: `python docs/generate.py`; tests/test_docs.py finds them stale."""

import ast
import csv
import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from node.agreements.ladder import LEVELS, NEVER
from node.agreements.parameters import KINDS, PARAMETERS
from node.agreements.presets import Preset, preset_names, read_preset
from node.agreements.requirements import FACTS, OF_MESSAGES
from node.agreements.weakened import shown
from node.cli.acts import ACTS, READS, RETRIEVALS, SERVED
from node.codelists import of_core, of_packs
from node.configuration import Problems
from node.customs.checking.agreed import ACTION, PRODUCTION, RECIPIENT, SENDER
from node.customs.checking.withdrawn import CANCELLED_IN_USE
from node.customs.ladder import RUNGS
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.labels import Labels, read_labels
from node.customs.packs.pack import Pack
from node.customs.packs.rule import KEYS
from node.customs.rulebook import RULEBOOK
from node.customs.xpath.functions import FUNCTIONS, NAMESPACE, PREFIX
from node.customs.xpath.translate import Kind
from node.doctor.checks import CHECKS
from node.ebms import errors, pmode, states
from node.ebms.xml import XmlLimits, parse_xml
from node.foreign.formats import FORMS, Form
from node.library import core_files, open_pack, shipped_documents
from node.sheets.effects import EFFECTS, Risk
from node.sheets.strength import PROTECTS

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines) + "\n"
    )


def sentences(module: ModuleType) -> dict[tuple[str, str], str]:
    """What stands after `#:` above the fields and members of each class: (class, name) -> sentence."""
    found: dict[tuple[str, str], str] = {}
    lines = inspect.getsource(module).splitlines()
    for definition in ast.parse("\n".join(lines)).body:
        if not isinstance(definition, ast.ClassDef):
            continue
        for statement in definition.body:
            target = getattr(statement, "target", None) or (getattr(statement, "targets", None) or [None])[0]
            said: list[str] = []
            for above in reversed(lines[: statement.lineno - 1]):
                if not above.strip().startswith("#:"):
                    break
                said.insert(0, above.strip().removeprefix("#:").strip())
            if isinstance(target, ast.Name) and said:
                found[definition.name, target.id] = " ".join(said)
    return found


def implemented_standards() -> str:
    index = tomllib.loads((ROOT / "docs" / "standards" / "index.toml").read_text("utf-8"))
    text = "# Implemented standards\n\nEach row is cited in the code at the line that obeys it (`# spec: A 5.1.8`). What is only partly there says what is missing.\n"
    for short, title in index["documents"].items():
        rows = [row for row in index["clause"] if document_of(row["ref"], index["documents"]) == short]
        if rows:
            text += f"\n## {title}\n\n"
            text += table(
                ["clause", "what", "status", "note"], [[r["ref"], r["title"], r["status"], r.get("note", "")] for r in rows]
            )
    return text


def document_of(ref: str, documents: Iterable[str]) -> str:
    return max((short for short in documents if ref == short or ref.startswith(f"{short} ")), key=len)


def error_codes() -> str:
    rows = [
        [e.code, e.short_description, e.severity, e.category] for e in sorted(errors.CATALOGUE.values(), key=lambda e: e.code)
    ]
    return (
        "# Error codes\n\nEvery code that the node may raise or understand. A peer is told the code and the short description; the true reason is in our log alone.\n\n"
        + table(["code", "short description", "severity", "category"], rows)
    )


def lives() -> str:
    said = sentences(states)
    text = "# States of a message\n\nDrawn from the tables in `node/ebms/states.py`; a step that is in no table is refused. Steps that lead back to the\nsame state (a hint, a second receipt) are left out of the pictures.\n"
    parts: list[tuple[str, type[StrEnum], Mapping[Any, Mapping[Any, Any]]]] = [
        ("Sending", states.OutboundState, states.OUTBOUND),
        ("Receiving", states.InboundState, states.INBOUND),
    ]
    for title, kind, steps in parts:
        text += f"\n## {title}\n\n" + table(["state", "meaning"], [[s.value, said[kind.__name__, s.name]] for s in kind])
        text += "\n```mermaid\nstateDiagram-v2\n"
        text += "".join(f"    {a} --> {b}: {event}\n" for a, row in steps.items() for event, b in row.items() if a != b)
        text += "```\n"
    text += "\n## Events\n\n"
    for event in (states.OutboundEvent, states.InboundEvent):
        text += (
            table(
                [f"when {'sending' if event is states.OutboundEvent else 'receiving'}", "meaning"],
                [[e.value, said[event.__name__, e.name]] for e in event],
            )
            + "\n"
        )
    return text.rstrip() + "\n"


def parameters() -> str:
    said = sentences(pmode)
    text = "# P-Mode parameters\n\nThe resolved value that a message is judged by (`n2n partner explain PARTNER` prints it with the file each value came from).\n"
    for name, value in vars(pmode).items():
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == pmode.__name__:
            text += f"\n## {name}\n\n{inspect.getdoc(value)}\n\n"
            rows = [
                [
                    f"`{field.name}`",
                    f"`{field.type}`" if isinstance(field.type, str) else f"`{type_name(field.type)}`",
                    default_of(field),
                    said.get((name, field.name), ""),
                ]
                for field in fields(value)
            ]
            text += table(["parameter", "type", "default", "note"], rows)
    return text + parameter_names() + preset_pages()


NAMES = """
# What an agreement or a preset may say

Every parameter of ebMS 3.0 (C), AS4 (A) and Part 2 (P2), and what no standard names (`x.`), in the standard's order. The key stands in `agreement.toml` or in a preset; what is not said comes from the preset,
then from the default. Three things become of a parameter: it is **honoured**; an agreement says it in a **place of its own**; or it is **refused** by its standard name, with the reason, and nothing but what the
node does anyway may be written. Values of `ReplyPattern` are read in any case, and those of MEP also as A 2.1.3.1 prints them.
`DetectDuplicates.Parameters` knows `window=400d` and `checkwindow=7D`; `maxsize` may stand there and bounds nothing: whatever lies within the window is remembered.

"""
PRESETS_PAGE = """
# Presets

Files of `profiles/messaging`, of the home before those that come with the node. `n2n profile list`, `show` and `diff` print them; [how to choose one](../howto/choose-a-profile.md).

| key | what it holds |
| --- | --- |
| `title`, `source` | What it is, and the document that prescribes its values (required) |
| `base` | The preset that it is based on: only what differs is said again. A preset of a home may be based on the shipped one of its own name |
| parameters | As above, one a line, each with its clause as a comment: `show` prints it |
| `[[weakened]]` | `parameter` and `reason` for whatever protects less than in the base |
| `[requires]` | What the network demands of an agreement beside parameters: see below |
| `[calendar]`, `[ladder]` | What holds in agreements that say nothing else. A calendar needs windows of the agreement |
| `unsupported` | Why no agreement can be based on it |

"""
DEMANDS = """
## `[requires]`

One line a fact: `party.type = { value = "urn:x", clause = "EN 3.6" }`. `level` is `must` (else the agreement is wrong, and is told so with the clause), `should` (shown alone) or `told` (nothing in an agreement can
contradict it: whoever submits sees to it). What is wanted: `value`, one of `values`, wholly like `pattern`, `holds` (all of these among them), `present`, `absent`, or a `note` in words.
A key of a parameter is a fact too. A preset replaces single facts of its base.

"""
WEAKER_PAGE = """
## What is weaker

A value that protects less than that of the preset (or, in a preset, of its base) needs a reason, else it is refused:

```toml
[leg.security]
x509.encryption.encrypt = false

[[weakened]]
parameter = "leg.security.x509.encryption.encrypt"
reason    = "until June their gateway cannot decrypt; TLS alone"
```

A reason for what is not weaker is refused too. `n2n partner list`, `check` and `explain`, and of a sheet `show`, `accept`, `activate` and `diff`, show what is weakened, in red on a terminal (never with `NO_COLOR`). Signature and encryption switched off, an algorithm of fewer bits, receipts off or
without non-repudiation, no retry, no duplicate detection, legacy algorithms let in and older TLS are weaker; another algorithm of the same strength, and certificates that are pinned, are not. Rated are:

"""


def parameter_names() -> str:
    """Every parameter by its standard name, and what becomes of it."""
    rows = []
    for one in PARAMETERS.values():
        if one.elsewhere:
            fate = f"in a place of its own: {one.remedy.removeprefix('write ')}"
        elif one.honoured:
            able = ", ".join(f"`{shown(value)}`" for value in one.supported or ())
            fate = f"honoured{': ' + able if able else ''}"
        else:
            fate = f"refused: {one.why}; {one.remedy}"
        default = "" if one.elsewhere else f"`{shown(one.default)}`"
        rows.append([one.standard, f"`{one.key}`", KINDS[one.kind], default, fate])
    return NAMES + table(["parameter", "key", "", "default", "what becomes of it"], rows)


def preset_pages() -> str:
    """The presets, what they may demand, and what counts as weaker."""
    problems, folder = Problems(), ROOT / "profiles" / "messaging"
    presets = [one for name in preset_names([folder]) if (one := read_preset(name, [folder], problems))]
    problems.raise_if_any()
    rows = [[f"`{one.name}`", one.title, f"`{one.bases[0]}`" if one.bases else "", one.source, note_of(one)] for one in presets]
    text = PRESETS_PAGE + table(["preset", "what it is", "based on", "source", "note"], rows)
    text += DEMANDS + table(["fact", "what it is"], [[f"`{fact}`", said] for fact, said in (FACTS | OF_MESSAGES).items()])
    return text + WEAKER_PAGE + ", ".join(f"`{key}`" for key in PROTECTS) + ".\n"


def note_of(preset: Preset) -> str:
    if preset.unsupported:
        return f"not supported: {preset.unsupported}"
    return "; ".join(f"weakens {one.standard}: {one.reason}" for one in preset.weakened)


def type_name(kind: Any) -> str:
    return re.sub(
        r"\b(?:\w+\.)+(\w+)", r"\1", kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    )


def default_of(field: Any) -> str:
    if type(field.default).__name__ == "_MISSING_TYPE":
        return "" if type(field.default_factory).__name__ == "_MISSING_TYPE" else "its defaults"
    return f"`{field.default!r}`"


def locked(lock: Path) -> Iterator[tuple[str, str]]:
    for line in lock.read_text("utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([\w.]+)", line):
            yield match[1], match[2]


def licence_of(distribution: str) -> str | None:
    """The licence expression or the licence classifier of an installed distribution; None when it is not for this platform."""
    try:
        about = metadata(distribution)
    except PackageNotFoundError:
        return None
    classifiers = [
        c.rpartition(" :: ")[2]
        for c in about.get_all("Classifier", [])
        if c.startswith("License :: ") and c != "License :: OSI Approved"
    ]
    return about.get("License-Expression") or ", ".join(classifiers) or (about.get("License") or "unknown").splitlines()[0]


def dependencies() -> str:
    rows = [[name, licence] for name, _ in locked(ROOT / "requirements.lock") if (licence := licence_of(name))]
    return (
        "# Licences of dependencies\n\nWhat `requirements.lock` installs on Linux, and under which licence each says it comes. "
        "The extra `domibus` (pyas4, EUPL-1.2) is installed by nobody who does not ask for it.\n\n"
        + table(["distribution", "licence"], rows)
    )


# -- document types ----------------------------------------------------------------------------------------------------

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


# -- rules -------------------------------------------------------------------------------------------------------------

RULES = """# Rules of documents

Drawn from the packs that come with the node and from its rulebook. **Severity**: `F` refuses the document, `H` holds it until a person has looked, `W` only warns.
**Stages**, in order: 1 safe octets, 2 known type, 3 structure, 4 header, 5 code lists, 6 rules inside the document, 7 what is on file and the life cycle, 8 the seal. All findings of a
stage are told; a later stage is told only when no earlier one refuses or holds. `{0}`, `{1}` stand for what the finding names. How a rule is written: [The language of rules](rule-language.md).
"""
GROUPS = {
    "GEN": "Every document",
    "LC": "Life cycles",
    "CO": "Certificates of origin",
    "AEO": "AEO data",
    "MAN": "Manifests",
    "RES": "Responses",
    "SIG": "Seals",
    "EDI": "EDIFACT",
    "NOT": "Notices",
    "AGR": "What was agreed with a partner",
    "REC": "What was exchanged",
}
RULE_LANGUAGE = """# The language of rules

A rule of a document type is a table in `rules/<name>.toml` of its pack. Its expressions are XPath 2.0; names without a prefix are in the namespace of the document, further prefixes are
declared in `[namespaces]` at the head of the file. White space in values is that of the schema: `AP ` is `AP`. A rule that cannot be read makes its pack unfit, and is told with file and name.

```toml
[[rule]]
id = "X-01"
severity = "F"
stage = 6
en = "Item {0} has no price."
zh = "第 {0} 項無單價。"
context = "Item[Quantity > 0]"
test = "Price > 0"
args = ["SequenceNumeric"]
at = "Price"
```

ISO Schematron (`rules/<name>.sch`) is read as well: the `id` of an assert or report is the rule, its `role` the severity (`error`, `hold`, `warning`), its text English, and a diagnostic in
`zh-Hant` that it names the Chinese text. Names without a prefix are in no namespace there. What is not understood is refused by its name.

## Keys of a rule

"""
RULE_FUNCTIONS = f"""
## Functions

Of the namespace `{NAMESPACE}`, prefix `{PREFIX}`. An argument is the text of the first node that it finds, unless the sentence speaks of nodes, numbers or sums.

"""
YIELDS = {Kind.NODES: "nodes", Kind.NUMBER: "a number", Kind.TEXT: "a text", Kind.TRUTH: "true or false"}


def rules() -> str:
    found = {name: (rule, ["every type"] if name[:3] == "GEN" else []) for name, rule in RULEBOOK.items()}
    found |= {rule.id: (rule, ["every type"]) for rule in (SENDER, RECIPIENT, ACTION, PRODUCTION)}
    found[CANCELLED_IN_USE.id] = (CANCELLED_IN_USE, ["co.certificate"])
    for file in sorted(shipped_documents().glob("*/pack.toml")):
        for definition in open_pack(file.parent).types.values():
            for rule in definition.rules:
                types = found.setdefault(rule.text.id, (rule.text, []))[1]
                if definition.id not in types:
                    types.append(definition.id)
    text = RULES
    for prefix, title in GROUPS.items():
        rows = [
            [
                name,
                rule.severity.value,
                str(rule.stage),
                ", ".join(f"`{one}`" if "." in one else one for one in types),
                rule.en,
                rule.zh,
            ]
            for name, (rule, types) in sorted(found.items())
            if name.partition("-")[0] == prefix
        ]
        text += f"\n## {title}\n\n" + table(["rule", "severity", "stage", "types", "en", "zh"], rows)
    return text


def rule_language() -> str:
    calls = [
        [
            f"`{PREFIX}:{name}`",
            str(one.least) if one.least == one.most else f"{one.least} to {one.most}",
            YIELDS[one.yields],
            one.told,
        ]
        for name, one in sorted(FUNCTIONS.items())
    ]
    keys = table(["key", "what it says"], [[f"`{key}`", told] for key, told in KEYS.items()])
    return RULE_LANGUAGE + keys + RULE_FUNCTIONS + table(["function", "arguments", "yields", "what it tells"], calls)


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


def ladder() -> str:
    """The steps of acknowledgement, and how their deadlines are agreed."""
    rows = [(rung.level, rung.en, rung.zh, ", ".join(sorted(rung.outcomes)) or "-") for rung in RUNGS.values()]
    return f"""# The ladder of acknowledgements

Written by `python docs/generate.py`; do not edit.

How far a document has come with the partner. Steps may be skipped upwards and are never taken back; RE at any step, the last step and LX end the ladder. `n2n message show` and `n2n document show` print it.

{table(("Step", "Meaning", "", "Outcomes"), rows)}
## `[ladder]` of an agreement

How long a step may take after the highest one that was heard of, by our own clock. A step without a deadline is not waited for; without the table none is. A step that is late is logged once, noted in the history of
its message (STEP_LATE) and shown by `n2n document late` until it or a higher one has come. Nobody waits any more for a
step that the document itself wanted by a moment once its life is over, as that of a notice that was withdrawn.

{table(("Key", "Without it", "What it holds"), _deadlines())}
```toml
[ladder]
L1 = "1h"
L2 = "15m"

[ladder."co.certificate"]
L5 = "90d"
```
"""


def _deadlines() -> Iterator[tuple[str, str, str]]:
    for level in LEVELS:
        yield (
            f"`ladder.{level}`",
            "not waited for",
            f'{RUNGS[level].en}: a number and one of ms, s, m, h, d, such as `15m`, or `"{NEVER}"`',
        )
    yield '`ladder."TYPE"`', "as above", "The same keys for one document type; what it does not say is as above"


FOREIGN = """\
# Agreements in other formats

Written by `docs/generate.py` from the code, never by hand.

`n2n partner import`, `export` and `compare` know four formats. Each element, attribute and member of a file has one fate:

| fate | means |
| --- | --- |
| used | its value went into the draft, or it holds or names others |
| default | it says what the preset says anyway |
| ignored | no agreement of ours needs it; the reason is told. A value to which nothing that concerns us refers is ignored too |
| unsupported | this node cannot do it; the parameter has its standard name |
| asks | it needs an answer from people |

The tables tell the fate of an element where its value does not decide otherwise: a value that this node cannot do is unsupported, whatever the element. What stands in no table is unsupported as *not known in
this format*. `/**` is everything below. A password is never read.

"""


def foreign_formats() -> str:
    parts = [FOREIGN]
    for name, form in FORMS.items():
        namespace = f"`{form.namespace}`" if form.namespace else "JSON"
        parts.append(
            f"## {form.title}\n\n`--format {name}`, {namespace}\n\n{table(('element', 'fate', 'parameter', 'reason'), _fates(form))}\n"
        )
    head = (
        "What two sides have differently does this; `n2n partner compare` ends with 1 where a difference is medium or high.\n\n"
    )
    parts.append(f"## What a difference does\n\n{head}{table(('key', 'parameter', 'risk', 'effect', '效果'), _effects())}")
    return "".join(parts)


def _fates(form: Form) -> Iterator[tuple[str, str, str, str]]:
    for shape, rule in form.rules.items():
        yield f"`{shape or '(the file)'}`", rule.fate, rule.parameter, rule.reason


def _effects() -> Iterator[tuple[str, str, str, str, str]]:
    for risk in reversed(Risk):
        for key, effect in EFFECTS.items():
            if effect.risk is risk:
                known = PARAMETERS.get(key)
                yield f"`{key}`", known.standard if known else "", risk, effect.en, effect.zh


# -- the doctor --------------------------------------------------------------------------------------------------------

DOCTOR = """# What the doctor checks

`n2n doctor` asks each of these and changes nothing; those of `online` only with `--online`. `n2n doctor --list` prints the list, `--area` asks some of it.
Exit code 1 when something was found that somebody must act on; what is only worth knowing (*info*) leaves it 0.

**CONFIG**: the node refuses to start, or messages fail, as it is configured. **warning**: it works and will not go on working, or somebody waits. A check that has nothing to ask says why.
"""


def doctor() -> str:
    text = DOCTOR
    for area in dict.fromkeys(one.area for one in CHECKS):
        checks = [one for one in CHECKS if one.area == area]
        text += f"\n## {area}\n\n{(inspect.getdoc(import_module(checks[0].judge.__module__)) or '').splitlines()[0]}\n\n"
        text += table(
            ["check", "asks", "why it matters", "how to mend it", "who acts", "severity"],
            [[f"`{one.id}`", one.asks, one.why, one.fix, one.who.value, one.severity.value] for one in checks],
        )
    return text


# -- the audit log -----------------------------------------------------------------------------------------------------

AUDIT = """# What is written of each command

Each change of configuration, keys and agreements and everything that people do by hand is an entry of kind `act` in the log of evidence ([format](evidence.md)): who, what, why, when. `n2n audit list` and `n2n audit show`
read them: [how to](../howto/see-who-changed-what.md).

*Who* is what `--who` says, else the user of the machine. *Why* is `--why` or `--reason`, else the command line itself, without secrets and without what is written to a partner.

Private keys, passwords and tokens are never kept: of a key its certificates are, of other files with secrets all but these, and of what nobody knows nothing but that it changed.

Files that were changed by hand are noticed at the start of `n2n serve`, within seconds while it runs, and by every command that opens the store; the act says which, and that nobody said who. Why acts of files are written before
and behind: [decision 27](../decisions/0027-acts-before-and-behind.md).
"""


def audit() -> str:
    text = f"{AUDIT}\n## Commands that change something\n\n"
    text += table(["command", "what the log is told"], [[f"`n2n {one}`", told] for one, told in ACTS.items()])
    text += "\n## Commands that only look, and are written all the same\n\n"
    text += table(["command", "what the log is told"], [[f"`n2n {one}`", told] for one, told in RETRIEVALS.items()])
    text += "\n## What a node does by itself\n\n"
    text += table(["what happens", "what the log is told"], SERVED.items())
    reads = ", ".join(f"`n2n {one}`" for one in sorted(READS))
    return f"{text}\n## Commands that change nothing of a home\n\n{reads}.\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "cuscar.md": cuscar,
    "implemented-standards.md": implemented_standards,
    "errors.md": error_codes,
    "states.md": lives,
    "p-mode.md": parameters,
    "dependencies.md": dependencies,
    "document-types.md": document_types,
    "rules.md": rules,
    "rule-language.md": rule_language,
    "ladder.md": ladder,
    "foreign-formats.md": foreign_formats,
    "doctor.md": doctor,
    "audit.md": audit,
}


def main() -> None:
    for name, draw in PAGES.items():
        (REFERENCE / name).write_text(draw(), "utf-8")


if __name__ == "__main__":
    main()
