"""Editing one direction of a node's agreement."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.pair import Node, Pair
from node.ebms.pmode import PMode

PairOf = Callable[..., Pair]
DOCUMENT = b"<CertificateOfOrigin xmlns='urn:n2n:customs:co:1'><ID>1</ID></CertificateOfOrigin>"


def change(node: Node, edit: Callable[[PMode], PMode], *, inbound: bool = False) -> None:
    """Edit the P-Mode that `node` sends by, or with `inbound` the one it receives by."""
    agreements: Any = node.ports.agreements
    for pmode_id, pmode in list(agreements.pmodes.items()):
        if pmode.inbound is inbound:
            agreements.pmodes[pmode_id] = edit(pmode)


def leg(pmode: PMode, **parts: Any) -> PMode:
    return replace(pmode, leg=replace(pmode.leg, **parts))


def business(pmode: PMode, **parts: Any) -> PMode:
    return leg(pmode, business_info=replace(pmode.leg.business_info, **parts))


def security(pmode: PMode, **parts: Any) -> PMode:
    return leg(pmode, security=replace(pmode.leg.security, **parts))
