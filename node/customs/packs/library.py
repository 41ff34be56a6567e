"""All packs of a node: which type, rules, profile and life cycle count for a document of a day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache

from node.customs.edifact.interchange import Directory, read_directory
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.lifecycle import Machine
from node.customs.packs.pack import Pack
from node.customs.packs.rule import Rule
from node.customs.profile import Profile
from node.customs.xpath.scope import Lists


class Packs:
    """The packs that are active, of every version. Raises nothing; what is wrong with a pack shows before it gets here."""

    def __init__(self, packs: Iterable[Pack], lists: Lists, profiles: Sequence[Profile] = ()) -> None:
        """`profiles` of the operator come before those of the packs."""
        # The latest begins first, so that the first in force is the one that counts.
        self.all: Sequence[Pack] = tuple(sorted(packs, key=lambda pack: pack.begins, reverse=True))
        self.lists = lists
        self._profiles = {profile.id: profile for pack in reversed(self.all) for profile in pack.profiles}
        self._profiles.update({profile.id: profile for profile in profiles})
        self._by_root: dict[tuple[str, str], list[tuple[Pack, TypeDefinition]]] = {}
        self._by_id: dict[str, list[tuple[Pack, TypeDefinition]]] = {}
        for pack in self.all:
            for definition in pack.types.values():
                self._by_root.setdefault((definition.namespace, definition.name), []).append((pack, definition))
                self._by_id.setdefault(definition.id, []).append((pack, definition))
        self.rules = lru_cache(1000)(self._rules)

    def types(self) -> Iterator[TypeDefinition]:
        """The latest definition of every type."""
        for found in self._by_id.values():
            yield found[0][1]

    def with_root(self, namespace: str, name: str) -> TypeDefinition | None:
        """The latest type with that root element; `on` finds the version for the day."""
        found = self._by_root.get((namespace, name))
        return found[0][1] if found else None

    def on(self, definition: TypeDefinition, day: date) -> TypeDefinition:
        """The version of the type that counts for documents of that day; the latest when none does."""
        for pack, version in self._by_id[definition.id]:
            if pack.in_force(day):
                return version
        return definition

    def named(self, type_id: str) -> TypeDefinition | None:
        """The latest definition of a type."""
        found = self._by_id.get(type_id)
        return found[0][1] if found else None

    def pack_of(self, type_id: str) -> Pack | None:
        """The pack that brings the type."""
        found = self._by_id.get(type_id)
        return found[0][0] if found else None

    @cached_property
    def edifact(self) -> Directory:
        """The interchange messages that packs describe. Raises TableRefused."""
        files = {name: octets for pack in reversed(self.all) for name, octets in pack.of_folder("edifact")}
        return read_directory(files)

    def profile(self, profile_id: str) -> Profile | None:
        """The profile of that id."""
        return self._profiles.get(profile_id)

    def profiles(self) -> Sequence[Profile]:
        """Every profile."""
        return tuple(self._profiles.values())

    def machines(self, type_id: str) -> Mapping[str, Machine]:
        """The life cycles of a type, by name."""
        for pack in self.all:
            if type_id in pack.machines:
                return {machine.name: machine for machine in pack.machines[type_id]}
        return {}

    def _rules(self, definition: TypeDefinition, sender: str, recipient: str, day: date) -> Sequence[Rule]:
        """The rules for a document between two authorities on a day: those of its type and of every overlay for either. Raises PackRefused."""
        rules = list(definition.rules)
        for pack in self.all:
            if definition.id in pack.extends and pack.partner in {"*", sender, recipient} and pack.in_force(day):
                names = [name for name, _ in pack.of_folder("rules")]
                rules += definition.rules_of(pack.files, pack.id, names)
        return tuple(rules)
