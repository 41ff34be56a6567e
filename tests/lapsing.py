"""A home in which everything that can lapse does so one day: a revocation list, versions of a sheet, an offer, updates by message, and a key that another one follows."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from node.foreseeing import foreseen
from node.home import put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.keyring.forecast import Ending
from node.keyring.revocations import Revocations
from node.security.certificates import Certificate, load_certificates
from node.setting import Setting
from node.sheets.sheet import Sheet
from node.sheets.signing import SignedSheet, sign
from node.sheets.terms import answered, following, offered
from node.store.agreed import StoredVersions
from node.store.messages import Store, open_store
from node.store.pending import pending
from node.store.people import Acted
from node.store.updates import Answer, Asked, Carrier, KeptUpdate, StoredUpdates
from node.updates.states import UpdateDirection
from node.updates.update import CONFIRM, REJECT, REQUEST, SERVICE, UpdateRequest
from node.updates.writing import replacing, write_update
from tests.agreed import key, party, signed, terms
from tests.homes import Side, agree, make_side
from tests.revoking import Telling

DAY = timedelta(days=1)
ADDRESS = "http://127.0.0.1:9"
BOTH = f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"]\n'


class Lapsing:
    """tw with its partner kr, whose certificates an authority must vouch for."""

    def __init__(self, root: Path, start: datetime, policy: str = "customs", switch: float | None = None) -> None:
        self.start = start
        self.authority = Telling(start, ADDRESS, "list", 4000)
        self.tw: Side = make_side(root, "tw", self.authority)
        self.kr: Side = make_side(root, "kr", self.authority)
        agree(self.tw, self.kr, more=BOTH)
        file = self.tw.folder / "partners" / "kr" / "agreement.toml"
        file.write_text(file.read_text().replace('trust   = "path"', f'trust   = "path"\npolicy = "{policy}"', 1))
        if switch is not None:
            self._follow(switch)
        self.setting = Setting(self.tw.folder)
        assert self.setting.problems.found == []
        self.store: Store = open_store(self.tw.folder / "data", lambda: "unique", start)
        database, writer = self.store.messages.database, self.store.messages.writer
        self.versions, self.updates = StoredVersions(database, writer), StoredUpdates(database, writer)
        self.revocations = Revocations(self.tw.folder / "data" / "revocations")

    def _follow(self, days: float) -> None:
        issued = DemoAuthority(self.start, days=4000).issue("tw", "ecdsa", "sign")
        put_own_key(self.tw.folder, "sign-2027", issued.private_key + issued.certificate)
        with (self.tw.folder / "node.toml").open("a") as toml:
            since = (self.start + days * DAY).isoformat()
            toml.write(f'\n[[keys.next]]\npurpose = "sign"\nname = "sign-2027"\nfrom = {since}\n')

    def foreseen(self, now: datetime) -> list[Ending]:
        return foreseen(self.setting, pending(self.store.messages.database), now)

    def at(self, days: float) -> datetime:
        return self.start + days * DAY

    def by(self, days: float, who: str = "ann") -> Acted:
        return Acted(who, self.at(days))

    # -- what may lapse ------------------------------------------------------------------------------------------

    def list(self, day: float, until: float) -> None:
        """A list of that day comes by hand."""
        octets = self.authority.list({}, self.at(day), (until - day) * DAY, int(day * 1000) + 1_000_000)
        self.revocations.take_list(octets, load_certificates(self.authority.certificate), "ca.crl", self.at(day))

    def first(self, day: float, until: float | None) -> Sheet:
        """The first version, which both signed."""
        end = None if until is None else self.at(until)
        sheet = answered(offered("urn:uuid:9", party("a"), terms(), self.at(day), end, "24h"), party("b"))
        return self._active(sheet, day)

    def follows(self, before: Sheet, day: float, until: float | None) -> Sheet:
        """The next version."""
        end = None if until is None else self.at(until)
        return self._active(following(before, dict(before.body), self.at(day), end, "24h"), day)

    def _active(self, sheet: Sheet, day: float) -> Sheet:
        kept = self.versions.accept("kr", signed(sheet), "a", self.by(day))
        self.versions.activate(kept.id, self.by(day))
        return sheet

    def offer(self, day: float, until: float, name: str = "urn:uuid:10") -> int:
        sheet = offered(name, party("a"), terms(), self.at(day), None, "24h")
        made = sign(SignedSheet(sheet), "a", key("a"), self.start)
        return self.versions.propose("kr", made, "a", self.by(day), answer_by=self.at(until)).id

    def asked(self, day: float, activate: float, respond: float | None = None, *, ours: bool = False) -> KeptUpdate:
        """An update of a certificate, theirs or ours."""
        old, new = self._certificates(ours=ours)
        until = None if respond is None else self.at(respond)
        request = UpdateRequest(
            *(f"r{day}{ours}", self.at(day), until, self.at(activate), "current", "updated"), (replacing(old, new, (), 1),)
        )
        direction = UpdateDirection.OUT if ours else UpdateDirection.IN
        content = write_update(request)
        asked = Asked("kr", direction, request.id, "" if ours else "x", content, Carrier(), until, self.at(activate))
        return self.updates.record(asked, self.by(day))[0]

    def accepted(self, kept: KeptUpdate, day: float) -> None:
        for who in ("ann", "ben"):
            self.updates.approve(kept.id, self.by(day, who), Answer(b"yes", f"answer-{kept.id}@tw"))

    def _certificates(self, *, ours: bool) -> tuple[Certificate, Certificate]:
        own: Any = self.setting.certificates.own
        if ours:
            return own["sign"].certificate, own["sign-2027"].certificate
        return self.setting.certificates.partners["kr-sign"].certificate, key("b").certificate

    def settle(self, now: datetime) -> None:
        """What a node that serves writes down by itself."""
        self.versions.settle(now)
        self.updates.expire(now)


def put_many(folder: Path, start: datetime, days: list[int]) -> None:
    """Certificates of every kind that end after so many days."""
    for name, length in enumerate(days):
        authority = DemoAuthority(start - DAY, days=length)
        issued = authority.issue(f"number {name}", "ecdsa", "sign")
        if name % 4 == 0:
            put_certificate(folder, "trust", f"ca-{name}", authority.certificate)
        elif name % 4 == 1:
            put_own_key(folder, f"sign-{name}", issued.private_key + issued.certificate)
        else:
            put_certificate(folder, "partners", f"kr-{name}", issued.certificate)
