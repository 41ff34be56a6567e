"""Participants and services as commands are given them."""

import pytest

from node.cli.participant import identifier
from node.cli.problems import CommandFailed
from node.discovery.identifiers import Identifier


def test_an_identifier_has_a_scheme_and_a_value():
    assert identifier("PARTICIPANT", "iso6523-actorid-upis::0203:KR-KCS") == Identifier("iso6523-actorid-upis", "0203:KR-KCS")


def test_what_is_none_is_told_with_its_place():
    with pytest.raises(CommandFailed, match="is no identifier"):
        identifier("--process", "s::")
