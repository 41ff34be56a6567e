"""A part of a node that is built when somebody first asks for it, by one thread, whoever else asks meanwhile."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Final, Generic, Self, TypeVar, overload

T = TypeVar("T")
#: One lock for all: what is built asks for other parts.
_BUILDING: Final = RLock()


class built_when_asked(Generic[T]):  # noqa: N801 - a decorator, as `property`
    """Kept in the `__dict__` of its owner under its name; whoever takes it away there has it built anew.

    `functools.cached_property` builds twice, from Python 3.12 on, where two threads ask at once, and what one of both remembers is lost.
    """

    def __init__(self, build: Callable[[Any], T]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: object | None, owner: type[Any]) -> Self | T:
        if instance is None:
            return self
        with _BUILDING:
            kept = instance.__dict__
            if self._name not in kept:
                kept[self._name] = self._build(instance)
            part: T = kept[self._name]
            return part
