"""Libraries that the example can do without, or imports only when they are asked for."""

from __future__ import annotations

import importlib
from types import ModuleType


def load_extra(name: str) -> ModuleType | None:
    """Import a module if what it needs is installed, else None.

    >>> load_extra("a_library_that_nobody_has") is None
    True
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if (error.name or "").startswith("examples."):
            raise  # a mistake of ours, not a missing library
        return None
