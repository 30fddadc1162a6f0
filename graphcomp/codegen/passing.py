"""The short way through the prologue: arguments that need no conversion pass by a few tests.

For eight arrays a call of `_as_array` each and a comparison of each shape take 3.4 us, as much as
six array operations; these tests take 1.1 us. Whatever fails one of them goes the long way, which
converts it or says what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from graphcomp.codegen.dimensions import dimension_source
from graphcomp.codegen.layout import INDENT, WIDTH, returned
from graphcomp.node import Node
from graphcomp.shape import FLOAT

#: The dtype of most arguments, in generated modules: found by identity.
DTYPE = "_FLOAT"


def passing_lines(
    names: dict[Node, str],
    sources: Sequence[Node],
    checked: Sequence[Node],
    dims: dict[str, str],
    bound: Sequence[str],
) -> list[str]:
    """The lines that return the arguments as they are where they fit; none for other dtypes.

    Args:
        names: the variables for the inputs, in order.
        sources: the inputs that dimensions are read from.
        checked: the inputs whose shape is compared with the dimensions.
        dims: the names of the dimensions.
        bound: the lines that read the dimensions.
    """
    arrays = [node for node in names if node.shape]
    numbers = [names[node] for node in names if not node.shape]
    if not arrays or any(node.dtype is not FLOAT for node in names):
        return []
    shown = [names[node] for node in arrays]
    tests = [
        *_chains("type({})".format, shown, " is ", "np.ndarray"),
        *_chains("type({})".format, numbers, " is ", "float"),
        *_chains("{}.dtype".format, shown, " is ", DTYPE),
    ]
    ranked = [node for node in arrays if node in sources or node not in checked]
    for rank, found in groupby(sorted(ranked, key=_rank), key=_rank):
        tests += _chains("{}.ndim".format, [names[node] for node in found], " == ", str(rank))
    given = tuple(names[n] if n.shape else f"np.float64({names[n]})" for n in names)
    result = given if len(given) > 1 else given[0]
    shapes = [f"{names[node]}.shape == {_shape(node, dims)}" for node in checked]
    if not bound:
        return [*_condition([*tests, *shapes], 1), *returned(result, 2)]
    return [
        *_condition(tests, 1),
        *(INDENT + line for line in bound),
        *_condition(shapes, 2),
        *returned(result, 3),
    ]


def _rank(node: Node) -> int:
    return node.ndim


def _shape(node: Node, dims: dict[str, str]) -> str:
    sizes = [dimension_source(dim, dims) for dim in node.shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _chains(
    shown: Callable[[str], str], names: Sequence[str], operator: str, last: str
) -> list[str]:
    """``type(x) is type(y) is np.ndarray``, in as many parts as fit on lines."""
    found: list[list[str]] = []
    for name in map(shown, names):
        room = WIDTH - 2 * len(INDENT) - len("and ") - len(operator) - len(last) - len(name)
        if found and len(operator.join(found[-1])) + len(operator) <= room:
            found[-1].append(name)
        else:
            found.append([name])
    return [operator.join([*part, last]) for part in found]


def _condition(tests: Sequence[str], indent: int) -> list[str]:
    """An ``if`` with all tests: on one line, or one on each."""
    line = f"{INDENT * indent}if {' and '.join(tests)}:"
    if len(line) <= WIDTH:
        return [line]
    margin = INDENT * (indent + 1)
    inside = [f"{margin}{tests[0]}", *(f"{margin}and {test}" for test in tests[1:])]
    return [f"{INDENT * indent}if (", *inside, f"{INDENT * indent}):"]
