"""Whose connection it is: TLS names the partner before a word of ebMS is believed."""

from node.ebms.errors import EbmsError, FailedAuthentication
from node.ebms.pmode import PMode
from node.msh.ports import Peer, Ports


def check_connection(pmode: PMode, peer: Peer, ports: Ports) -> None:
    """Where the agreement names TLS client certificates, a connection that the partner opened carries one of them."""
    if peer.called:
        return
    if not ports.agreements.tls_certificates(pmode.partner):
        return
    if peer.certificate not in ports.agreements.tls_certificates(pmode.partner, ports.clock.now()):
        raise EbmsError(FailedAuthentication, f"TLS client certificate from {peer.address}: none that {pmode.partner} agreed on")
    why = ports.keyring.why_no_connection(peer.certificate, ports.clock.now()) if peer.certificate else None
    if why:
        raise EbmsError(FailedAuthentication, f"TLS client certificate from {peer.address}: {why}")
