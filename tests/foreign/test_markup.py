"""XML as others read it."""

from node.foreign.markup import add, octets, root, written


def test_a_document() -> None:
    top = root("urn:n", "a", "p", b="1")
    add(add(top, "c", {"d": True, "e": None, "f": ""}), "g", text=3)
    assert octets(top).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<p:a xmlns:p="urn:n" b="1">\n  <c d="true" f="">\n    <g>3</g>\n  </c>\n</p:a>\n'
    )


def test_values() -> None:
    assert (written(False), written(2), written("x")) == ("false", "2", "x")
