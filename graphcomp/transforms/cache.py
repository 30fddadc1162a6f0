"""What was compiled, by what it depends on: the last so many, and no more."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

V = TypeVar("V")

#: How many compiled functions a transformed function keeps.
SIZE = 64


class Cache(Generic[V]):
    """A mapping that forgets what was not used for longest.

    >>> cache = Cache[str](size=2)
    >>> for key in "abac":
    ...     cache.put(key, key.upper())
    >>> cache.get("a"), cache.get("b"), cache.get("c")
    ('A', None, 'C')
    """

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._items: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Hashable) -> V | None:
        """What is kept under a key, or None."""
        with self._lock:
            found = self._items.get(key)
            if found is not None:
                self._items.move_to_end(key)
            return found

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value."""
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            while len(self._items) > self._size:
                self._items.popitem(last=False)


_of_functions: WeakKeyDictionary[Callable[..., Any], Cache[Any]] = WeakKeyDictionary()


def cache_of(function: Callable[..., Any]) -> Cache[Any]:
    """The cache of a function, for as long as that lives; a new one where it can't have one."""
    try:
        found = _of_functions.get(function)
        if found is None:
            found = _of_functions[function] = Cache()
    except TypeError:  # no hash, or no weak references
        return Cache()
    return found
