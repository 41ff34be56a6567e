"""A sheet as one of its two sides sees it: the tables of an agreement.toml, with names for what the sheet holds as octets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from node.security.certificates import Certificate
from node.security.period import of_certificate
from node.sheets import shapes
from node.sheets.canonical import SheetRefused
from node.sheets.sheet import SIDES, Sheet, certificate_of, other


@dataclass(frozen=True, slots=True)
class View:
    """One side's view."""

    tables: Mapping[str, Any]
    #: What the profile and the agreement set, by the names of the parameters.
    parameters: Mapping[str, Any]
    #: Certificates of the partner by the names that the tables use.
    certificates: Mapping[str, Certificate]
    #: Anchors that count for this partner alone, likewise.
    anchors: Mapping[str, tuple[Certificate, ...]]


def side_of(sheet: Sheet, own: Mapping[str, Certificate]) -> str:
    """The side whose signing certificates are ours. Raises SheetRefused for none and for both."""
    held = {one.sha256 for one in own.values()}
    sides = [
        side
        for side in SIDES
        if not (side == "b" and sheet.is_open) and any(one.sha256 in held for one in sheet.certificates(side, "sign"))
    ]
    if len(sides) == 1:
        return sides[0]
    said = "both sides sign with keys of this node" if sides else "neither side signs with a key of this node (certs/own)"
    raise SheetRefused([("parties", said)])


def view(sheet: Sheet, side: str, partner: str, own: Mapping[str, Certificate]) -> View:
    """The tables of `side`; `own` holds the certificates of our keys by name. Raises SheetRefused for a key that we have not, and KeyError for an open offer."""
    body, us, them = sheet.body, sheet.party(side), sheet.party(other(side))
    names = _Names(partner)
    for purpose in ("sign", "encrypt", "tls", "seal"):
        names.put(purpose, them["certificates"][purpose])
    tables: dict[str, Any] = {
        "title": them["name"] or partner,
        "profile": body["profile"]["name"],
        "partner": {"party_ids": [_said(one) for one in them["party_ids"]], "url": them["endpoint"], **_role(them)},
        "us": {"party_ids": [_said(one) for one in us["party_ids"]], **_keys(us, own), **_role(us)},
        "certificates": {
            **{purpose: names.of(purpose) for purpose in ("sign", "encrypt", "tls")},
            "trust": them["certificates"]["trust"],
            "window": names.windows,
        },
        "service": [_service(one, side) for one in body["services"]],
        "test_service": body["test_service"],
        "documents": _documents(sheet, side, own, names),
        "calendar": _dated(them["calendar"]),
        "ladder": body["ladder"],
        "retention": body["retention"],
        "weakened": body["weakened"],
    }
    if body["agreement_ref"] is not None:
        tables["agreement_ref"] = _said(body["agreement_ref"])
    names.anchor("anchors", sheet.certificates(other(side), "anchors"))
    if them["certificates"]["trust"] == "path" and names.anchors:
        # The authorities of one partner say nothing about another.
        tables["certificates"]["anchors"] = list(names.anchors)
    return View(tables, body["profile"]["parameters"], names.certificates, names.anchors)


class _Names:
    """Names that no file of certs/ can have, the same for a certificate in every version."""

    def __init__(self, partner: str) -> None:
        self._partner = partner
        self.certificates: dict[str, Certificate] = {}
        #: From when until when those count that are not to be used as long as they are valid.
        self.windows: list[dict[str, Any]] = []
        self.anchors: dict[str, tuple[Certificate, ...]] = {}
        self._purposes: dict[str, list[str]] = {}

    def put(self, purpose: str, certificates: Sequence[Mapping[str, str]]) -> None:
        for said in certificates:
            one = certificate_of(said["der"])
            name = f"{self._partner}/{purpose}-{one.sha256[:16]}"
            self.certificates[name] = one
            if purpose != "seal":
                self.windows += self._window(name, one, said)
            self._purposes.setdefault(purpose, []).append(name)

    def _window(self, name: str, certificate: Certificate, said: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        since, until = shapes.read_instant(said["from"]), shapes.read_instant(said["until"])
        assert since is not None
        assert until is not None
        valid = of_certificate(certificate)
        shorter = {
            "from": since if valid.since and since > valid.since else None,
            # The last second of a sheet is part of it, that of a window is not.
            "until": until + timedelta(seconds=1) if valid.until and until < valid.until else None,
        }
        if any(shorter.values()):
            yield {"name": name, **_said(shorter)}

    def of(self, purpose: str) -> list[str]:
        return self._purposes.get(purpose, [])

    def with_print(self, sha256: str) -> str:
        return f"{self._partner}/seal-{sha256[:16]}"

    def anchor(self, use: str, certificates: tuple[Certificate, ...]) -> list[str]:
        if not certificates:
            return []
        name = f"{self._partner}/{use}"
        self.anchors[name] = certificates
        return [name]


def _said(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is null, which TOML does not know."""
    return {name: one for name, one in value.items() if one is not None}


def _role(party: Mapping[str, Any]) -> dict[str, str]:
    return {"role": party["role"]} if party["role"] is not None else {}


def _keys(us: Mapping[str, Any], own: Mapping[str, Certificate]) -> dict[str, str]:
    """The names of our keys whose certificates the sheet names, the first one that we have."""
    found = {}
    for purpose in ("sign", "encrypt"):
        agreed = [certificate_of(one["der"]) for one in us["certificates"][purpose]]
        name = next((name for one in agreed for name, held in own.items() if held == one), None)
        if name is not None:
            found[purpose] = name
        elif agreed:
            prints = ", ".join(one.sha256[:16] for one in agreed)
            raise SheetRefused([(f"certificates.{purpose}", f"certs/own has no key of the agreed certificates ({prints})")])
    return found


def _service(one: Mapping[str, Any], side: str) -> dict[str, Any]:
    direction = "both" if one["sender"] == "both" else "send" if one["sender"] == side else "receive"
    return {
        "value": one["value"],
        "actions": one["actions"],
        "direction": direction,
        "binding": one["binding"],
        "answers": one["answers"],
        **_said({"type": one["type"], "mpc": one["mpc"]}),
    }


def _documents(sheet: Sheet, side: str, own: Mapping[str, Certificate], names: _Names) -> dict[str, Any]:
    ours, theirs = sheet.party(side)["documents"], sheet.party(other(side))["documents"]
    seals = sheet.certificates(side, "seal")
    seal = next((name for one in seals for name, held in own.items() if held == one), "")
    anchors = {
        country: names.anchor(f"anchors-{country}", tuple(certificate_of(one) for one in ders))
        for country, ders in theirs["anchors"].items()
    }
    return {
        "check": sheet.body["check_documents"],
        "ours": ours["authorities"],
        "theirs": theirs["authorities"],
        "seal": seal,
        "seals": ours["seals"],
        "answers": ours["answers"],
        "anchors": {country: found for country, found in anchors.items() if found},
        "signers": {who: [names.with_print(one) for one in prints] for who, prints in theirs["signers"].items()},
        "timestamp_anchors": names.anchor("timestamp-anchors", tuple(certificate_of(one) for one in theirs["timestamp_anchors"])),
    }


def _dated(calendar: Mapping[str, Any]) -> dict[str, Any]:
    """Instants are texts in JSON and dates in TOML."""
    windows = calendar.get("window")
    if not isinstance(windows, list):
        return dict(calendar)
    return {**calendar, "window": [dict(_moments(one)) if isinstance(one, dict) else one for one in windows]}


def _moments(window: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in window.items():
        read = shapes.read_instant(value) if name in ("from", "to") and isinstance(value, str) else None
        yield name, read if isinstance(read, datetime) else value
