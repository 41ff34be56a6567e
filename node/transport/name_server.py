"""NAPTR records from DNS. dnspython is an extra (`discovery`): a home that names its publishers never loads it."""

from typing import Final

from node.discovery.naming import Naptr

_SECONDS: Final = 5.0


class NameServer:
    """`naming.Resolver` over the resolver of this machine, or one that is named. Raises ImportError without the extra."""

    def __init__(self, server: str | None = None, port: int = 53) -> None:
        import dns.resolver

        self._resolver = dns.resolver.Resolver(configure=server is None)
        if server is not None:
            self._resolver.nameservers, self._resolver.port = [server], port
        self._resolver.lifetime = _SECONDS

    def naptr(self, name: str) -> list[Naptr]:
        """The records of a name; none where it is not there. Raises OSError where nobody answers."""
        import dns.exception
        import dns.resolver

        try:
            found = self._resolver.resolve(name, "NAPTR", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise OSError(f"{name}: {error}") from error
        return [
            Naptr(
                one.order,
                one.preference,
                one.flags.decode("latin-1"),
                one.service.decode("latin-1"),
                one.regexp.decode("utf-8", "replace"),
            )
            for one in found
        ]
