"""What stands in a home's files, read whole and checked, and the TLS that it asks for."""

import ssl
from collections.abc import Iterable
from pathlib import Path

from node.agreements.agreement import Known, Us
from node.agreements.agreements import Agreements, load_agreements
from node.agreements.arrangements import Arrangements, load_arrangements
from node.configuration import Problems
from node.home import Home, load_home
from node.keyring.folder import CertificateFolder, Passwords, read_folder
from node.keyring.keyring import Keyring
from node.keyring.passwords import CHOOSE, TRIED_FIRST, is_default
from node.transport.tls import TlsIdentity, TlsRules, client_context, server_context


class Setting:
    """What stands in a home's files, read whole: `problems` holds everything that is wrong with it."""

    def __init__(self, folder: Path, passwords: Passwords = lambda name: None) -> None:
        self.problems = Problems()
        self.home: Home = load_home(folder, self.problems)
        self.certificates: CertificateFolder = read_folder(self.home.certs, self.problems, passwords)
        own = {name: key.certificate for name, key in self.certificates.own.items()}
        partners = {name: one.certificate for name, one in self.certificates.partners.items()}
        us = Us(self.home.party_ids, self.home.keys.sign, self.home.keys.encrypt, self.home.role)
        self.known = Known(us, own, partners, self.home.presets, self.home.retention, self.certificates.trust)
        self.agreements: Agreements = load_agreements(self.home.partners, self.known, self.problems)
        self.arrangements: Arrangements = load_arrangements(folder, self.problems)
        self.keyring = Keyring(self.certificates, self.agreements.pinned(), passwords)
        self._check_names()

    def _check_names(self) -> None:
        """Names in node.toml that no file has."""
        for key, name in (("listen.tls", self.home.listen.key), ("keys.tls", self.home.keys.tls)):
            if name is not None and name not in self.certificates.own:
                self.problems.add("node.toml", key, f"certs/own has no key {name!r}", "put it there as PEM or PKCS#12")
        for one in self.agreements.partners():
            word = one.parameters["initiator.authorization.password"]
            held = self.keyring.password(word) if word else None
            # One in a file was judged with the file.
            if held is not None and is_default(held):
                self.problems.add(one.file, "initiator.authorization.password", TRIED_FIRST, CHOOSE)
            if word and held is None:
                remedy = f"write it into certs/own/{word}.password (chmod 600)"
                self.problems.add(one.file, "initiator.authorization.password", f"no password is called {word!r}", remedy)
        for name in self.home.listen.client_ca:
            if name not in self.certificates.trust:
                self.problems.add(
                    "node.toml", "listen.client_ca", f"certs/trust has no certificate {name!r}", "n2n cert add --trust FILE"
                )

    # -- TLS -----------------------------------------------------------------------------------------------------

    def server_tls(self) -> ssl.SSLContext | None:
        """The context for being called; None where a proxy on this machine speaks TLS."""
        listen = self.home.listen
        if listen.key is None:
            return None
        anchors = self._anchors(listen.client_ca or self.certificates.trust)
        agreed = (der for one in self.agreements.partners() for der in self.agreements.tls_certificates(one.partner))
        return server_context(
            TlsIdentity.of(self.certificates.own[listen.key]),
            {*anchors, *agreed},
            client_certificates=listen.client_certificates,
            rules=TlsRules(listen.minimum_tls),
        )

    def client_tls(self, partner: str, *, show: bool = True) -> ssl.SSLContext:
        """The context for calling a partner; with `trust = "pinned"` its server must show one of the agreed TLS certificates.

        Without `show` we come as a stranger who has no certificate.
        """
        name = self.home.keys.tls if show else None
        pinned = self.agreements.agreements[partner].certificates.trust == "pinned"
        return client_context(
            TlsIdentity.of(self.certificates.own[name]) if name else None,
            self._anchors(self.certificates.trust),
            tuple(self.agreements.tls_certificates(partner)) if pinned else (),
        )

    def _anchors(self, names: Iterable[str]) -> list[bytes]:
        return [certificate.der for name in names for certificate in self.certificates.trust[name]]
