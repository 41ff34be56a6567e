"""How many attempts a message gets, read from the P-Mode; when each is due is the store's simple rule until schedules exist."""

import re

from node.ebms.pmode import ReceptionAwareness

#: Where retry is agreed and nothing is said of its number.
RETRIES = 2


def attempts_allowed(awareness: ReceptionAwareness) -> int:
    """1 for the first attempt, and what `Retry.Parameters` adds to it."""
    if not (awareness.enabled and awareness.retry):
        return 1
    # spec: A 3.2, `name=value` separated by `,` or `;`, and the names are examples only
    found = re.search(r"\b(?:max_?retries|retries)\s*=\s*(\d{1,6})", awareness.retry_parameters, re.IGNORECASE)
    return 1 + (int(found.group(1)) if found else RETRIES)
