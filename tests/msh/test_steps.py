"""Every step is in one of the two stories, and says what it asks."""

from node.msh.steps import ASKS, OF_MESSAGES, OF_SIGNALS, Step


def test_every_step_asks_something_and_belongs_to_a_story() -> None:
    assert set(ASKS) == set(Step) == {*OF_MESSAGES, *OF_SIGNALS}
    assert OF_SIGNALS[:2] == OF_MESSAGES[:2]
