"""Who is measured. Each module has `build(case)`: calls by label, or `LeftOut` with a reason."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import TypeAlias

from benchmarks.case import Call, Case, LeftOut

Build: TypeAlias = Callable[[Case], Mapping[str, Call]]

EXPERT = "NumPy by hand"

# The peer's name, what has to be installed for it, and the labels of its columns.
PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "graphcomp": ("graphcomp", ("graphcomp",)),
    "graphcomp_numba": ("numba", ("graphcomp, numba",)),
    "jax": ("jax", ("JAX jit",)),
    "torch": ("torch", ("PyTorch",)),
    "autograd": ("autograd", ("autograd",)),
    "casadi": ("casadi", ("CasADi", "CasADi, buffers")),
    "pytensor": ("pytensor", ("PyTensor",)),
    "sympy": ("sympy", ("SymPy",)),
    "numba": ("numba", ("numba by hand",)),
}
OURS = ("graphcomp", "graphcomp, numba")


def builder(name: str) -> Build:
    """The `build` of a peer.

    Raises:
        LeftOut: what it needs is not installed.
    """
    needs, _ = PEERS[name]
    if importlib.util.find_spec(needs) is None:
        msg = "not installed"
        raise LeftOut(msg)
    build: Build = importlib.import_module(f"benchmarks.peers.{name}").build
    return build
