"""The story of a check: octets in, a verdict out, stage by stage. Source: DESIGN 3.1."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from node.customs.checking.document import Document, Header, describe, read_header
from node.customs.checking.found import Found
from node.customs.checking.heading import judge_header
from node.customs.checking.judging import Check, Judge
from node.customs.checking.places import Places
from node.customs.checking.reading import Malformed, differences, read_rows
from node.customs.checking.safe import MOST_AT_ONCE, MOST_OCTETS, Oversized, Root, Unsafe, read_safely
from node.customs.filing.files import FilesFor
from node.customs.filing.filing import Filing, Named, file, named_in
from node.customs.filing.moving import Moving, moving
from node.customs.filing.on_file import OnFile
from node.customs.finding import Finding, Verdict
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.library import Packs
from node.customs.profile import Profile
from node.customs.rulebook import RULEBOOK
from node.customs.xpath.scope import Scope, within

#: A check that is a program, made for one document; by its name in the rules.
Checks = Mapping[str, Callable[[Scope, Header], Check]]
#: Stage 8: judges the seal of a document under a profile at a moment.
JudgeSeal = Callable[[Document, Profile, datetime], Iterator[Finding]]


def _no_seal(_document: Document, _profile: Profile, _now: datetime) -> Iterator[Finding]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Desk:
    """What every check needs: the packs, the documents on file, the checks that are programs, and who judges seals."""

    packs: Packs
    on_file: OnFile
    checks: Checks = field(default_factory=dict)
    judge_seal: JudgeSeal = _no_seal


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict, and what it means for the register."""

    verdict: Verdict
    #: None when the octets are no document of a known type that follows its schema.
    document: Document | None = None
    #: What the document changes; only when it was accepted.
    filing: Filing | None = None
    #: The same octets are on file already; their stored result counts.
    duplicate: bool = False


def check(octets: bytes, desk: Desk, now: datetime) -> Checked:
    """Judge one document. Raises RuleUnfit when a pack's rule cannot be asked, PackRefused when a rule cannot be compiled."""
    found = Found()
    try:
        root = read_safely(octets)  # GEN-01
    except Unsafe as error:
        found.add(RULEBOOK["GEN-01"].found("", str(error)))
        return Checked(found.verdict(""))
    except Oversized as error:
        found.add(RULEBOOK["GEN-03"].found("", str(error)))
        return Checked(found.verdict(""))
    definition = desk.packs.with_root(root.namespace, root.name)  # GEN-02
    if definition is None:
        found.add(RULEBOOK["GEN-02"].found(f"/{root.name}", f"{{{root.namespace}}}{root.name}"))
        return Checked(found.verdict(""))
    if (elements := root.at_once(definition.rows)) > MOST_AT_ONCE:
        found.add(
            RULEBOOK["GEN-03"].found(f"/{root.name}", f"{elements} elements to be looked at together, at most {MOST_AT_ONCE}")
        )
        return Checked(found.verdict(definition.id))
    return _Inside(octets, definition, desk, now, found).checked(root)


class _Inside:
    """Stages 3 to 8 of one document: rows are judged while it is read, so the header is judged before the first row."""

    def __init__(self, octets: bytes, definition: TypeDefinition, desk: Desk, now: datetime, found: Found) -> None:
        self._octets, self._definition, self._desk, self._now, self._found = octets, definition, desk, now, found
        self._header: Header | None = None
        self._profile: Profile | None = None
        self._judge: Judge | None = None
        self._scope: Scope | None = None
        self._places = Places({})
        self._named: dict[Named, None] = {}

    def checked(self, root: Root) -> Checked:
        """The verdict."""
        definition = self._definition
        try:
            element = read_rows(self._octets, definition, self)
        except Malformed as error:
            self._found = Found()
            for finding in differences(self._octets, definition, error.difference, whole=root.elements <= MOST_AT_ONCE):
                self._found.add(finding)
            return Checked(self._found.verdict(definition.id))
        return self._followed(element, root)

    def _followed(self, root: Any, size: Root) -> Checked:
        self._open(root)
        assert self._header is not None
        other = self._desk.packs.on(self._definition, self._header.day) if self._header.day else self._definition
        if other is not self._definition:
            # Its day is known only now: an earlier version of the pack counts, and judges it from the beginning.
            return _Inside(self._octets, other, self._desk, self._now, Found()).checked(size)
        document = describe(self._octets, self._definition, self._header, root)
        if self._judge is None or self._scope is None or self._profile is None:
            return Checked(self._found.verdict(self._definition.id), document)
        self._places.row = None
        with within(self._scope):
            self._judge.inside(root)
        if self._found.ended_by(6):
            return Checked(self._found.verdict(self._definition.id), document)
        return self._against_file(document, self._judge, self._scope, self._profile)

    def _open(self, root: Any) -> None:
        """Stage 4, once; prepare the rules when it has passed."""
        if self._header is not None:
            return
        definition, packs = self._definition, self._desk.packs
        header = self._header = read_header(definition, root)
        profile = packs.profile(header.profile)
        most = profile.values.get("maxBytes", MOST_OCTETS) if profile else MOST_OCTETS
        if len(self._octets) > most:
            self._found.add(RULEBOOK["GEN-01"].found("", f"{len(self._octets)} octets, at most {most}"))
        for finding in judge_header(definition, header, profile, self._now):
            self._found.add(finding)
        if self._found.ended_by(4) or profile is None:
            return
        # A foreign type may not say when it was made: then it is judged by the day on which it came.
        day = header.day or self._now.date()
        self._profile = profile
        self._scope = Scope(profile, day, packs.lists.between(header.sender, header.recipient))
        self._places = Places(definition.schema.places)
        rules = packs.rules(definition, header.sender, header.recipient, day)
        checks = {name: partial(make, self._scope, header) for name, make in self._desk.checks.items()}
        self._judge = Judge(rules, checks, self._places, self._found)

    def row(self, element: Any, place: int) -> None:
        """See `Reader`."""
        self._open(element.getparent())
        if self._judge is None or self._scope is None:
            return
        self._places.row, self._places.place = element, place
        name = element.tag.rpartition("}")[2]
        self._scope.place = self._scope.rows[name] = place
        with within(self._scope):
            self._judge.row(name, element)
            self._named.update(dict.fromkeys(named_in(self._definition, name, element)))
        # elementpath's picture of the document has this row in it.
        self._scope.trees.clear()

    def _against_file(self, document: Document, judge: Judge, scope: Scope, profile: Profile) -> Checked:
        """Stages 7 and 8."""
        on_file, packs = self._desk.on_file, self._desk.packs
        before = on_file.message(document.header.sender, document.header.message_id)
        if before is not None and before.digest == document.digest:
            return Checked(self._found.verdict(self._definition.id), document, duplicate=True)
        if before is not None:
            path = f"/{self._definition.name}/DocumentHeader/MessageID"
            self._found.add(RULEBOOK["GEN-07"].found(path, document.header.message_id))
        moved = moving(document, packs, on_file)
        if moved.finding is not None:
            self._found.add(moved.finding)
        scope.files = FilesFor(document, on_file)
        with within(scope):
            judge.on_file(document.root)
        if not self._found.ended_by(7):
            for finding in self._desk.judge_seal(document, profile, self._now):
                self._found.add(finding)
        return self._ended(document, moved)

    def _ended(self, document: Document, moved: Moving) -> Checked:
        verdict = self._found.verdict(self._definition.id)
        if not verdict.accepted:
            return Checked(verdict, document)
        packs, on_file = self._desk.packs, self._desk.on_file
        return Checked(verdict, document, file(document, verdict, moved.moves, packs, on_file, self._now, self._named))
