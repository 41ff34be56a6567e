"""Pages about what is agreed: P-Mode parameters, presets, deadlines, and agreements as other products write them."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from docs.drawing.tables import ROOT, sentences, table
from node.agreements.ladder import LEVELS, NEVER
from node.agreements.parameters import KINDS, PARAMETERS
from node.agreements.presets import Preset, preset_names, read_preset
from node.agreements.requirements import FACTS, OF_MESSAGES
from node.agreements.weakened import shown
from node.configuration import Problems
from node.customs.ladder import RUNGS
from node.ebms import pmode
from node.foreign.formats import FORMS, Form
from node.sheets.effects import EFFECTS, Risk
from node.sheets.strength import PROTECTS


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
