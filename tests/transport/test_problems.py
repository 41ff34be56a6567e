"""Each exception of the HTTP library becomes the sentence that an operator can act on."""

import errno
import ssl

import aiohttp
import pytest

from node.transport.problems import connection_sentence, explain, sentence, tls_sentence


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ECONNREFUSED, "nothing listens"),
        (errno.ECONNRESET, "was reset"),
        (errno.EHOSTUNREACH, "does not reach"),
        (errno.EMFILE, "the connection failed: too many"),
    ],
)
def test_socket_errors_have_words(number: int, expected: str) -> None:
    assert expected in connection_sentence(OSError(number, "too many"))


def test_our_refused_certificate_is_named_as_the_cause() -> None:
    error = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required")
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert "refused our TLS certificate" in tls_sentence(error)


def test_a_tls_error_is_found_below_the_library_s_own() -> None:
    outer = aiohttp.ClientOSError("write failed")
    outer.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    assert "certificate is not trusted" in sentence(outer)


def test_anything_else_keeps_its_name() -> None:
    assert str(explain(RuntimeError("odd"), "b:443")) == "b:443: RuntimeError: odd"


def test_what_the_partner_sent_is_not_repeated() -> None:
    noisy = aiohttp.http_exceptions.BadHttpMessage("Data after `Connection: close`:\n\n  b'<secret/>'\n    ^")
    error = aiohttp.ClientResponseError(None, (), status=400, message=noisy.message)  # type: ignore[arg-type]
    assert sentence(error) == "the answer is no valid HTTP: Data after `Connection: close`"
    error = aiohttp.ClientResponseError(None, (), status=400, message="x" * 9000)  # type: ignore[arg-type]
    assert len(sentence(error)) < 300
