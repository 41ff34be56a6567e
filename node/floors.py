"""The oldest versions with which a node works: below them it refuses to serve (reliability 5.2, goal 34)."""

from typing import Final

from lxml import etree

from node.configuration import Problems

PYTHON: Final = (3, 11)
#: The first without CVE-2025-49794, -49796 and -6021, which a document can trigger.
LIBXML2: Final = (2, 14, 5)


def check_libxml2(problems: Problems, found: tuple[int, ...] = etree.LIBXML_VERSION) -> None:
    """Note a libxml2 below its floor."""
    if found < LIBXML2:
        said, least = (".".join(map(str, one)) for one in (found, LIBXML2))
        problems.add(
            "lxml",
            "",
            f"carries libxml2 {said}, in which messages can trigger known faults",
            f"install an lxml with libxml2 {least} or newer",
        )
