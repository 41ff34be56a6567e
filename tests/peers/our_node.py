"""Our node as phase4's partner: a home made of the peer's keys, `n2n serve` in a process of its own, and the node beside it that submits and looks."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from node.agreements.writing import NewAgreement, agreement_text
from node.app import Node
from node.ebms.message import AgreementRef
from node.ebms.states import OutboundState
from node.home import init_home, put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import Exchange
from node.store.values import InboundMessage, RefusalLine
from tests.peers.counterparty import PATIENCE_SECONDS, Process

PARTY_TYPE = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:customs"
US = "OUR-CUSTOMS"
SERVICE, ACTION = "urn:example:peer:service", "Submit"
TYPED_SERVICE, SERVICE_TYPE = "customs", "urn:example:services"
AGREEMENT = AgreementRef("urn:example:agreement:7", "urn:example:agreements")
#: Our preset by the kind of keys.
PROFILES = {"rsa": "edelivery-as4-1.15", "ed": "edelivery-as4-2.0-eddsa", "ec": "edelivery-as4-2.0-ecdsa"}
T = TypeVar("T")


@dataclass(frozen=True)
class Partner:
    """One agreement with phase4; `of_leg` is the TOML under `[leg]` that differs from the preset, `tls` the name of an agreed TLS certificate."""

    name: str
    kind: str
    url: str
    of_leg: str = ""
    agreement: AgreementRef | None = None
    tls: str | None = None

    @property
    def party_id(self) -> str:
        return self.name.upper()


def make_home(
    folder: Path,
    keys: Path,
    port: int,
    partners: Iterable[Partner],
    tls: DemoAuthority | None = None,
    phase4_tls: Path | None = None,
) -> None:
    """The home of party a, whose partners are all phase4 as party b under different agreements."""
    init_home(folder, party_id=US, party_type=PARTY_TYPE, host="our.example", port=port, tls=tls is not None)
    put_certificate(folder, "trust", "peer-ca", (keys / "ca.pem").read_bytes())
    for kind in PROFILES:
        for use, short in (("sign", "sign"), ("encrypt", "enc")):
            pem = [(keys / f"a-{kind}-{short}.{what}.pem").read_bytes() for what in ("key", "cert")]
            # node.toml wants keys of these very names.
            for name in (f"{kind}-{use}", use) if kind == "rsa" else (f"{kind}-{use}",):
                put_own_key(folder, name, b"".join(pem))
            put_certificate(folder, "partners", f"{kind}-{use}", (keys / f"b-{kind}-{short}.cert.pem").read_bytes())
    if tls is not None and phase4_tls is not None:
        own = tls.issue(US, "ecdsa", "tls")
        put_own_key(folder, "tls", own.private_key + own.certificate)
        put_certificate(folder, "partners", "phase4-tls", phase4_tls.read_bytes())
    for partner in partners:
        write_agreement(folder, partner)


def write_agreement(home: Path, partner: Partner) -> None:
    """partners/NAME/agreement.toml."""
    new = NewAgreement(
        profile=PROFILES[partner.kind],
        party_id=partner.party_id,
        party_type=PARTY_TYPE,
        url=partner.url,
        services=[(SERVICE, None, [ACTION], "both"), (TYPED_SERVICE, SERVICE_TYPE, [ACTION], "both")],
        sign=[f"{partner.kind}-sign"],
        encrypt=[f"{partner.kind}-encrypt"],
        tls=[partner.tls] if partner.tls else [],
        agreement_ref=partner.agreement,
    )
    own_keys = f'\n[us]\nsign = "{partner.kind}-sign"\nencrypt = "{partner.kind}-encrypt"\n'
    leg = f"\n[leg]\n{partner.of_leg}\n" if partner.of_leg else ""
    (home / "partners" / partner.name).mkdir()
    (home / "partners" / partner.name / "agreement.toml").write_text(agreement_text(new) + own_keys + leg, "utf-8")


def until(look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)
    return found


class OurNode:
    """The node of a home, served by a process and asked by this one."""

    def __init__(self, home: Path) -> None:
        main = "import sys; from node.cli import main; sys.exit(main())"
        serve = [sys.executable, "-P", "-c", main, "--home", str(home), "serve", "--json", "--log", "json"]
        root = Path(__file__).parents[2]
        self.process = Process(serve, home.with_suffix(".log"), PYTHONPATH=str(root))
        self.url = str(self.process.event(0)["address"])
        self.node = Node.open(home)
        self.messages = self.node.messages
        self.inbox = home / "data" / "inbox"
        self.quarantine = home / "data" / "quarantine"

    def stop(self) -> None:
        self.node.close()
        self.process.stop()

    def ended(self, message_id: str, *states: OutboundState) -> Exchange:
        """An outbound message once it is in one of these states; in its last one if none is named."""

        def look() -> Exchange | None:
            found = self.messages.exchange(message_id)
            return found if found and found.state in (states or (OutboundState.ACKNOWLEDGED, OutboundState.FAILED)) else None

        return until(look)

    def attempted(self, message_id: str) -> Exchange:
        """An outbound message once its first attempt has come to its end."""

        def look() -> Exchange | None:
            found = self.messages.exchange(message_id)
            waiting = found is None or not found.attempts or found.state is OutboundState.SENDING
            return None if waiting else found

        return until(look)

    def delivered(self, partner: str, message_id: str) -> tuple[dict[str, Any], list[bytes]]:
        """message.json and the payload files of a message in the inbox."""

        def look() -> tuple[dict[str, Any], list[bytes]] | None:
            for folder in self.folders(partner):
                document = json.loads((folder / "message.json").read_text("utf-8"))
                if document["message_id"] == message_id:
                    return document, [(folder / one["file"]).read_bytes() for one in document["payloads"]]
            return None

        return until(look)

    def folders(self, partner: str) -> list[Path]:
        """What the Consumer of this partner's messages sees."""
        return sorted((self.inbox / partner).glob("[!.]*"))

    def accepted(self, message_id: str) -> InboundMessage | None:
        """The one inbound message with this id, if there is one."""
        found = self.messages.inbound(message_id)
        assert len(found) <= 1
        return found[0] if found else None

    def refusal(self, message_id: str) -> RefusalLine:
        """The line of the attempt log about a message that we refused."""
        return until(lambda: next((one for one in self.messages.refusals(20) if one.message_id == message_id), None))

    def left(self) -> list[Path]:
        """Octets on disk that nobody accepted."""
        return [path for path in self.quarantine.rglob("*") if path.is_file()]
