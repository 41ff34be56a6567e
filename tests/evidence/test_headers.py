"""The headers of a container's files say the same twice."""

import pytest

from node.evidence.bundle import open_bundle
from node.evidence.headers import HeadersDiffer, check_headers
from tests.bars.bundles import files_in, rebuilt, summed
from tests.bundles import NOW, BundleWorld
from tests.judged_bundles import failed, holds


def test_no_octet_of_them_is_left_to_the_reader() -> None:
    octets = BundleWorld().bundle()
    check_headers(open_bundle(octets).archive)
    holds(rebuilt(files_in(octets)), NOW)
    local, central = octets.index(b"PK\x03\x04", 4), octets.index(b"PK\x01\x02")
    end = octets.rindex(b"PK\x05\x06")
    places = [*range(local + 4, local + 14), *(central + one for one in (6, 9, 12, 15, 34)), *range(end + 4, end + 12)]
    for at in places:
        changed = summed(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 : -64])
        first, second = failed(changed, NOW)
        assert "container" in first & second, at


def test_what_is_no_container_is_refused() -> None:
    with pytest.raises(HeadersDiffer):
        check_headers(b"PK")
