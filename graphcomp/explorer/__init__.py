"""The explorer: one page that walks through a graph, its values and its derivatives, step by step."""

from __future__ import annotations

from graphcomp.explorer.page import explore, page

__all__ = ["explore", "page"]
