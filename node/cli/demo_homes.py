"""The demo's two administrations: a throwaway authority, two node homes that know each other, and the samples they exchange."""

import shutil
import socket
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from node.agreements.writing import NewAgreement, agreement_text
from node.cli.problems import CommandFailed, ExitCode
from node.ebms.message import AgreementRef
from node.home import init_home, put_certificate, put_own_key, shipped_profiles
from node.keyring.demo_authority import DemoAuthority, Issued

#: Key kinds of each preset that the demo can run.
KEY_KINDS = {"edelivery-as4-1.15": "rsa3072", "edelivery-as4-2.0-eddsa": "eddsa", "edelivery-as4-2.0-ecdsa": "ecdsa"}
MARK = ".n2n-demo"
AGREEMENT = "urn:n2n:agreement:tw-kr:demo"


@dataclass(frozen=True, slots=True)
class Administration:
    """One side of the demo."""

    name: str
    title: str
    party_id: str


TAIWAN = Administration("tw", "Taiwan", "TW-CUSTOMS")
KOREA = Administration("kr", "Korea", "KR-KCS")


@dataclass(frozen=True, slots=True)
class Sample:
    """One document of a pack and who sends it."""

    file: Path
    type_id: str
    service: str
    sender: Administration
    receiver: Administration


@dataclass(frozen=True, slots=True)
class Side:
    """One administration with its home and address."""

    who: Administration
    home: Path
    port: int

    @property
    def url(self) -> str:
        """Where the other one sends to."""
        return f"https://127.0.0.1:{self.port}/as4"


def make_sides(folder: Path, profile: str, now: datetime) -> tuple[Side, Side]:
    """Two homes under `folder`, each with its own keys, the other's certificates, and one agreement between them."""
    clear(folder)
    tw, kr = (Side(who, folder / who.name, port) for who, port in zip((TAIWAN, KOREA), free_ports(2), strict=True))
    authority = DemoAuthority(now)
    issued = {
        (side.who.name, use): authority.issue(side.who.party_id, KEY_KINDS[profile], use) for side in (tw, kr) for use in USES
    }
    for side, other in ((tw, kr), (kr, tw)):
        make_home(side, issued, authority.certificate)
        make_agreement(side, other, issued, profile)
    return tw, kr


USES = ("sign", "encrypt", "tls")


def clear(folder: Path) -> None:
    """An empty folder; one that no demo made is left alone."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise CommandFailed(ExitCode.USAGE, str(folder), "is not empty and no demo made it", "choose another with --dir")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody uses now."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def make_home(side: Side, issued: dict[tuple[str, str], Issued], anchor: bytes) -> None:
    """One home with its own keys."""
    init_home(
        side.home,
        party_id=side.who.party_id,
        party_type="urn:oasis:names:tc:ebcore:partyid-type:unregistered:customs",
        host=f"node.{side.who.name}.example",
        port=side.port,
        client_ca=["demo-ca"],
    )
    put_certificate(side.home, "trust", "demo-ca", anchor)
    for use in USES:
        one = issued[side.who.name, use]
        put_own_key(side.home, use, one.private_key + one.certificate)


def make_agreement(side: Side, other: Side, issued: dict[tuple[str, str], Issued], profile: str) -> None:
    """What this side holds of the other: certificates, address, services and actions of every pack."""
    name = other.who.name
    for use in USES:
        put_certificate(side.home, "partners", f"{name}-{use}", issued[name, use].certificate)
    new = NewAgreement(
        profile=profile,
        party_id=other.who.party_id,
        party_type="urn:oasis:names:tc:ebcore:partyid-type:unregistered:customs",
        url=other.url,
        services=[(pack["service"], None, pack["adds"], "both") for pack, _ in packs()],
        sign=(f"{name}-sign",),
        encrypt=(f"{name}-encrypt",),
        tls=(f"{name}-tls",),
        agreement_ref=AgreementRef(AGREEMENT),
    )
    (side.home / "partners" / name).mkdir()
    (side.home / "partners" / name / "agreement.toml").write_text(agreement_text(new), "utf-8")


def packs() -> Iterator[tuple[dict, Path]]:  # type: ignore[type-arg]  # the shape of pack.toml is the pack's
    """Every document pack that ships with the node, with its folder."""
    for file in sorted((shipped_profiles() / "documents").glob("*/pack.toml")):
        yield tomllib.loads(file.read_text("utf-8")), file.parent


def samples() -> list[Sample]:
    """One message per sample of every pack; the document itself says who sends it."""
    found = []
    for pack, folder in packs():
        for name, type_id in pack.get("samples", {}).items():
            file = folder / "samples" / "good" / name
            from_taiwan = b"<SenderAuthority>TW-" in file.read_bytes()
            sender, receiver = (TAIWAN, KOREA) if from_taiwan else (KOREA, TAIWAN)
            found.append(Sample(file, type_id, pack["service"], sender, receiver))
    return found
