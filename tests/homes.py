"""Node homes for tests: two customs administrations that agreed on one service, keys of a throwaway authority, ports that were free a moment ago."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from node.agreements.writing import NewAgreement, agreement_text
from node.home import init_home, put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority, Issued

PARTY_TYPE = "urn:oasis:names:tc:ebcore:partyid-type:unregistered"
SERVICE = "urn:n2n:test:svc:any"
ACTION = "co.certificate"
PURPOSES = ("sign", "encrypt", "tls")


@dataclass(frozen=True)
class Side:
    """One home, and what a test must know of it."""

    name: str
    folder: Path
    port: int
    issued: dict[str, Issued]

    @property
    def party_id(self) -> str:
        return f"{self.name.upper()}-CUSTOMS"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/as4"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def make_side(root: Path, name: str, authority: DemoAuthority, trusted: bytes | None = None) -> Side:
    """A home with its keys and without partners."""
    # Elliptic keys: quick to make.
    issued = {use: authority.issue(name, "ecdsa", use) for use in PURPOSES}
    side = Side(name, root / name, free_port(), issued)
    init_home(
        side.folder, party_id=side.party_id, party_type=PARTY_TYPE, host=f"{name}.example", port=side.port, client_ca=["ca"]
    )
    put_certificate(side.folder, "trust", "ca", trusted or authority.certificate)
    for use, one in issued.items():
        put_own_key(side.folder, use, one.private_key + one.certificate)
    return side


def agree(us: Side, them: Side, *, tls: bool = True, trust: str = "path", more: str = "") -> None:
    """Write our agreement with a partner; `more` is TOML that overrides the preset."""
    for use in PURPOSES:
        put_certificate(us.folder, "partners", f"{them.name}-{use}", them.issued[use].certificate)
    new = NewAgreement(
        profile="edelivery-as4-2.0-ecdsa",
        party_id=them.party_id,
        party_type=PARTY_TYPE,
        # The pinned certificate is proof enough; a path needs the name.
        url=them.url.replace("127.0.0.1", "localhost") if trust == "path" else them.url,
        services=[(SERVICE, None, [ACTION], "both")],
        sign=[f"{them.name}-sign"],
        encrypt=[f"{them.name}-encrypt"],
        tls=[f"{them.name}-tls"] if tls else [],
        trust=trust,
    )
    folder = us.folder / "partners" / them.name
    folder.mkdir(parents=True)
    (folder / "agreement.toml").write_text(agreement_text(new) + more)


def make_pair(root: Path, **how: str) -> tuple[Side, Side]:
    """Two homes that know each other: tw and kr."""
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(root, "tw", authority), make_side(root, "kr", authority)
    agree(tw, kr, **how)  # type: ignore[arg-type]
    agree(kr, tw, **how)  # type: ignore[arg-type]
    return tw, kr
