"""When values mean the same, and when one protects less."""

from typing import Any

import pytest

from node.foreign.values import same

PROPERTIES = "leg.business_info.properties"


@pytest.mark.parametrize(
    ("key", "ours", "theirs", "alike"),
    [
        ("leg.reception_awareness.retry_parameters", "maxretries=2; period=60s", "maxretries=2;period=1m", True),
        ("leg.security.send_receipt.reply_pattern", "Response", "response", True),
        ("leg.x.pull.interval", "60s", "1m", True),
        ("leg.x.pull.interval", "60s", "2m", False),
        ("leg.x.pull.interval", "60s", "soon", False),
        (PROPERTIES, ["a"], [{"name": "a", "required": True, "datatype": "string", "description": ""}], True),
        (PROPERTIES, [{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}], True),
        (PROPERTIES, ["a"], [{"name": "a"}], False),
        (PROPERTIES, (), [], True),
        ("leg.x.inbound.allowed_algorithms", [1], [2], False),
        ("leg.protocol.soap_version", "1.1", "1.2", False),
    ],
)
def test_same(key: str, ours: Any, theirs: Any, alike: bool) -> None:
    assert same(key, ours, theirs) is alike
