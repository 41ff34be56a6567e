"""Delivering: the octets of an accepted payload as the Consumer wants them, inflated again from what was kept."""

from collections.abc import Iterator

from node.mime.compression import Inflater
from node.msh.ports import AcceptedPayload


def payload_chunks(payload: AcceptedPayload) -> Iterator[bytes | memoryview]:
    """The payload's own octets, chunk by chunk; kept octets are as signed, so a compressed part is inflated here.

    Raises EbmsError (0303) only if the kept octets have rotted since they were accepted.
    """
    if not payload.compressed:
        yield from payload.octets.chunks()
        return
    # Reception has proven the size; the cap guards against octets that changed on disk.
    inflater = Inflater(payload.inflated_size, max(1000, payload.inflated_size))
    for chunk in payload.octets.chunks():
        yield from inflater.feed(chunk)
    inflater.finish()
