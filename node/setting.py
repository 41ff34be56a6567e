"""What stands in a home's files, read whole and checked, and the TLS that it asks for."""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from node.agreements.agreement import Agreement, Known, Us
from node.agreements.agreements import Agreements, load_agreements, together
from node.agreements.arrangements import Arrangements, load_arrangements
from node.clock import SystemClock
from node.configuration import ConfigurationError, Problems, nearest
from node.fingerprint import fingerprint
from node.home import NODE_TOML, Home, load_home
from node.keyring.folder import CertificateFolder, Passwords, read_folder
from node.keyring.judgements import Judgements
from node.keyring.judging import Judging
from node.keyring.keyring import Keyring
from node.keyring.passwords import CHOOSE, TRIED_FIRST, is_default
from node.keyring.revocations import Revocations
from node.keyring.servers import Asked, Servers
from node.locating import Locations, load_locations
from node.msh.ports import StorageUnavailable
from node.security.certificates import Certificate
from node.security.keys import OwnKey, SoftwareKey
from node.security.period import of_certificate
from node.security.succession import Succession
from node.security.trust import Purpose
from node.store.agreed import KeptVersion
from node.store.updates import KeptUpdate
from node.transport.tls import TlsIdentity, TlsRules, client_context, server_context
from node.versions import read_updates, read_versions, replacements_of, take, with_new, without_unused

#: What authorities took back, below the data folder, and what verdicts rested on.
REVOCATIONS = "revocations"
JUDGED = "judged"


class Setting:
    """What stands in a home's files, and what was signed, read whole: `problems` holds everything that is wrong with it.

    A new version of an agreement is taken in by making another one; `now` tells which is in force.
    """

    def __init__(self, folder: Path, passwords: Passwords = lambda name: None, now: Callable[[], datetime] | None = None) -> None:
        self.problems, self.passwords = Problems(), passwords
        # Before anything is read: what is written meanwhile is noticed.
        self.fingerprint = fingerprint(folder)
        self.home: Home = load_home(folder, self.problems)
        files = read_folder(self.home.certs, self.problems, passwords)
        #: Why what was agreed by sheet or message could not be read: whoever opens the node is told, whoever only looks at the files goes on.
        self.unread: StorageUnavailable | None = None
        versions, updates = self._agreed()
        signed = take(versions, files, self.problems)
        replacements = replacements_of(updates, signed.certificates, self.home.keys.keep)
        self.certificates: CertificateFolder = with_new(signed.certificates, replacements)
        own = {name: key.certificate for name, key in self.certificates.own.items()}
        partners = {name: one.certificate for name, one in self.certificates.partners.items()}
        us = Us(self.home.party_ids, self.home.keys.sign, self.home.keys.encrypt, self.home.role)
        following = self.home.keys.following
        self.known = Known(
            us, own, partners, self.home.presets, self.home.retention, self.certificates.trust, following=following
        )
        self.agreements: Agreements = load_agreements(
            *(self.home.partners, self.known, self.problems, signed.said, now or SystemClock().now, replacements)
        )
        self.certificates = without_unused(self.certificates, replacements, self.agreements.periods())
        self.arrangements: Arrangements = load_arrangements(folder, self.problems)
        self.revocations = Revocations(self.home.data / REVOCATIONS)
        self.judgements = Judgements(self.home.data / REVOCATIONS / JUDGED)
        pinned, trusting = self.agreements.pinned(), self.agreements.trusting()
        judging = Judging(self.certificates, pinned, trusting, self.revocations, self.judgements)
        above = (one for partner in self.certificates.partners.values() for one in partner.above)
        #: What partners' servers show when we call them is judged here.
        self.servers = Servers(self.revocations, above, self.judgements)
        #: Which of our keys is used when.
        self.own = replace(self.home.keys, resends=self.agreements.longest_resend())
        self.keyring = Keyring(
            self.certificates, pinned, passwords, judging=judging, own=self.own, periods=self.agreements.periods()
        )
        self.locations: Locations = load_locations(folder, self.certificates.trust, self.problems)
        self._check_names()

    def _agreed(self) -> tuple[list[KeptVersion], list[KeptUpdate]]:
        try:
            return read_versions(self.home, self.problems), read_updates(self.home)
        except StorageUnavailable as error:
            self.unread = error
        except ConfigurationError as error:
            self.problems.found += error.problems
        return [], []

    def _check_names(self) -> None:
        """Names in node.toml that no file has."""
        named = (
            ("listen.tls", self.home.listen.key),
            ("keys.tls", self.home.keys.tls),
            ("evidence.key", self.home.proofs.key),
            ("evidence.seal", self.home.proofs.seal),
        )
        for key, name in named:
            if name is not None and name not in self.certificates.own:
                self.problems.add("node.toml", key, f"certs/own has no key {name!r}", "put it there as PEM or PKCS#12")
        self._check_token_keys(self.agreements, self.problems)
        check_next_keys(self.home.keys, self.certificates.own, self.problems)
        self._check_partners(self.agreements.partners(), self.problems)
        named_trust = (("listen.client_ca", self.home.listen.client_ca), ("evidence.time_stamp_trust", self.home.proofs.trust))
        for key, names in named_trust:
            for name in names:
                if name not in self.certificates.trust:
                    self.problems.add("node.toml", key, f"certs/trust has no certificate {name!r}", "n2n cert add --trust FILE")

    def _check_partners(self, agreements: Iterable[Agreement], problems: Problems) -> None:
        """What agreements ask of the rest of this home."""
        for one in agreements:
            word = one.parameters["initiator.authorization.password"]
            held = self.keyring.password(word) if word else None
            # One in a file was judged with the file.
            if held is not None and is_default(held):
                problems.add(one.file, "initiator.authorization.password", TRIED_FIRST, CHOOSE)
            if word and held is None:
                remedy = f"write it into certs/own/{word}.password (chmod 600)"
                problems.add(one.file, "initiator.authorization.password", f"no password is called {word!r}", remedy)
            self._check_tls_floor(one, problems)

    def _check_tls_floor(self, agreement: Agreement, problems: Problems) -> None:
        """We are called by all partners at one address, before we know by whom: its floor is as high as that of any agreement."""
        listen, floor = self.home.listen, str(agreement.parameters["leg.protocol.security.protocol_version"])
        # Versions of one digit compare as text. Where a proxy speaks TLS, it has the floor.
        if listen.key is not None and floor > listen.minimum_tls:
            key, said = (
                "leg.protocol.security.protocol_version",
                f"{floor} is agreed, and listen.minimum_tls of node.toml lets in",
            )
            problems.add(agreement.file, key, f"{said} {listen.minimum_tls}", f'write minimum_tls = "{floor}" there')

    def _check_token_keys(self, agreements: Agreements, problems: Problems) -> None:
        """Keys in a token sign, and decrypt where they are RSA keys; they are for nothing else."""
        held = {name: key for name, key in self.certificates.own.items() if not isinstance(key, SoftwareKey)}
        tls = {self.home.listen.key, *(one.name for one in self.own.turns("tls"))}
        encrypt = {*(one.name for one in self.own.turns("encrypt")), *(one.us.encrypt for one in agreements.partners())}
        for name, key in held.items():
            remedy = "use a key in a file, a credential or a variable"
            if name in tls:
                problems.add(NODE_TOML, "keys.tls", f"{name!r} lies in a token, which cannot speak TLS here", remedy)
            if name in encrypt and not isinstance(key.certificate.public_key, rsa.RSAPublicKey):
                problem = f"{name!r} lies in a token, and only an RSA key can decrypt there"
                problems.add(NODE_TOML, "keys.encrypt", problem, remedy)

    def check_with(self, agreement: Agreement, known: Known, problems: Problems) -> None:
        """Note what would keep this home from starting with one more version of an agreement, and does not now."""
        more = Problems()
        made = together([*self.agreements.every(), agreement], known, more)
        self._check_partners([agreement], more)
        self._check_token_keys(made, more)
        problems.found += [one for one in more.found if one not in self.problems.found]

    def known_with(self, partners: Mapping[str, Certificate], anchors: Mapping[str, Sequence[Certificate]]) -> Known:
        """What names may refer to, with certificates that a sheet brings along."""
        known = self.known
        return replace(known, partners={**known.partners, **partners}, trust={**known.trust, **anchors})

    # -- TLS -----------------------------------------------------------------------------------------------------

    def server_tls(self, now: datetime) -> ssl.SSLContext | None:
        """The context for being called; None where a proxy on this machine speaks TLS."""
        listen = self.home.listen
        if listen.key is None:
            return None
        name = self.own.current("tls", listen.key, now) or listen.key
        anchors = (one.der for one in self.certificates.anchors(listen.client_ca or self.certificates.trust))
        agreed = (der for one in self.agreements.partners() for der in self.agreements.tls_certificates(one.partner, now))
        return server_context(
            TlsIdentity.of(self.certificates.own[name]),
            {*anchors, *agreed},
            client_certificates=listen.client_certificates,
            rules=TlsRules(listen.minimum_tls),
        )

    def client_tls(self, partner: str, now: datetime, key: str | None = None, *, show: bool = True) -> ssl.SSLContext:
        """The context for calling a partner, with our key of now or another one; without `show` we come as a stranger who has no certificate.

        With `trust = "pinned"` its server must show one of the agreed TLS certificates. What it shows is judged by the policy of the agreement.
        """
        name = key or self.own.current("tls", self.home.keys.tls, now) if show else None
        agreed = self.agreements.agreements[partner].certificates
        pinned = agreed.trust == "pinned" and bool(self.agreements.tls_certificates(partner))
        anchors = self.certificates.anchors(agreed.trusting.anchors.get(Purpose.TLS_SERVER, self.certificates.shared))
        return client_context(
            TlsIdentity.of(self.certificates.own[name]) if name else None,
            [one.der for one in anchors],
            tuple(self.agreements.tls_certificates(partner, now)) if pinned else None,
            TlsRules(self.agreements.minimum_tls(partner)),
            self.servers.judge(Asked(partner, agreed.trusting.policy, anchors, pinned), self.agreements.now),
        )

    def tls_until(self, now: datetime) -> datetime | None:
        """When the TLS of this home changes next by itself: to another key of ours, or of a partner."""
        agreed = self.agreements.periods()
        names = {name for one in self.agreements.partners() for name in one.certificates.tls}
        theirs = (instant for name in names for period in agreed.get(name, ()) for instant in period.instants())
        return min((one for one in (*self.own.instants(("tls",)), *theirs) if one > now), default=None)


def check_next_keys(keys: Succession, own: Mapping[str, OwnKey], problems: Problems) -> None:
    """Every key that follows is there, and its certificate is valid when it begins."""
    for i, one in enumerate(keys.following, 1):
        where = f"keys.next[{i}]"
        held = own.get(one.name)
        if held is None:
            problems.add(NODE_TOML, f"{where}.name", f"certs/own has no key {one.name!r}", nearest(one.name, own))
            continue
        valid = of_certificate(held.certificate)
        if valid.since and one.since < valid.since:
            remedy = "begin later, or have it issued anew"
            problems.add(
                NODE_TOML,
                f"{where}.from",
                f"the certificate of {one.name!r} is not valid before {valid.since:%Y-%m-%dT%H:%MZ}",
                remedy,
            )
        elif valid.until and one.since >= valid.until:
            remedy = "name a key whose certificate is valid then"
            problems.add(
                NODE_TOML, f"{where}.from", f"the certificate of {one.name!r} ends {valid.until:%Y-%m-%dT%H:%MZ}", remedy
            )
