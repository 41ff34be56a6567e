"""One sentence for each way in which calling a partner fails."""

import errno
import ssl

import aiohttp

from node.msh.ports import TransportError

#: Characters of a library's own words in a sentence.
MOST_WORDS = 200
_NO_URL = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
#: What OpenSSL says when the partner's server did not like our certificate.
_CERTIFICATE_ALERTS = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "CERTIFICATE_UNKNOWN",
    "HANDSHAKE_FAILURE",
    "ACCESS_DENIED",
)

# Most specific first: aiohttp's classes inherit from each other, from OSError and from TimeoutError.
_SENTENCES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (_NO_URL, "the address in the agreement is no http or https URL"),
    (
        aiohttp.ClientConnectorDNSError,
        "the host name cannot be resolved; check the address and the name service",
    ),
    (aiohttp.ConnectionTimeoutError, "no connection in time; a firewall may drop it, or the server is down"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
)
_OF_THE_ANSWER: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ClientResponseError, "the answer is no valid HTTP"),
    (aiohttp.ClientPayloadError, "the answer broke off or is wrongly coded"),
)


def explain(error: Exception, where: str) -> TransportError:
    """The TransportError for what aiohttp raised while calling `where` (host and port)."""
    return TransportError(f"{where}: {sentence(error)}", retryable=not isinstance(error, _NO_URL))


def sentence(error: BaseException) -> str:
    """What happened, and where it is known what to look at."""
    for kind, words in _SENTENCES:
        if isinstance(error, kind):
            return words
    tls = _tls_cause(error)
    if tls is not None:
        return tls_sentence(tls)
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
        return connection_sentence(cause)
    for kind, words in _OF_THE_ANSWER:
        if isinstance(error, kind):
            return f"{words}: {_first_line(str(getattr(error, 'message', error)))}"
    return "no answer in time" if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"


def _first_line(text: str) -> str:
    """What aiohttp says in its first line; in the next ones it repeats what the partner sent, which may be a whole receipt."""
    line = text.partition("\n")[0].strip().rstrip(":")
    return line if len(line) <= MOST_WORDS else line[:MOST_WORDS] + "..."


def connection_sentence(error: OSError) -> str:
    """A sentence for a socket's error number."""
    if error.errno == errno.ECONNREFUSED:
        return "nothing listens there (connection refused)"
    if error.errno in (errno.ECONNRESET, errno.EPIPE):
        return "the connection was reset while the message travelled"
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return "the network does not reach it"
    return f"the connection failed: {error.strerror or error}"


def tls_sentence(error: ssl.SSLError) -> str:
    """A sentence for a failed handshake: their certificate, our certificate, or no common TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = getattr(error, "verify_message", "") or (error.args[-1] if error.args else "")
        return f"the server's TLS certificate is not trusted: {reason}"
    reason = error.reason or str(error)
    if any(alert in reason for alert in _CERTIFICATE_ALERTS):
        return (
            f"the server refused our TLS certificate or offers no common TLS ({reason}); does the partner have our certificate?"
        )
    return f"TLS failed: {reason}"


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    seen: BaseException | None = error
    while seen is not None:
        # aiohttp's class is one of ssl's too, and its words are those of what it holds in a form that is not for people.
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, aiohttp.ClientConnectorCertificateError):
            return seen
        inner = getattr(seen, "certificate_error", None) or getattr(seen, "os_error", None)
        seen = inner if isinstance(inner, BaseException) and inner is not seen else seen.__cause__ or seen.__context__
    return None
