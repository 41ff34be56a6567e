"""The demo's two administrations: a throwaway authority, two node homes that know each other, and who seals documents in them."""

import shutil
import socket
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from node.agreements.writing import NewAgreement, agreement_text
from node.cli.problems import CommandFailed, ExitCode
from node.configuration import toml
from node.ebms.message import AgreementRef
from node.home import init_home, put_certificate, put_own_key, shipped_profiles
from node.keyring.demo_authority import DemoAuthority, Issued

#: Key kinds of each preset that the demo can run.
KEY_KINDS = {"edelivery-as4-1.15": "rsa3072", "edelivery-as4-2.0-eddsa": "eddsa", "edelivery-as4-2.0-ecdsa": "ecdsa"}
MARK = ".n2n-demo"
AGREEMENT = "urn:n2n:agreement:tw-kr:demo"
#: Issues certificates of origin in Korea.
CHAMBER = "KR-CCI-01"
#: Queries are answered on the connection on which they come.
ANSWERS = {"co.query-response": "co.query", "aeo.query-response": "aeo.query"}


@dataclass(frozen=True, slots=True)
class Administration:
    """One side of the demo."""

    name: str
    title: str
    party_id: str
    #: The authorities for which it speaks, the first one in what its node makes itself.
    authorities: tuple[str, ...]
    programme: str


TAIWAN = Administration("tw", "Taiwan", "TW-CUSTOMS", ("TW-CUSTOMS",), "TW-AEO")
KOREA = Administration("kr", "Korea", "KR-KCS", ("KR-KCS", "KR-CUSTOMS"), "KR-AEO")


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
    # Seals are made with keys of their own, elliptic whatever the messages are signed with.
    seals = {name: authority.issue(name, "ecdsa", "sign") for name in (TAIWAN.party_id, KOREA.party_id, CHAMBER)}
    for side, other in ((tw, kr), (kr, tw)):
        make_home(side, issued, authority.certificate)
        put_own_key(side.home, SEAL, seals[side.who.party_id].private_key + seals[side.who.party_id].certificate)
        with (side.home / "node.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[evidence]\nseal = "{SEAL}"\n')
        make_agreement(side, other, issued, profile)
        agree_on_documents(side, other, seals)
    # The chamber's key is in Korea; at home, too, only the chamber seals certificates.
    put_own_key(kr.home, "chamber", seals[CHAMBER].private_key + seals[CHAMBER].certificate)
    file = kr.home / "partners" / TAIWAN.name / "agreement.toml"
    file.write_text(file.read_text("utf-8") + f'"{CHAMBER}" = ["chamber"]\n', "utf-8")
    return tw, kr


def give_times(sides: Iterable[Side], url: str, anchor: bytes) -> None:
    """Both homes have what they log stamped by one authority for time."""
    for side in sides:
        put_certificate(side.home, "trust", TIME, anchor)
        file = side.home / "node.toml"
        asked = f'time_stamp_authority = "{url}"\ntime_stamp_trust = ["{TIME}"]\nallow_private = true\n'
        # The table is there already: make_sides names the key that seals.
        said = f"checkpoint_seconds = 2\ntime_stamp_seconds = 60\n{asked}"
        file.write_text(file.read_text("utf-8") + said, "utf-8")


#: The file of certs/trust that vouches for the demo's authority for time.
TIME = "demo-time"
USES = ("sign", "encrypt", "tls")
#: The own key that seals what a node makes.
SEAL = "seal"


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
        services=[(pack["service"], None, [one for one in pack["adds"] if one not in ANSWERS], "both") for pack, _ in packs()],
        sign=(f"{name}-sign",),
        encrypt=(f"{name}-encrypt",),
        tls=(f"{name}-tls",),
        agreement_ref=AgreementRef(AGREEMENT),
    )
    (side.home / "partners" / name).mkdir()
    (side.home / "partners" / name / "agreement.toml").write_text(agreement_text(new), "utf-8")


def agree_on_documents(side: Side, other: Side, seals: dict[str, Issued]) -> None:
    """Whose documents come from the other side, who seals them, how far they are answered, and the arrangement on operators."""
    who, signers = other.who, {}
    for authority, one in seals.items():
        if authority[:2] == who.party_id[:2]:
            name = f"{authority.lower()}-seal"
            put_certificate(side.home, "partners", name, one.certificate)
            signers[authority] = name
    # Their second authority is sealed for by the first one's key.
    signers |= {authority: signers[who.party_id] for authority in who.authorities if authority not in signers}
    text = [
        *(f'\n[[service]]\nvalue = "urn:n2n:customs:svc:{query[: query.index(".")]}"\nactions = ["{answer}"]\nanswers = "{query}"\nbinding = "sync"'
          for answer, query in ANSWERS.items()),
        "\n[documents]",
        f"ours = {toml(list(side.who.authorities))}",
        f"theirs = {toml(list(who.authorities))}",
        f'seal = "{SEAL}"',
        'answers = ["L2", "L3"]',
        "[documents.anchors]",
        f'{who.party_id[:2]} = ["demo-ca"]',
        "[documents.signers]",
        *(f'"{authority}" = ["{name}"]' for authority, name in signers.items()),
    ]  # fmt: skip
    file = side.home / "partners" / who.name / "agreement.toml"
    file.write_text(file.read_text("utf-8") + "\n".join(text) + "\n", "utf-8")
    (side.home / "aeo.toml").write_text(
        f"""[own]
authority = "{side.who.party_id}"
programme = "{side.who.programme}"

[[arrangement]]
partner = "{who.name}"
authority = "{who.party_id}"
programme = "{who.programme}"
country = "{who.party_id[:2]}"
profile = "mra.tw-kr.1"
every_hours = 24
full_every_days = 30
""",
        "utf-8",
    )


def packs() -> Iterator[tuple[dict, Path]]:  # type: ignore[type-arg]  # the shape of pack.toml is the pack's
    """Every document pack that ships with the node, with its folder."""
    for file in sorted((shipped_profiles() / "documents").glob("*/pack.toml")):
        yield tomllib.loads(file.read_text("utf-8")), file.parent
