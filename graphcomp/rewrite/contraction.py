"""Products of two factors, summed over some axes, as matrix products where they are."""

from __future__ import annotations

from typing import NamedTuple

from graphcomp.node import Node, apply, intern
from graphcomp.ops.contraction import MATMUL, OUTER, VDOT
from graphcomp.ops.shaping import BROADCAST, TRANSPOSE
from graphcomp.rewrite.patterns import adds_axes
from graphcomp.rewrite.shapes import total
from graphcomp.shape import size_of


class Factor(NamedTuple):
    """A node, and a letter for each of its axes."""

    node: Node
    letters: str


def factor(node: Node, letters: str) -> Factor:
    """What is broadcast to an array with these axes, with the letters of the axes that it has."""
    if node.op is not BROADCAST:
        return Factor(node, letters)
    (x,) = node.args
    padding = node.ndim - x.ndim
    kept = [
        axis
        for axis, dim in enumerate(x.shape)
        if not (dim == 1 and node.shape[padding + axis] != 1)
    ]
    shape = tuple(x.shape[axis] for axis in kept)
    inner = x.args[0] if adds_axes(x) and x.args[0].shape == shape else x.reshape(shape)
    return Factor(inner, "".join(letters[padding + axis] for axis in kept))


def arranged(x: Factor, order: str) -> Node:
    """The node with its axes in an order of the letters."""
    node, axes = x.node, tuple(x.letters.index(letter) for letter in order)
    while node.op is TRANSPOSE:
        before = node.param("axes")
        node, axes = node.args[0], tuple(before[axis] for axis in axes)
    return node.transpose(axes)


def contract(a: Factor, b: Factor, out: str) -> Node | None:
    """The sum of a*b over the letters that are not in `out`, as a matrix product; None if it is none.

    Letters that one factor has alone are summed after the product.
    """
    common = [letter for letter in a.letters if letter in b.letters]
    inner = "".join(letter for letter in common if letter not in out)
    batch = "".join(letter for letter in common if letter in out)
    mine = "".join(letter for letter in a.letters if letter not in common)
    other = "".join(letter for letter in b.letters if letter not in common)
    if not inner:
        return _outer(a, b, out)
    if batch:
        return _stacked(a, b, batch, mine, inner, other, out)
    alone = [letter for letter in mine + other if letter not in out]
    if not mine and not other:
        return _full(a, b)
    rows, columns = mine, other
    if alone:
        product = _product(a, b, rows, inner, columns)
        if product is None:
            return None
        axes = tuple(i for i, letter in enumerate(rows + columns) if letter in alone)
        left = "".join(letter for letter in rows + columns if letter in out)
        return arranged(Factor(total(product, axes, keepdims=False), left), out)
    if out == columns + rows and rows and columns:
        a, b, rows, columns = b, a, columns, rows
    if out != rows + columns:
        rows = "".join(letter for letter in out if letter in rows)
        columns = "".join(letter for letter in out if letter in columns)
    product = _product(a, b, rows, inner, columns)
    return None if product is None else arranged(Factor(product, rows + columns), out)


def _full(a: Factor, b: Factor) -> Node:
    """The sum over everything."""
    right = arranged(b, a.letters)
    return intern(MATMUL if a.node.ndim == 1 else VDOT, (a.node, right))


def _outer(a: Factor, b: Factor, out: str) -> Node | None:
    if len(a.letters) != 1 or len(b.letters) != 1 or a.letters == b.letters:
        return None
    if out == a.letters + b.letters:
        return apply(OUTER, a.node, b.node)
    return apply(OUTER, b.node, a.node) if out == b.letters + a.letters else None


def _product(a: Factor, b: Factor, rows: str, inner: str, columns: str) -> Node | None:
    """rows x inner times inner x columns; groups of several axes are reshaped into one."""
    left, right = _matrix(a, rows, inner), _matrix(b, columns, inner)
    if left is None or right is None:
        return None
    if not rows and b.letters == columns + inner:
        found = apply(MATMUL, right, left)
    else:
        found = apply(MATMUL, left, right.T if columns else right)
    shape = tuple(a.node.shape[a.letters.index(letter)] for letter in rows) + tuple(
        b.node.shape[b.letters.index(letter)] for letter in columns
    )
    return found.reshape(shape)


def _matrix(x: Factor, free: str, inner: str) -> Node | None:
    """A factor as a matrix free x inner, without copying; a vector if nothing is free."""

    def size(letters: str) -> object:
        return size_of(x.node.shape[x.letters.index(letter)] for letter in letters)

    if x.letters == free + inner:
        shape = (size(free), size(inner)) if free else (size(inner),)
        return x.node.reshape(shape)
    if x.letters == inner + free:
        return x.node.reshape((size(inner), size(free))).T
    return None


def _stacked(
    a: Factor, b: Factor, batch: str, mine: str, inner: str, other: str, out: str
) -> Node | None:
    """A matrix product for every entry of the axes that both factors keep.

    BLAS takes a matrix as it lies if the entries of its rows or its columns are neighbours: so the
    last axis of a factor must not be one of the stack. Nor should that of the result be moved.
    """
    if len(mine) + len(other) == 1:
        return _stacked_vectors(a, b, batch, mine or other, inner, out)
    if not len(mine) == len(inner) == len(other) == 1:
        return None
    if a.letters[-1] in batch or b.letters[-1] in batch or out[-1] in batch:
        return None
    if out[-1] == mine:
        a, b, mine, other = b, a, other, mine
    if set(out) != {*batch, mine, other}:
        return None
    product = apply(MATMUL, arranged(a, batch + mine + inner), arranged(b, batch + inner + other))
    return arranged(Factor(product, batch + mine + other), out)


def _stacked_vectors(
    a: Factor, b: Factor, batch: str, free: str, inner: str, out: str
) -> Node | None:
    """A product of a matrix and a vector for every entry of the axes that both keep."""
    if free in b.letters:
        a, b = b, a
    if a.letters[-1] in batch or len(inner) != 1 or out != batch + free:
        return None
    vector = arranged(b, batch + inner)
    column = vector.reshape((*vector.shape, 1))
    product = apply(MATMUL, arranged(a, batch + free + inner), column)
    return product.reshape(product.shape[:-1])


def multiplied(a: Factor, b: Factor, out: str) -> Node | None:
    """a*b by broadcasting, where nothing is summed."""
    if set(a.letters) | set(b.letters) != set(out):
        return None
    sizes = {
        letter: dim for x in (a, b) for letter, dim in zip(x.letters, x.node.shape, strict=True)
    }
    shape = tuple(sizes[letter] for letter in out)
    parts = []
    for x in (a, b):
        order = "".join(letter for letter in out if letter in x.letters)
        first = min((out.index(letter) for letter in order), default=len(out))
        ones = tuple(sizes[letter] if letter in x.letters else 1 for letter in out[first:])
        parts.append(arranged(x, order).reshape(ones).broadcast_to(shape))
    return parts[0] * parts[1]
