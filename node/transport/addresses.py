"""Which addresses belong to the open network: an address that a stranger chose must lead nowhere else."""

import ipaddress
from typing import Final

#: Where a network translates IPv6 to IPv4 addresses (RFC 6052).
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
#: The part of IPv6 that is given out to networks; what lies beside it is old, reserved, or stands for something else. Source: RFC 4291 2.4.
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")
#: For examples, and to hand 6to4 over to whoever is near. Source: RFC 9637, RFC 7526.
_NEVER: Final = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("192.88.99.0/24"))


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether anybody on the Internet reaches the same machine by it."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if address in _TRANSLATED:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.version == 6 and inner is None and address not in _GIVEN_OUT:
        return False
    if any(address in one for one in _NEVER):
        return False
    teredo = getattr(address, "teredo", None)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global) and teredo is None
