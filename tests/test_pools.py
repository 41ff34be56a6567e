"""What takes long has threads of its own."""

import threading

from node.pools import LARGE_AT_ONCE, Pools


def test_each_kind_of_work_has_threads_of_its_own() -> None:
    pools = Pools(1)
    going = threading.Event()
    held = [
        pool.submit(going.wait, 20)
        for pool in (pools.as4, pools.keeping, pools.nightly, pools.lists, pools.fetching, pools.renewing)
    ]
    # All of those are busy, and files are read nevertheless.
    assert pools.files.submit(lambda: threading.current_thread().name).result(20).startswith("files")
    going.set()
    assert all(one.result(20) for one in held)
    pools.release()


def test_what_was_not_begun_is_dropped_at_the_end() -> None:
    pools = Pools(1)
    going = threading.Event()
    first = [pools.large.submit(going.wait, 20) for _ in range(LARGE_AT_ONCE)]
    waits = pools.large.submit(going.wait, 20)
    pools.release()
    assert waits.cancelled()
    going.set()
    assert all(one.result(20) for one in first)
