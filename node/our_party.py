"""Our side of a sheet: who we are, our certificates, address, calendar and documents."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from node.agreements.agreement import read_url
from node.agreements.terms import Ours
from node.configuration import Problems, Table, nearest
from node.security.certificates import Certificate
from node.setting import Setting
from node.sheets import shapes
from node.sheets.terms import certificates_of

#: What problems call the file of terms.
TERMS: Final = "terms"


class OurParty:
    """Our party of every sheet of one node."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._own = {name: key.certificate for name, key in setting.certificates.own.items()}

    def party(self, ours: Ours, current: Mapping[str, Any] | None) -> dict[str, Any]:
        """Our side: as the home has it, as it is agreed (`current`), or as the terms say; the last that says something. Raises ConfigurationError."""
        home, known = self._setting.home, self._setting.known
        was: Mapping[str, Any] = current or {}
        documents: Mapping[str, Any] = was.get("documents", {})
        certificates = self._certificates(ours, current)
        # What node.toml listens on counts for the first sheet alone: behind a gateway it is no address for a partner.
        endpoint = ours.url if ours.url is not None else self._address() if current is None else current["endpoint"]
        _check_address(endpoint)
        return {
            "name": ours.name or was.get("name") or home.party_ids[0].value,
            "party_ids": [{"value": one.value, "type": one.type} for one in known.us.party_ids],
            "role": ours.role or was.get("role") or known.us.role,
            "endpoint": endpoint,
            "host": home.host,
            "contacts": list(ours.contacts if ours.contacts is not None else was.get("contacts", ())),
            "certificates": certificates,
            "calendar": _plain(ours.calendar if ours.calendar is not None else was.get("calendar", {})),
            "documents": {
                "authorities": list(ours.authorities if ours.authorities is not None else documents.get("authorities", ())),
                "answers": list(ours.answers if ours.answers is not None else documents.get("answers", ("L2",))),
                "seals": ours.seals or documents.get("seals", "profile"),
                "signers": self._signers(ours, documents),
                "anchors": self._seal_anchors(ours, documents),
                "timestamp_anchors": list(documents.get("timestamp_anchors", ())),
            },
        }

    def _certificates(self, ours: Ours, current: Mapping[str, Any] | None) -> dict[str, Any]:
        keys = self._setting.home.keys
        made: dict[str, Any] = {"trust": "pinned"} if current is None else dict(current["certificates"])
        standard = {"sign": (keys.sign,), "encrypt": (keys.encrypt,), "tls": (keys.tls,) if keys.tls else (), "seal": ()}
        problems = Problems()
        for purpose, names in standard.items():
            said: tuple[str, ...] | None = getattr(ours, purpose)
            if said is None and current is not None:
                continue
            made |= {purpose: certificates_of("", {purpose: self._keys(purpose, said or names, problems)})[purpose]}
        if ours.anchors is not None or current is None:
            held = self._setting.certificates.trust
            for name in ours.anchors or ():
                if name not in held:
                    problems.add(TERMS, "ours.anchors", f"certs/trust has no certificate {name!r}", nearest(name, held))
            made |= {"anchors": self._anchors(ours.anchors or ())}
        problems.raise_if_any()
        return {**made, "trust": ours.trust or made["trust"]}

    def _anchors(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Files of certs/trust, as a sheet holds their certificates."""
        found: list[dict[str, Any]] = certificates_of("", {"anchors": self._setting.certificates.anchors(names)})["anchors"]
        return found

    def _keys(self, purpose: str, names: Sequence[str], problems: Problems) -> list[Certificate]:
        for name in names:
            if name not in self._own:
                problems.add(TERMS, f"ours.{purpose}", f"certs/own has no key {name!r}", nearest(name, self._own))
        return [self._own[name] for name in names if name in self._own]

    def _signers(self, ours: Ours, documents: Mapping[str, Any]) -> dict[str, list[str]]:
        if ours.seal is None and ours.authorities is None:
            return dict(documents.get("signers", {}))
        prints = [self._own[name].sha256 for name in ours.seal or () if name in self._own]
        authorities = ours.authorities if ours.authorities is not None else documents.get("authorities", ())
        return dict.fromkeys(authorities, prints) if prints else {}

    def _seal_anchors(self, ours: Ours, documents: Mapping[str, Any]) -> dict[str, list[str]]:
        if ours.anchors is None or not ours.authorities:
            return dict(documents.get("anchors", {}))
        ders = [one["der"] for one in self._anchors(ours.anchors)]
        return dict.fromkeys(sorted({one[:2] for one in ours.authorities}), ders)

    def _address(self) -> str:
        """Where partners reach us, as far as node.toml knows it. Raises ConfigurationError where it does not."""
        listen = self._setting.home.listen
        if listen.host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            problems = Problems()
            problems.add(
                "node.toml", "listen.host", f"{listen.host} is no address for a partner", "--url says how partners reach us"
            )
            problems.raise_if_any()
        return listen.url(listen.host, listen.port)


def _check_address(url: str) -> None:
    """The partner's node reads it as the address of its partner, and would refuse it then. Raises ConfigurationError."""
    problems = Problems()
    read_url(Table({"url": url}, TERMS, problems, "ours"))
    problems.raise_if_any()


def _plain(value: Any) -> Any:
    """Dates and times of TOML as a sheet writes them."""
    if isinstance(value, datetime):
        return shapes.write_instant(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
