"""One document type as its pack defines it. Source: DESIGN 2.3, 9."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from node.customs.packs.entries import one_of, texts
from node.customs.packs.problems import PackProblem, PackRefused
from node.customs.packs.rule import Rule, RuleRefused, read_rule
from node.customs.packs.schema import DocumentSchema
from node.customs.rulebook import RULEBOOK
from node.customs.xpath.expression import Expression, ExpressionRefused, compile_expression
from node.customs.xpath.functions import text

#: Where the header of our own documents keeps what every check asks; a foreign type says where it has them.
HEADER: Final = {
    "message_id": "DocumentHeader/MessageID",
    "function": "DocumentHeader/FunctionCode",
    "issued": "DocumentHeader/IssueDateTime",
    "sender": "DocumentHeader/SenderAuthority",
    "recipient": "DocumentHeader/RecipientAuthority",
    "correlation": "DocumentHeader/CorrelationID",
    "campaign": "DocumentHeader/ConformanceCampaign",
    "profile": "@profile",
    "schema_version": "@schemaVersion",
}
_Read = TypeVar("_Read")
_HIGHEST_PRIORITY: Final = 9
_SIGNATURES: Final = ("required", "optional", "none")
_OWNERS: Final = ("sender", "recipient")
#: Nothing, when another rule of the pack says so.
_MISSING: Final = frozenset({*RULEBOOK, ""})
_KEYS: Final = frozenset(
    {
        *{
            "root",
            "schema",
            "rules",
            "rows",
            "key",
            "header",
            "functions",
            "reply",
            "answers",
            "ladder",
            "retention",
            "sensitivity",
        },
        *{
            "signature",
            "seal",
            "move",
            "references",
            "sender",
            "recipient",
            "name_en",
            "name_zh",
            "namespaces",
            "answer",
            "quantities",
            "priority",
            "deadlines",
        },
    }
)


@dataclass(frozen=True, slots=True)
class Key:
    """By which a document is found again: its number, version and issuer. Each is an expression at the root; None where the type has none."""

    number: Expression | None
    version: Expression | None
    issuer: Expression | None


@dataclass(frozen=True, slots=True)
class Move:
    """What a document of the type does to a life cycle. Source: DESIGN 5.2, 7.1."""

    machine: str
    #: The event; or where the document says it.
    event: str
    event_from: Expression | None
    #: The FunctionCodes that do it; empty for every one.
    functions: frozenset[str]
    #: Only documents for which this is true.
    when: Expression | None
    #: Whose life cycle: a type id, with number and issuer (None: by number alone).
    of: str
    number: Expression
    issuer: Expression | None
    #: The document that must be on file and whose owner may send this: as above.
    named: str
    named_number: Expression
    named_issuer: Expression | None
    #: `sender` or `recipient` of version 1 of the named document.
    owner: str
    #: The rule that is broken when nothing is named on file; empty when another rule says so, or when it begins the life.
    missing: str
    #: It begins the life of its own document.
    begins: bool


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a document writes off from the document that it names: an item, an amount and its unit for each node."""

    context: Expression
    item: Expression
    amount: Expression
    unit: Expression


@dataclass(frozen=True, slots=True)
class Priority:
    """Where a document says how urgent it is, and which priority among messages each value means."""

    path: Expression
    #: 0 to 9.
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reference:
    """By what a consignment is found again: `ucr`, `transport-document`, `equipment`, `certificate`, ..."""

    kind: str
    #: Relative to the root, or to the row.
    path: Expression
    row: str | None


class TypeDefinition:
    """One document type. Its schema and rules are compiled when first asked for; `problems` compiles everything."""

    def __init__(self, type_id: str, pack: str, files: Mapping[str, bytes], core: Mapping[str, bytes]) -> None:
        """`files` are those of the pack, by their names in it; `core` those that every pack may include. Raises PackRefused."""
        self.id, self._pack, self._files, self._core = type_id, pack, files, core
        self._file = f"types/{type_id}.toml"
        try:
            self._table: Mapping[str, Any] = tomllib.loads(files[self._file].decode())
        except KeyError:
            raise self._refused("is missing") from None
        except ValueError as error:
            raise self._refused(str(error)) from None
        if unknown := set(self._table) - _KEYS:
            raise self._refused(f"{min(unknown)} is no key of a type; there are {', '.join(sorted(_KEYS))}")
        root = self._table.get("root", {})
        try:
            self.namespace, self.name = str(root["namespace"]), str(root["name"])
        except (KeyError, TypeError):
            raise self._refused("root = {namespace, name} is missing") from None
        table = self._table
        #: The elements that make a document long; each is judged when it is complete, and let go.
        self.rows: Sequence[str] = self._entry(texts, table, "rows")
        #: By FunctionCode: the event for people; a function that is not here is not allowed.
        functions = table.get("functions", {})
        if not isinstance(functions, Mapping):
            raise self._refused('functions is no table; write it as functions = { 9 = "issue" }')
        self.functions: Mapping[str, str] = {str(code): str(event) for code, event in functions.items()}
        #: The type that answers.
        self.reply = str(table.get("reply", ""))
        #: It answers another message, so it must name it (GEN-09).
        self.answers = bool(table.get("answers", False))
        self.ladder: Mapping[str, str] = table.get("ladder", {})
        self.retention = str(table.get("retention", ""))
        self.sensitivity = str(table.get("sensitivity", ""))
        #: `required` or `optional`, when the profile does not say; `none` whatever it says: the schema has no place for a seal.
        self.signature = self._entry(one_of, table, "signature", _SIGNATURES, "optional")
        self.name_en, self.name_zh = str(table.get("name_en", type_id)), str(table.get("name_zh", type_id))

    def _entry(self, read: Callable[..., _Read], table: Mapping[str, Any], *arguments: Any) -> _Read:
        try:
            return read(table, *arguments)
        except ValueError as error:
            raise self._refused(str(error)) from None

    def _refused(self, problem: str, file: str = "") -> PackRefused:
        return PackRefused([PackProblem(f"{self._pack}/{file or self._file}", problem)])

    @property
    def tag(self) -> str:
        """The root element, as lxml spells it."""
        return f"{{{self.namespace}}}{self.name}"

    @property
    def row_tags(self) -> Sequence[str]:
        """The row elements, as lxml spells them."""
        return tuple(f"{{{self.namespace}}}{row}" for row in self.rows)

    @cached_property
    def schema(self) -> DocumentSchema:
        """Raises SchemaRefused."""
        every = {**self._core, **self._files}
        files = {name.rpartition("/")[2]: octets for name, octets in every.items() if name.startswith("xsd/")}
        return DocumentSchema(str(self._table.get("schema", "")).removeprefix("xsd/"), files)

    def _expression(self, said: str) -> Expression:
        return compile_expression(said, self._table.get("namespaces", {}), self.namespace)

    @cached_property
    def header(self) -> Mapping[str, Expression]:
        """Where the document has what every check asks, by the names of HEADER."""
        said = {**HEADER, **self._table.get("header", {})}
        said.update({name: self._table[name] for name in ("sender", "recipient") if name in self._table})
        return {name: self._expression(path) for name, path in said.items() if path}

    @cached_property
    def key(self) -> Key:
        """Where the document has its number, version and issuer."""
        said = self._table.get("key", {})
        return Key(*(self._expression(said[name]) if said.get(name) else None for name in ("number", "version", "issuer")))

    @cached_property
    def moves(self) -> Sequence[Move]:
        """What its documents do to life cycles."""
        return tuple(map(self._move, self._table.get("move", ())))

    def _move(self, said: Mapping[str, Any]) -> Move:
        own = self._table.get("key", {})
        number = self._expression(said.get("number", own.get("number", "''")))
        issuer_said = said.get("issuer", own.get("issuer") if "number" not in said else None)
        issuer = self._expression(issuer_said) if issuer_said else None
        named = said.get("named", {})
        begins = bool(said.get("begins", False))
        return Move(
            said["machine"],
            said.get("event", ""),
            self._expression(said["event_from"]) if "event_from" in said else None,
            frozenset(texts(said, "function")),
            self._expression(said["when"]) if "when" in said else None,
            said.get("of", self.id),
            number,
            issuer,
            named.get("type", said.get("of", self.id)),
            self._expression(named["number"]) if "number" in named else number,
            self._expression(named["issuer"]) if "issuer" in named else (None if "number" in named else issuer),
            one_of(said, "owner", _OWNERS, "sender"),
            "" if begins else one_of(said, "missing", _MISSING, "LC-01"),
            begins,
        )

    @cached_property
    def references(self) -> Sequence[Reference]:
        """By what consignments are found again."""
        found = []
        for said in self._table.get("references", ()):
            path = str(said["path"])
            row = next((row for row in self.rows if path.startswith(f"{row}/")), None)
            found.append(Reference(str(said["kind"]), self._expression(path.removeprefix(f"{row}/") if row else path), row))
        return tuple(found)

    @cached_property
    def quantities(self) -> Quantities | None:
        """What its documents write off; None for nothing."""
        said = self._table.get("quantities")
        return Quantities(*(self._expression(said[name]) for name in ("context", "item", "amount", "unit"))) if said else None

    @cached_property
    def priority(self) -> Priority | None:
        """How urgent its documents are; None where they do not say. Raises ValueError for what is no priority."""
        said = self._table.get("priority")
        if said is None:
            return None
        values = {str(code): int(value) for code, value in said["values"].items()}
        if wrong := [code for code, value in values.items() if not 0 <= value <= _HIGHEST_PRIORITY]:
            raise ValueError(f"{wrong[0]} = {values[wrong[0]]}; a priority is 0 to {_HIGHEST_PRIORITY}")
        return Priority(self._expression(said["path"]), values)

    @cached_property
    def deadlines(self) -> Mapping[str, Expression]:
        """Where a document says until when it wants a step of its ladder; by the step."""
        return {str(level): self._expression(path) for level, path in self._table.get("deadlines", {}).items()}

    @cached_property
    def answer(self) -> Mapping[str, Expression]:
        """Where an answer has its step of the ladder: level, outcome, at. Empty for what answers nothing."""
        said = self._table.get("answer", {})
        # Whoever files an answer asks all three.
        return {name: self._expression(said[name]) for name in ("level", "outcome", "at")} if said else {}

    @cached_property
    def sealed_by(self) -> Expression:
        """Whose seal the document must bear: an authority id."""
        return self._expression(self._table.get("seal", "")) if self._table.get("seal") else self.header["sender"]

    @cached_property
    def rules(self) -> Sequence[Rule]:
        """The rules of its files, those of other types left out. Raises PackRefused."""
        return tuple(self.rules_of(self._files, self._pack, texts(self._table, "rules")))

    def rules_of(self, files: Mapping[str, bytes], pack: str, names: Sequence[str]) -> Iterator[Rule]:
        """The rules that rule files, of this pack or of an overlay, have for this type. Raises PackRefused."""
        for name in names:
            file = name if name.startswith("rules/") else f"rules/{name}"
            file += "" if file.endswith((".toml", ".sch")) else ".toml"
            if file not in files:
                raise PackRefused([PackProblem(f"{pack}/{file}", "is missing")])
            yield from self._rules_in(files[file], f"{pack}/{file}")

    def _rules_in(self, octets: bytes, file: str) -> Iterator[Rule]:
        if file.endswith(".sch"):
            if self.rows:
                raise PackRefused([PackProblem(file, "Schematron looks at a document whole, and the type is read row by row")])
            # Loaded where a pack has one.
            from node.customs.packs.schematron import read_schematron

            yield from read_schematron(octets, file, self.namespace, self.id)
            return
        try:
            table = tomllib.loads(octets.decode())
        except ValueError as error:
            raise PackRefused([PackProblem(file, str(error))]) from None
        problems = []
        for entry in table.get("rule", ()):
            try:
                yield from read_rule(entry, table.get("namespaces", {}), self.namespace, self.rows, self.id)
            except RuleRefused as error:
                problems.append(PackProblem(file, str(error)))
        if problems:
            raise PackRefused(problems)

    def problems(self) -> Iterator[PackProblem]:
        """Everything that is wrong with it; it has been compiled whole when nothing is."""
        for part in (
            *("schema", "header", "key", "moves", "references", "answer", "quantities", "priority", "deadlines", "sealed_by"),
            "rules",
        ):
            try:
                getattr(self, part)
            except PackRefused as error:
                yield from error.problems
            except KeyError as error:
                yield PackProblem(f"{self._pack}/{self._file}", f"{part}: {error.args[0]} is missing")
            except (ValueError, TypeError, AttributeError, ExpressionRefused) as error:
                yield PackProblem(f"{self._pack}/{self._file}", f"{part}: {error}")


def asked(expression: Expression | None, root: Any) -> str:
    """The text that an expression has at the root; empty where there is no expression."""
    return text(expression.ask(root, {})) if expression is not None else ""
