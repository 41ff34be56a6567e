"""Namespaces and identifiers are spelled as their specifications spell them, typed again here."""

import pytest

from node.ebms import namespaces

CORE = "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
WSS_2004 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-"

PRINTED = {
    "EB": CORE,
    "S12": "http://www.w3.org/2003/05/soap-envelope",
    "S11": "http://schemas.xmlsoap.org/soap/envelope/",
    "WSSE": f"{WSS_2004}secext-1.0.xsd",
    "WSSE11": "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd",
    "WSU": f"{WSS_2004}utility-1.0.xsd",
    "DS": "http://www.w3.org/2000/09/xmldsig#",
    "DSIG11": "http://www.w3.org/2009/xmldsig11#",
    "DSIG_MORE": "http://www.w3.org/2021/04/xmldsig-more#",
    "EC": "http://www.w3.org/2001/10/xml-exc-c14n#",
    "XENC": "http://www.w3.org/2001/04/xmlenc#",
    "XENC11": "http://www.w3.org/2009/xmlenc11#",
    # No slash at the end.
    "EBBP": "http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0",
    "WSA": "http://www.w3.org/2005/08/addressing",
    # Part 2's spelling, of the two that are in use (trap 33).
    "EBINT": "http://docs.oasis-open.org/ebxml-msg/ns/ebms/v3.0/multihop/200902/",
    "MF": "http://docs.oasis-open.org/ebxml-msg/ns/v3.0/mf/2010/04/",
    "XML": "http://www.w3.org/XML/1998/namespace",
    "ONE_WAY": f"{CORE}oneWay",
    "TWO_WAY": f"{CORE}twoWay",
    "PUSH": f"{CORE}push",
    "PULL": f"{CORE}pull",
    "PUSH_AND_PUSH": f"{CORE}pushAndPush",
    "PUSH_AND_PULL": f"{CORE}pushAndPull",
    "PULL_AND_PUSH": f"{CORE}pullAndPush",
    "SYNC": f"{CORE}sync",
    "DEFAULT_MPC": f"{CORE}defaultMPC",
    "DEFAULT_FROM": f"{CORE}defaultFrom",
    "DEFAULT_TO": f"{CORE}defaultTo",
    "DEFAULT_ROLE": f"{CORE}defaultRole",
    "INITIATOR": f"{CORE}initiator",
    "RESPONDER": f"{CORE}responder",
    "TEST_SERVICE": f"{CORE}service",
    "TEST_ACTION": f"{CORE}test",
    "AS4_SERVICE": "http://docs.oasis-open.org/ebxml-msg/as4/200902/service",
    "AS4_ACTION": "http://docs.oasis-open.org/ebxml-msg/as4/200902/action",
    "SOAP_12": "application/soap+xml",
    "SOAP_11": "text/xml",
    "GZIP": "application/gzip",
    "OCTET_STREAM": "application/octet-stream",
}


@pytest.mark.parametrize(("name", "value"), PRINTED.items())
def test_an_identifier_is_spelled_as_printed(name: str, value: str) -> None:
    assert getattr(namespaces, name) == value


def test_every_identifier_is_in_the_table() -> None:
    assert {name for name in vars(namespaces) if name.isupper()} == set(PRINTED)
