"""graphcomp: computation graphs, their derivatives, drawn, traced and generated as NumPy source."""

from __future__ import annotations

from graphcomp.functions import *  # noqa: F403
from graphcomp.version import __version__ as __version__
