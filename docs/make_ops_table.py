"""Write docs/ops.md anew from the records of the ops: ``python -m docs.make_ops_table``.

The functions that are composed of ops are traced on the shapes that the conformance suite tests
them with, and what is said about them is read off their graphs.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import graphcomp as gc
from graphcomp.numpy_protocol import NUMPY
from graphcomp.op import Kind, Op
from graphcomp.ops import ALL
from graphcomp.traversal import topological
from tests.conformance.calls import CALLS
from tests.conformance.own_calls import OWN_CALLS
from tests.conformance.vocabulary import FUNCTIONS as VOCABULARY

PAGE = Path(__file__).parent / "ops.md"

HEAD = """# Operations

<!-- Written by `python -m docs.make_ops_table` from the records in graphcomp/ops; do not edit. -->

Every node of a graph is one of these operations; the [functions](#functions) that are written with them follow below.
The [expressions](expressions.md) page lists what you can write in a text, and the [conventions](conventions.md) say
what holds at kinks and edges.

The *kind* says how derivatives pass through, and both modes follow from it:

- elementwise: a local partial for each argument; forward multiplies tangents by it, reverse cotangents;
- linear: forward applies the operation to the tangents, reverse its transpose to the cotangent;
- multilinear: linear in each argument, so one such term for each;
- opaque: a rule of its own for forward mode, and reverse mode is the transpose of what that rule built;
- discrete: a condition, a count or a step function, whose derivative is 0 or none;
- leaf: nothing goes in.

The *shapes* are any, with arguments that broadcast, or examples of what the operation takes.

| operation | arguments | shapes | kind | modes | stands for | at kinks and edges |
|---|---|---|---|---|---|---|
"""

FUNCTIONS = """
## Functions

These are called by NumPy's name or by that of this package, on nodes, and become several operations (or one, with
settings). The *shapes* are examples, from the tests. Derivatives pass by both modes, or by none where the result is a
condition, a count, a place, or constant between jumps. At kinks and edges the conventions of the operations hold that
a function is made of.

| function | here | shapes | made of | modes | at kinks and edges |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The text of the page."""
    operations = [row(op) for op in sorted(ALL, key=_name)]
    own = {op_function for op in ALL for op_function in op.numpy}
    composed = [function for function in (*CALLS, *OWN_CALLS) if function not in own]
    functions = sorted(composed_row(function) for function in composed)
    return HEAD + _lines(operations) + FUNCTIONS + _lines(functions)


def _lines(rows: Sequence[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def row(op: Op) -> tuple[str, ...]:
    """The cells of an op."""
    arity = "any" if op.arity < 0 else str(op.arity)
    names = sorted({name for function in op.numpy for name in _names(function)})
    modes = "none" if op.kind in {Kind.LEAF, Kind.DISCRETE} else "forward, reverse"
    stands_for = ", ".join(f"`{name}`" for name in names)
    kind = op.kind.name.lower()
    return f"`{op.name}`", arity, _shapes_of(op), kind, modes, stands_for, _safe(op.kink)


def _shapes_of(op: Op) -> str:
    if op.broadcasts:
        return "any"
    return _listed([sample.shapes for sample in op.samples or ()])


def _listed(shapes: Sequence[Sequence[Any]]) -> str:
    """The first few combinations of shapes, each once."""
    found = dict.fromkeys(" ".join(str(shape) for shape in several) for several in shapes)
    return "; ".join(f"`{text}`" for text in list(found)[:3])


def composed_row(function: Any) -> tuple[str, ...]:
    """The cells of a function that is composed of ops."""
    calls = (CALLS | OWN_CALLS)[function]
    shapes = [given if given and isinstance(given[0], tuple) else (given,) for given, _ in calls]
    used: dict[str, Op] = {}
    passes = False
    for several, (_, call) in zip(shapes, calls, strict=True):
        recorder = _Recorder(function)
        call(recorder, *[gc.array(f"x{i}", shape) for i, shape in enumerate(several)])
        inside = recorder.inside()
        used |= {node.op.name: node.op for node in inside if node.op.kind is not Kind.LEAF}
        passes |= recorder.passes(inside)
    made_of = ", ".join(f"`{name}`" for name in sorted(used)) or "itself"
    kinks = [
        f"`{name}`: {_safe(op.kink)}"
        for name, op in sorted(used.items())
        if op.kink and not (passes and op.kind is Kind.DISCRETE)
    ]
    names = ", ".join(f"`{name}`" for name in _names(function))
    modes = "forward, reverse" if passes else "none"
    return names, _here(function), _listed(shapes), made_of, modes, "; ".join(kinks)


class _Recorder:
    """A function that keeps what goes in and what comes out, whatever is done around it."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.given: list[gc.Node] = []
        self.results: list[gc.Node] = []

    def __call__(self, *args: Any, **settings: Any) -> Any:
        result = self.function(*args, **settings)
        self.given += _nodes([*args, *settings.values()])
        self.results += _nodes([result])
        return result

    def inside(self) -> list[gc.Node]:
        """The nodes that the function made, arguments before what is made of them."""
        before = set(topological(self.given))
        return [node for node in topological(self.results) if node not in before]

    def passes(self, inside: Sequence[gc.Node]) -> bool:
        """Whether a derivative passes from an argument to a result."""
        moving = {node for node in topological(self.given) if node.is_real}
        for node in inside:
            through = node.op.kind is not Kind.DISCRETE and any(arg in moving for arg in node.args)
            if node.is_real and through:
                moving.add(node)
        return any(result in moving for result in self.results)


def _nodes(values: Sequence[Any]) -> list[gc.Node]:
    """The nodes in nested lists and tuples."""
    found = []
    for value in values:
        if isinstance(value, gc.Node):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += _nodes(value)
    return found


def _here(function: Any) -> str:
    """What this package calls a function of NumPy or SciPy, if it exports it."""
    names = _names(function)
    if any(name.startswith("gc.") for name in names):
        return ""
    shared = {name.rpartition(".")[2] for name in names} & set(gc.functions.__all__)
    if names[0].startswith("np.linalg."):  # some have namesakes that take other axes
        meant = inspect.unwrap(NUMPY[function])
        shared = {name for name in shared if getattr(gc, name) is meant}
    return ", ".join(f"`gc.{name}`" for name in sorted(shared))


def _names(function: Any) -> list[str]:
    """The names of a function: its own, and others that the vocabulary knows it by."""
    module = str(getattr(function, "__module__", None) or "numpy")
    if isinstance(function, np.ufunc):
        numpys = getattr(np, function.__name__, None) is function
        module = "numpy" if numpys else "scipy.special"
    place = module.replace("numpy", "np") if module.startswith("numpy") else module
    for inner, shown in (("nn", "gc.nn"), ("numpy", "gc.numpy")):
        if module == f"graphcomp.functions.{inner}":
            place = shown
    place = "gc" if place.startswith("graphcomp") else place
    also = {name for name, other in VOCABULARY.items() if other is function}
    return sorted({f"{place}.{function.__name__}"} | also)


def _safe(text: str) -> str:
    return text.replace("|", "\\|")


def _name(op: Op) -> str:
    return op.name


if __name__ == "__main__":
    main()
