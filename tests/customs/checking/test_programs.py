"""Every program that a pack asks for is there, and every program is asked for."""

from node.customs.checking.programs import programs
from node.customs.operators.in_memory import InMemoryOperators
from tests.documents import packs


def test_packs_and_programs_name_the_same():
    asked = {rule.check for definition in packs().types() for rule in definition.rules if rule.check}
    assert asked == set(programs(InMemoryOperators()))
