"""Which addresses belong to the open network: an address that a stranger chose must lead nowhere else."""

import ipaddress
from typing import Final

#: Where a network translates IPv6 to IPv4 addresses (RFC 6052).
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether anybody on the Internet reaches the same machine by it."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if address in _TRANSLATED:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = getattr(address, "teredo", None)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global) and teredo is None
