"""What a power cut interrupts: two nodes in one process exchange messages, and say what they promised: `python -m tests.bars.workload FOLDER COUNT`."""

import os
import sys
from pathlib import Path

from bench.pair import body_of
from tests.stored import stored_pair


def promise(what: str, message_id: str) -> None:
    """One line that the trace shows at its place among the system calls."""
    os.write(1, f"{what} {message_id}\n".encode())


def work(folder: Path, count: int) -> None:
    """Small and large payloads, duplicates, deliveries, and now and then a restart."""
    both = stored_pair(folder)
    for number in range(count):
        payload = os.urandom((500, 5_000, 300_000)[number % 3])
        message_id = both.a.submit("b", payload, media_type="application/pdf", message_id=f"m{number}@a.example")
        promise("submitted", message_id)
        outgoing = both.a.prepare(message_id)
        answer = both.b.receive(outgoing.content_type, body_of(outgoing))
        promise("receipt", message_id)
        if number % 4 == 0:
            both.b.receive(outgoing.content_type, body_of(outgoing))
        both.a.settle(message_id, answer)
        promise("acknowledged", message_id)
        for message in both.stores["b"].messages.deliverable(1):
            both.stores["b"].messages.delivered(message.id, both.b.clock.now())
        if number % 10 == 9:
            # The last connection that closes writes the whole log back into the database.
            both.close()
            both = stored_pair(folder)
    both.close()


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
