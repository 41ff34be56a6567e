"""A gathered agreement against the presets: the nearest one, what differs from it, and the text of an `agreement.toml`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.agreements.agreement import AgreedService
from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import Layer
from node.configuration import toml
from node.ebms.message import PartyId
from node.foreign.gathering import Gathered
from node.foreign.values import same
from node.sheets.strength import WEAKER, rating

_TOP: Final = ("mep", "mep_binding")


@dataclass(frozen=True, slots=True)
class Weakened:
    """A parameter that protects less than the preset does."""

    key: str
    preset: Any
    value: Any

    @property
    def parameter(self) -> str:
        """Its standard name."""
        return PARAMETERS[self.key].standard


@dataclass(frozen=True, slots=True)
class Draft:
    """An agreement to be: nothing is agreed before somebody adds it."""

    name: str
    gathered: Gathered
    profile: str
    #: Parameters that differ from the preset.
    overrides: Mapping[str, Any]
    weakened: tuple[Weakened, ...]
    #: Whether messages are signed and encrypted, so that certificates are needed.
    signs: bool
    encrypts: bool
    text: str
    source: str = ""
    #: Other presets that are as near: people choose among them.
    as_near: tuple[str, ...] = ()


def preset_value(preset: Layer, key: str) -> Any:
    """What a preset says of a parameter, or the default of this node."""
    return preset.values.get(key, PARAMETERS[key].default)


def differing(parameters: Mapping[str, Any], preset: Layer) -> dict[str, Any]:
    """The stated parameters that a preset has otherwise."""
    return {key: value for key, value in parameters.items() if not same(key, preset_value(preset, key), value)}


def nearest_preset(parameters: Mapping[str, Any], presets: Mapping[str, Layer]) -> str:
    """The preset with the fewest differences; of several the one that itself says most of what is stated, then the first by name."""

    def distance(name: str) -> tuple[int, int]:
        preset = presets[name]
        said = sum(same(key, preset.values[key], value) for key, value in parameters.items() if key in preset.values)
        return len(differing(parameters, preset)), -said

    return min(sorted(presets), key=distance)


def draft(
    gathered: Gathered,
    name: str,
    presets: Mapping[str, Layer],
    *,
    profile: str = "",
    ours: Sequence[PartyId] = (),
    source: str = "",
) -> Draft:
    """The agreement.toml of a gathered agreement; `ours` are the party ids of node.toml, which are not repeated."""
    chosen = profile or nearest_preset(gathered.parameters, presets)
    preset = presets[chosen]
    overrides = differing(gathered.parameters, preset)
    if gathered.our_role or gathered.partner_role:
        overrides = {key: value for key, value in overrides.items() if not key.endswith(".role")}
    weaker = tuple(
        Weakened(key, preset_value(preset, key), value)
        for key, value in overrides.items()
        if rating(key, preset_value(preset, key), value) == WEAKER
    )
    final = {**preset.values, **overrides}
    signs, encrypts = (
        bool(final.get(key, PARAMETERS[key].default))
        for key in ("leg.security.x509.sign", "leg.security.x509.encryption.encrypt")
    )
    lines = [
        *_head(gathered, chosen, overrides, source),
        *_parties(gathered, overrides, ours),
        *_certificates(name, signs=signs, encrypts=encrypts),
        *(line for one in gathered.services for line in _service(one)),
        *_legs(overrides),
        *_weakened(weaker, source),
    ]
    as_near = [
        one
        for one in sorted(presets)
        if one != chosen and len(differing(gathered.parameters, presets[one])) == _distance(gathered, preset)
    ]
    text = "\n".join(lines) + "\n"
    return Draft(name, gathered, chosen, overrides, weaker, signs, encrypts, text, source, () if profile else tuple(as_near))


def _distance(gathered: Gathered, preset: Layer) -> int:
    return len(differing(gathered.parameters, preset))


def _head(gathered: Gathered, profile: str, overrides: Mapping[str, Any], source: str) -> Iterable[str]:
    if source:
        yield f"# Imported from {_comment(source)}. Nothing is agreed before it is added: n2n partner add NAME --file."
    yield f"profile = {toml(profile)}"
    if gathered.name:
        yield f"title   = {toml(gathered.name)}"
    for key in _TOP:
        if key in overrides:
            yield f"{key} = {literal(overrides[key])}"
    if gathered.test_service is False and gathered.services:
        yield "test_service = false"


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def _parties(gathered: Gathered, overrides: Mapping[str, Any], ours: Sequence[PartyId]) -> Iterable[str]:
    yield from ("", "[partner]")
    yield from _party_ids("partner", gathered.partner, [("role", gathered.partner_role), ("url", gathered.url)])
    own = {(one.type, one.value) for one in ours} == {(one.type, one.value) for one in gathered.us}
    if gathered.us and (not own or gathered.our_role):
        yield from ("", "[us]")
        yield from _party_ids("us", () if own else gathered.us, [("role", gathered.our_role)])
    for which in ("initiator", "responder"):
        if f"{which}.role" in overrides:
            yield from ("", f"[{which}]", f"role = {toml(overrides[f'{which}.role'])}")
    if gathered.agreement_ref:
        yield from ("", "[agreement_ref]", f"value = {toml(gathered.agreement_ref.value)}")
        for key, value in (("type", gathered.agreement_ref.type), ("pmode", gathered.agreement_ref.pmode)):
            if value:
                yield f"{key:5} = {toml(value)}"


def _party_ids(table: str, party_ids: Sequence[PartyId], more: Sequence[tuple[str, str]]) -> Iterable[str]:
    if len(party_ids) == 1:
        yield f"party_id   = {toml(party_ids[0].value)}"
        if party_ids[0].type:
            yield f"party_type = {toml(party_ids[0].type)}"
    for key, value in more:
        if value:
            yield f"{key:10} = {toml(value)}"
    if len(party_ids) > 1:
        for one in party_ids:
            yield from ("", f"[[{table}.party_ids]]", f"value = {toml(one.value)}")
            if one.type:
                yield f"type  = {toml(one.type)}"


def _certificates(name: str, *, signs: bool, encrypts: bool) -> Iterable[str]:
    yield from ("", "[certificates]                          # names of files in certs/partners")
    if signs:
        yield f"sign    = {toml([f'{name}-sign'])}"
    if encrypts:
        yield f"encrypt = {toml([f'{name}-encrypt'])}"
    if not signs:
        # Nothing else would say who it is.
        yield f"tls     = {toml([f'{name}-tls'])}"


def _service(one: AgreedService) -> Iterable[str]:
    yield from ("", "[[service]]", f"value     = {toml(one.service.value)}")
    if one.service.type:
        yield f"type      = {toml(one.service.type)}"
    yield from (f"actions   = {toml(list(one.actions))}", f"direction = {toml(one.direction)}")
    binding = "sync" if one.sync else "" if one.pulled is None else "pull" if one.pulled else "push"
    for key, value in (("binding", binding), ("mpc", one.mpc), ("answers", one.answers)):
        if value:
            yield f"{key:9} = {toml(value)}"


def _legs(overrides: Mapping[str, Any]) -> Iterable[str]:
    legs = {key.removeprefix("leg."): value for key, value in overrides.items() if key.startswith("leg.")}
    if legs:
        yield from ("", "[leg]                                   # what differs from the preset")
    for key in PARAMETERS:
        name = key.removeprefix("leg.")
        if key.startswith("leg.") and name in legs:
            yield f"{name} = {literal(legs[name])}"


def _weakened(weaker: Iterable[Weakened], source: str) -> Iterable[str]:
    """`[[weakened]]`: the reader of agreements wants a reason for each."""
    for one in weaker:
        reason = toml(f"imported from {_comment(source)}")
        yield from ("", "[[weakened]]", f"parameter = {toml(one.key)}", f"reason    = {reason}")


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else toml(name)


def literal(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {literal(one)}" for key, one in value.items() if one is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    return toml(str(value))
