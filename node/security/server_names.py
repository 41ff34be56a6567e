"""Whether a certificate is that of a server by its name: exact, or with one pattern as the whole first label; common names count for nothing."""

import ipaddress

from cryptography import x509

from node.security.certificates import Certificate
from node.security.extensions import read_extensions
from node.security.trust import Untrusted


def check_server_name(certificate: Certificate, host: str) -> None:
    """Raises Untrusted where no alternative name of the certificate is the host, a DNS name in ASCII or an IP address."""
    names = read_extensions(certificate).alternative or ()
    # spec: RFC 9525 6
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        fits = any(isinstance(one, x509.DNSName) and _fits(one.value.lower(), host.lower()) for one in names)
    else:
        fits = any(isinstance(one, x509.IPAddress) and one.value == address for one in names)
    if not fits:
        held = ", ".join(str(one.value) for one in names if isinstance(one, x509.DNSName | x509.IPAddress))
        raise Untrusted(f"{certificate.subject}: is not the certificate of {host}; its names: {held[:300] or 'none'}")


def _fits(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == host
    # Of all hosts below a name of one label there is no one owner.
    first, _, rest = host.partition(".")
    return bool(first) and rest == pattern[2:] and "." in rest
