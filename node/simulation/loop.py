"""An event loop whose time is simulated: it never waits, and work for a thread is done at once, so that a run depends on nothing but its seed."""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any


class SimulatedLoop(asyncio.SelectorEventLoop):
    """`time()` is what the timers that have fired say; a wait takes no time."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_NoSockets(self))
        # A timer fires when it lies before now plus this; after weeks a nanosecond is lost in the addition, and it never would.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Simulated seconds since the start."""
        return self.now

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        """The same as call_soon: there is one thread."""
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Done before this returns; what is no Exception, such as a simulated crash, passes through the caller."""
        done: asyncio.Future[Any] = self.create_future()
        try:
            done.set_result(executor.call(func, *args) if isinstance(executor, Inline) else func(*args))
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits it
            done.set_exception(error)
        return done


class Inline(Executor):
    """A pool without threads; `call` surrounds each work."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


class _NoSockets(selectors.BaseSelector):
    """A selector that lets the loop's time jump to the next timer instead of waiting for it."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """The loop's own pipe, which nobody writes into."""
        descriptor = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = self._keys[descriptor] = selectors.SelectorKey(fileobj, descriptor, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """See `register`."""
        return self._keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Nothing, later. Raises RuntimeError when nothing is left that could happen."""
        if timeout is None:
            raise RuntimeError("nothing is left to happen in this simulation")
        self._loop.now += timeout
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is registered."""
        return self._keys
