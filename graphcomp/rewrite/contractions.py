"""Rules for sums of products over named axes, before they become matrix products: fewer of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from graphcomp.node import Node, apply
from graphcomp.op import Op
from graphcomp.ops.arithmetic import ADD, MUL, SUB
from graphcomp.ops.einsum import EINSUM, einsum
from graphcomp.ops.reductions import SUM
from graphcomp.ops.triangular import DIAGONAL, FROM_DIAGONAL
from graphcomp.rewrite.contraction import Factor, arranged, factor
from graphcomp.rewrite.rules import Rule, rule
from graphcomp.rewrite.shapes import total
from graphcomp.shape import known_equal


class _Product(NamedTuple):
    """An einsum of two factors."""

    pair: tuple[Factor, Factor]
    out: str


def _product(node: Node) -> _Product | None:
    if node.op is not EINSUM or len(node.args) != 2 or not node.is_real:
        return None
    terms, _, out = node.param("subscripts").partition("->")
    first, second = terms.split(",")
    if len(set(first)) < len(first) or len(set(second)) < len(second):
        return None
    if any(arg.dtype != node.dtype for arg in node.args):
        return None
    return _Product((Factor(node.args[0], first), Factor(node.args[1], second)), out)


@rule(EINSUM, before='einsum("ni,ij->j", X, A)', after='einsum("i,ij->j", sum(X, axis=0), A)')
def sum_before_product(node: Node) -> Node | None:
    """Distributive law: an axis that one factor has alone is summed there, before the product."""
    product = _product(node)
    if product is None:
        return None
    for i, mine in enumerate(product.pair):
        other = product.pair[1 - i]
        alone = [x for x in mine.letters if x not in other.letters and x not in product.out]
        if not alone or len(alone) == len(mine.letters):
            continue
        axes = tuple(mine.letters.index(letter) for letter in alone)
        left = "".join(letter for letter in mine.letters if letter not in alone)
        factors = [Factor(total(mine.node, axes, keepdims=False), left), other]
        return _einsum(factors if i == 0 else factors[::-1], product.out)
    return None


@rule(SUM, before='sum(einsum("ij,jk->ik", A, B), axis=0)', after='einsum("ij,jk->k", A, B)')
def sum_of_einsum(node: Node) -> Node | None:
    """The same terms are added, without the array in between."""
    (inner,) = node.args
    product = _product(inner)
    if product is None or node.param("keepdims"):
        return None
    out = "".join(x for axis, x in enumerate(product.out) if axis not in node.param("axes"))
    return _einsum(product.pair, out)


@rule(
    ADD, SUB, before='s*v + einsum("ij,nj->ni", A, v)', after='einsum("ij,nj->ni", A + diag(s), v)'
)
def product_with_scaled(node: Node) -> Node | None:
    """Entry i is s_i v_i + sum_j A_ij v_j; one product, where v has more axes than A.

    The terms of a sum are added in another order.
    """
    for place, term in enumerate(node.args):
        product = _product(term)
        scaled = node.args[1 - place]
        if product is None or scaled.op is not MUL or scaled.dtype != node.dtype:
            continue
        found = _joined(node.op, product, scaled, second=place == 1)
        if found is not None:
            return found
    return None


def _joined(op: Op, product: _Product, scaled: Node, *, second: bool) -> Node | None:
    """The product with the scaled factor in it; `second`: it is the second argument of the op."""
    out = product.out
    for matrix, vector in (product.pair, product.pair[::-1]):
        if vector.node not in scaled.args:
            continue
        other = scaled.args[1 - scaled.args.index(vector.node)]
        rows = [x for x in matrix.letters if x in out and x not in vector.letters]
        inner = [x for x in matrix.letters if x in vector.letters and x not in out]
        if len(rows) != 1 or len(inner) != 1:
            continue
        i, j = rows[0], inner[0]
        scale = factor(other, out)
        stack = "".join(x for x in matrix.letters if x not in (i, j))
        if vector.letters.replace(j, i) != out or not set(scale.letters) <= {*stack, i}:
            continue
        if set(out) == set(stack + i):
            continue  # the matrix is no smaller than the vector
        a = arranged(matrix, stack + i + j)
        if not known_equal(*a.shape[-2:]):
            continue
        kept = "".join(x for x in stack + i if x in scale.letters)
        ones = tuple(d if x in kept else 1 for x, d in zip(stack + i, a.shape, strict=False))
        s = arranged(scale, kept).reshape(ones).broadcast_to(a.shape[:-1])
        diagonal = apply(FROM_DIAGONAL, s, offset=0, shape=a.shape[-2:])
        whole = apply(op, *((diagonal, a) if second else (a, diagonal)))
        return _einsum([Factor(whole, stack + i + j), vector], out)
    return None


def _einsum(factors: Sequence[Factor], out: str) -> Node:
    terms = ",".join(each.letters for each in factors)
    result: Node = einsum(f"{terms}->{out}", [each.node for each in factors])
    return result


def diagonals(order: Sequence[Node]) -> dict[Node, Node]:
    """Sums of products in the same place that a larger product of the graph has on its diagonal.

    sum(a*b, axis=0) is the diagonal of a.T @ b, which costs next to nothing where that is computed
    anyway.

    Returns:
        The sums, and what stands for each.
    """
    products: dict[frozenset[Node], list[tuple[Node, _Product]]] = {}
    for node in order:
        product = _product(node)
        if product is not None:
            products.setdefault(frozenset(node.args), []).append((node, product))
    found = {}
    for node in order if products else ():
        if node.op is SUM and node.args[0].op is MUL and not node.param("keepdims"):
            for whole, product in products.get(frozenset(node.args[0].args), ()):
                diagonal = _on_diagonal(node, whole, product)
                if diagonal is not None:
                    found[node] = diagonal
                    break
    return found


def _on_diagonal(node: Node, whole: Node, product: _Product) -> Node | None:
    (first, second), out = product
    pairs = [(a, b) for a, b in zip(first.letters, second.letters, strict=False) if a != b]
    if len(pairs) != 1 or len(first.letters) != len(second.letters):
        return None
    ((i, j),) = pairs
    if i not in out or j not in out:
        return None
    letters = first.letters
    summed = {letters[axis] for axis in node.param("axes")}
    if summed != {x for x in letters if x not in out}:
        return None
    stack = "".join(x for x in letters if x not in summed and x != i)
    if not stack:
        return None  # the diagonal alone is cheaper than a product that may not be needed
    square = arranged(Factor(whole, out), stack + i + j)
    if not known_equal(*square.shape[-2:]):
        return None
    kept = "".join(x for x in letters if x not in summed)
    return arranged(Factor(apply(DIAGONAL, square, offset=0), stack + i), kept)


def sum_on_diagonal(order: Sequence[Node]) -> Rule:
    """The rule for the sums of a graph that products of the same graph have on their diagonals."""
    return Rule(
        name="sum_on_diagonal",
        ops=(SUM,),
        before='sum(X*Y, axis=0) beside einsum("nki,nkj->kij", X, Y)',
        after='diagonal(einsum("nki,nkj->kij", X, Y))',
        why="",
        proof="Entry (k, i, i) of the product is the sum over n of X_nki Y_nki, which is there already.",
        apply=diagonals(order).get,
        needs=frozenset({EINSUM}),
    )


RULES = (sum_of_einsum, sum_before_product, product_with_scaled)
