"""Starts many processes in which threads read, write and compile XML at once, before any of them has done so; prints each that went wrong.

A fault of memory would end the process that looks for it, and is likeliest in its first moments: hence a process for each start.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

from lxml import etree

from node.ebms.header_writer import write_messaging
from node.ebms.schema import check_schema
from node.ebms.xml import new_root, parse_xml
from tests.ebms.headers import LARGEST, messaging_of

PATIENCE = 20
#: In each document.
NAMES = 300
DOCUMENTS = 20
JUDGES = threading.Barrier(3)
HEADER = write_messaging(messaging_of(LARGEST), "m")


def read(thread: str) -> Iterator[str]:
    """New names, each of which must be there."""
    for number in range(DOCUMENTS):
        names = [f"{thread}{number}x{n}" for n in range(NAMES)]
        root = parse_xml(f"<a>{''.join(f'<{name}/>' for name in names)}</a>".encode())
        found = [str(child.tag) for child in root]
        yield from () if found == names else [f"{thread} read {set(found) - set(names)}"]


def write(thread: str) -> Iterator[str]:
    """Written first and read then."""
    root = new_root("a")
    names = [f"{thread}w{n}" for n in range(NAMES)]
    for name in names:
        etree.SubElement(root, name)
    found = [str(child.tag) for child in root]
    yield from () if found == names else [f"{thread} wrote {set(found) - set(names)}"]
    yield from read(thread)


def judge(thread: str) -> Iterator[str]:
    """A good header is good, whoever else compiles the schema now."""
    header = parse_xml(HEADER)
    JUDGES.wait()
    check_schema(header)
    yield from read(thread)


def start() -> list[str]:
    """What one start gets wrong."""
    # The main thread has read its agreements.
    parse_xml(b"<a/>")
    wrong: list[str] = []
    works: list[Callable[[str], Iterator[str]]] = [*[judge] * JUDGES.parties, write]
    together = threading.Barrier(len(works) + 1)

    def run(work: Callable[[str], Iterator[str]], thread: str) -> None:
        together.wait()
        try:
            wrong.extend(work(thread))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what went wrong
            wrong.append(f"{thread}: {error!r}")

    numbers = count()
    threads = [threading.Thread(target=run, args=(work, f"{work.__name__}{next(numbers)}")) for work in works]
    for thread in threads:
        thread.start()
    run(read, "main")
    for thread in threads:
        thread.join()
    return wrong


def in_a_process() -> str:
    """What went wrong in one start, also where it took the process down."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        signal.alarm(PATIENCE)
        with suppress(BaseException):
            os.write(writer, "; ".join(start()).encode()[:4000])
        # As a process ends that has nothing to hide: everything is freed.
        sys.exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        said = told.read().decode()
    status = os.waitpid(child, 0)[1]
    return said or (f"died of {signal.Signals(os.WTERMSIG(status)).name}" if os.WIFSIGNALED(status) else "")


if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        if gone_wrong := in_a_process():
            print(gone_wrong[:400])
