"""Which addresses everybody reaches."""

import ipaddress

from node.transport.addresses import is_public


def test_public_is_what_everybody_reaches():
    public = ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
    inner = [
        "10.1.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "fc00::1",
        "2002:7f00:1::",
        "2002:0a00:0001::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        # Forms of addresses that are given out no more, and those of examples.
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "5f00::1",
        "3fff::1",
        "192.88.99.1",
    ]
    assert [one for one in public if not is_public(ipaddress.ip_address(one))] == []
    assert [one for one in inner if is_public(ipaddress.ip_address(one))] == []
