"""TLS client certificates: asked of who calls us, never of whom we called."""

from dataclasses import replace

import pytest

from node.ebms.errors import EbmsError, FailedAuthentication
from node.msh.connection import check_connection
from node.msh.ports import Peer


@pytest.fixture
def node(pair_of, monkeypatch):
    b = pair_of().b
    monkeypatch.setattr(b.ports.agreements, "tls_certificates", lambda partner, now=None: {b"a's"} if partner == "a" else set())
    return b


def test_a_caller_shows_an_agreed_certificate(node):
    pmode = node.ports.agreements.get("a-b:co.certificate")
    check_connection(pmode, Peer("1.2.3.4", b"a's"), node.ports)
    for other in (None, b"b's"):
        with pytest.raises(EbmsError) as refused:
            check_connection(pmode, Peer("1.2.3.4", other), node.ports)
        assert refused.value.definition is FailedAuthentication


def test_whom_we_called_has_shown_a_server_certificate(node):
    check_connection(node.ports.agreements.get("a-b:co.certificate"), Peer("a.example", called=True), node.ports)


def test_where_none_is_agreed_none_is_asked_for(node):
    pmode = replace(node.ports.agreements.get("a-b:co.certificate"), partner="c")
    check_connection(pmode, Peer("1.2.3.4"), node.ports)


def test_an_agreed_certificate_that_was_taken_back_opens_nothing(node, monkeypatch):
    pmode = node.ports.agreements.get("a-b:co.certificate")
    monkeypatch.setattr(node.ports.keyring, "why_no_connection", lambda certificate, now: "CN=a: revoked", raising=False)
    with pytest.raises(EbmsError, match=r"1\.2\.3\.4: CN=a: revoked") as refused:
        check_connection(pmode, Peer("1.2.3.4", b"a's"), node.ports)
    assert refused.value.definition is FailedAuthentication
