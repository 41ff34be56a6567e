"""Rules are compiled when they are first asked for, by whichever threads ask: a node judges in several."""

from threading import Barrier, Thread

from node.codelists import open_lists
from node.customs.packs.library import Packs
from node.library import open_packs


def test_threads_that_compile_at_the_same_time_do_not_disturb_each_other():
    failures = []
    barrier = Barrier(4)

    def compile_all(packs: Packs) -> None:
        barrier.wait()
        try:
            for definition in packs.types():
                assert definition.rules is not None
                assert definition.header
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    # Packs of their own: what one has compiled the others have not.
    threads = [Thread(target=compile_all, args=(open_packs(None, open_lists(None)),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
