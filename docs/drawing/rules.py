"""Pages about the rules of documents, and the language that they are written in."""

from docs.drawing.tables import table
from node.customs.checking.agreed import ACTION, PRODUCTION, RECIPIENT, SENDER
from node.customs.checking.withdrawn import CANCELLED_IN_USE
from node.customs.packs.rule import KEYS
from node.customs.rulebook import RULEBOOK
from node.customs.xpath.functions import FUNCTIONS, NAMESPACE, PREFIX
from node.customs.xpath.translate import Kind
from node.library import open_pack, shipped_documents

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
