"""The number of attempts as the standard's free-form parameters say it."""

import pytest

from node.ebms.pmode import ReceptionAwareness
from node.workers.retries import RETRIES, attempts_allowed


@pytest.mark.parametrize(
    ("awareness", "expected"),
    [
        (ReceptionAwareness(enabled=False, retry_parameters="maxretries=5"), 1),
        (ReceptionAwareness(retry=False, retry_parameters="maxretries=5"), 1),
        (ReceptionAwareness(), 1 + RETRIES),
        (ReceptionAwareness(retry_parameters="maxretries=10,period=3000"), 11),
        # As the Australian profile prints it.
        (ReceptionAwareness(retry_parameters="maxretries=3;period=120000"), 4),
        (ReceptionAwareness(retry_parameters="period=3000, MaxRetries = 0"), 1),
    ],
)
def test_attempts(awareness: ReceptionAwareness, expected: int) -> None:
    assert attempts_allowed(awareness) == expected
