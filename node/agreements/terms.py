"""`terms.toml`: what somebody wants to agree on, as one side writes it; it becomes the parts of a sheet that take no side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.agreements.agreement import DIRECTIONS, Known, read_agreement_ref, read_service
from node.agreements.parameters import PARAMETERS
from node.agreements.resolve import DEFAULTS, Layer, Resolved, read_layer, read_parameters
from node.agreements.retrying import TABLE, TEXT
from node.configuration import Problems, Table
from node.sheets.sheet import other

#: Keys that are P-Mode parameters.
_PARAMETERS: Final = ("mep", "mep_binding", "initiator", "responder", "leg")
#: Matters of one machine, which nobody agrees on.
_LOCAL: Final = ("leg.x.http.",)


@dataclass(frozen=True, slots=True)
class Ours:
    """`[ours]`: what these terms say about our own side; None for what they leave as it is."""

    name: str | None = None
    role: str | None = None
    url: str | None = None
    contacts: tuple[str, ...] | None = None
    trust: str | None = None
    #: The names of own keys whose certificates go into the sheet.
    sign: tuple[str, ...] | None = None
    encrypt: tuple[str, ...] | None = None
    tls: tuple[str, ...] | None = None
    seal: tuple[str, ...] | None = None
    #: Files of certs/trust whose authorities issued our certificates.
    anchors: tuple[str, ...] | None = None
    authorities: tuple[str, ...] | None = None
    answers: tuple[str, ...] | None = None
    seals: str | None = None
    calendar: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be agreed: parts of a body by their names, and what is said about our own side."""

    parts: Mapping[str, Any] = field(default_factory=dict)
    ours: Ours = field(default_factory=Ours)


def read_terms(
    tables: Mapping[str, Any], file: str, side: str, known: Known, problems: Problems, current: Mapping[str, Any] | None = None
) -> Terms:
    """The terms in tables, as `side` writes them. `current` is the body that they change; without it they are a whole agreement."""
    top = Table(tables, file, problems)
    parts: dict[str, Any] = {}
    overrides = {name: value for name, value in tables.items() if name in _PARAMETERS}
    profile, resolved = _resolved(top, overrides, file, known, problems, current)
    if current is None or "title" in tables:
        parts["title"] = top.text("title")
    if current is None or "agreement_ref" in tables:
        ref = read_agreement_ref(top)
        parts["agreement_ref"] = None if ref is None else {"value": ref.value, "type": ref.type, "pmode": ref.pmode}
    if current is None or "service" in tables:
        parts["services"] = [_service(one, side, resolved) for one in top.tables("service")]
    for name in ("test_service", "check_documents"):
        if current is None or name in tables:
            parts[name] = top.boolean(name, True)
    for name in ("ladder", "retention"):
        if current is None or name in tables:
            parts[name] = dict(top.rest(name))
    if current is None or "weakened" in tables:
        parts["weakened"] = [_weakened(one) for one in top.tables("weakened")]
    if current is None or overrides or "profile" in tables:
        parts["profile"] = {"name": profile, "parameters": _said(resolved)}
    top.asked |= set(_PARAMETERS)
    ours = _ours(top.table("ours"))
    top.finish()
    return Terms(parts, ours)


def _service(table: Table, side: str, parameters: Resolved) -> dict[str, Any]:
    agreed = read_service(table, parameters)
    sender = {DIRECTIONS[0]: "both", DIRECTIONS[1]: side, DIRECTIONS[2]: other(side)}[agreed.direction]
    binding = "sync" if agreed.sync else {None: "", False: "push", True: "pull"}[agreed.pulled]
    return {
        "value": agreed.service.value,
        "type": agreed.service.type,
        "actions": list(agreed.actions),
        "sender": sender,
        "binding": binding,
        "mpc": agreed.mpc,
        "answers": agreed.answers,
    }


def _weakened(table: Table) -> dict[str, str]:
    found = {name: table.text(name, required=True) for name in ("parameter", "reason")}
    table.finish()
    return found


def _resolved(
    top: Table, overrides: Mapping[str, Any], file: str, known: Known, problems: Problems, current: Mapping[str, Any] | None
) -> tuple[str, Resolved]:
    """The profile's name and every value that it sets and that the terms set, resolved now so that nothing changes it later."""
    name = top.optional("profile")
    if name is None and current is not None:
        base = DEFAULTS.under(read_parameters(current["profile"]["parameters"], file, problems))
        name = str(current["profile"]["name"])
    else:
        name = name or top.text("profile", required=True)
        preset = known.preset(name, problems) if name else None
        base = preset.resolved if preset else DEFAULTS
    said = read_layer(overrides, file, {}, problems)
    if TEXT in said.values:
        # A schedule as text takes the place of one as a table, which would win over it.
        schedule = {key: one.default for key, one in PARAMETERS.items() if key.startswith(f"{TABLE}.")}
        base = base.under(Layer("", schedule, {}))
    return name, base.under(said)


def _said(resolved: Resolved) -> dict[str, Any]:
    """The values that travel: what somebody chose and this node honours; what nobody chose is none, and stays here."""
    chosen = (key for key, one in PARAMETERS.items() if one.honoured and not key.startswith(_LOCAL))
    values = {key: _plain(resolved[key]) for key in chosen}
    return {key: value for key, value in values.items() if value not in (None, [])}


def prescribed(name: str, known: Known) -> Mapping[str, Any] | None:
    """What a profile says today, as a sheet would hold it; None where this node has none of this name."""
    preset = known.preset(name, Problems())
    if preset is None:
        return None
    return {key: _plain(preset.resolved[key]) for key in PARAMETERS}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _ours(table: Table) -> Ours:
    def texts(name: str) -> tuple[str, ...] | None:
        return table.texts(name) if name in table.values else None

    found = Ours(
        name=table.optional("name"),
        role=table.optional("role"),
        url=table.optional("url"),
        contacts=texts("contacts"),
        trust=table.choice("trust", "pinned", ("pinned", "path")) if "trust" in table.values else None,
        sign=texts("sign"),
        encrypt=texts("encrypt"),
        tls=texts("tls"),
        seal=texts("seal"),
        anchors=texts("anchors"),
        authorities=texts("authorities"),
        answers=texts("answers"),
        seals=table.optional("seals"),
        calendar=dict(table.rest("calendar")) if "calendar" in table.values else None,
    )
    table.asked |= {"contacts", "trust", "sign", "encrypt", "tls", "seal", "anchors", "authorities", "answers", "calendar"}
    table.finish()
    return found
