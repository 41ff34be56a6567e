"""Username tokens: written, read again, and proven."""

import pytest

from node.ebms.envelope import empty_body, open_envelope, write_envelope
from node.ebms.errors import EbmsError, FailedAuthentication
from node.ebms.header_writer import write_messaging
from node.ebms.message import MessageInfo, Messaging, PullRequest, SignalMessage
from node.security.claim import UsernameTokenClaim, read_pull_token
from node.security.username_token import PASSWORD_DIGEST, PASSWORD_TEXT, check_password, password_digest, pull_header

NONCE, CREATED = b"0123456789abcdef", "2026-11-24T08:00:00.000Z"
REQUEST = Messaging(signal_messages=(SignalMessage(MessageInfo(CREATED, "p@h"), pull_request=PullRequest("urn:m")),))


def read(header: bytes, soap: str = "1.2") -> UsernameTokenClaim | None:
    octets = write_envelope(header, write_messaging(REQUEST, "_m", soap), empty_body("_b", soap), soap_version=soap)
    return read_pull_token(open_envelope(octets))


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize("soap", ["1.1", "1.2"])
def test_what_is_written_proves_the_password(digest, soap):
    token = read(pull_header("<b>&", b"p<w", NONCE, CREATED, digest=digest, soap_version=soap), soap)
    assert token is not None
    assert (token.username, token.nonce, token.created) == ("<b>&", NONCE, CREATED)
    assert token.password_type == (PASSWORD_DIGEST if digest else PASSWORD_TEXT)
    assert (token.password == "p<w") is not digest
    check_password(token, "<b>&", b"p<w", digest=digest)


def test_the_digest_is_that_of_the_profile():
    # Computed with openssl: printf nonce created password | openssl sha1 -binary | base64
    assert password_digest(b"abc", "2003-07-16T01:24:32Z", b"secret") == "hxymXPVfX6NZwe+dvqcsoTAbOXM="


def token(**other: object) -> UsernameTokenClaim:
    values = {
        "username": "b",
        "password": password_digest(NONCE, CREATED, b"pw"),
        "password_type": PASSWORD_DIGEST,
        "nonce": NONCE,
        "created": CREATED,
    }
    return UsernameTokenClaim(**(values | other))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "password"),
    [
        (None, b"pw"),
        (token(), None),
        (token(), b"other"),
        (token(username="c"), b"pw"),
        (token(password=None), b"pw"),
        (token(nonce=b"short"), b"pw"),
        (token(nonce=b"0123456789abcdeg"), b"pw"),
        (token(created=None), b"pw"),
        (token(created="2026-11-24T08:00:01.000Z"), b"pw"),
        (token(password="pw", password_type=PASSWORD_TEXT), b"pw"),
        (token(password="pw", password_type=None), b"pw"),
    ],
)
def test_anything_else_is_refused(said, password):
    check_password(token(), "b", b"pw", digest=True)
    with pytest.raises(EbmsError) as refused:
        check_password(said, "b", password, digest=True)
    assert refused.value.definition is FailedAuthentication
    assert "pw" not in refused.value.detail.split()


def test_a_type_that_is_left_out_means_text():
    check_password(token(password="pw", password_type=None), "b", b"pw", digest=False)


def test_the_header_for_the_pull_holds_the_token_alone():
    header = pull_header("b", b"pw", NONCE, CREATED).replace(
        b"<wsse:UsernameToken>", b"<wsse:Other></wsse:Other><wsse:UsernameToken>"
    )
    with pytest.raises(EbmsError) as refused:
        read(header)
    assert refused.value.definition is FailedAuthentication


def test_no_header_is_no_token():
    assert read(b"") is None
