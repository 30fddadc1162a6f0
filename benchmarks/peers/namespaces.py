"""What a model calls `xp`: a library, and its own names for what NumPy does not have."""

from __future__ import annotations

from typing import Any


class Namespace:
    """A module, with some functions added or replaced."""

    def __init__(self, module: Any, **more: Any) -> None:
        self._module = module
        self.__dict__.update(more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
