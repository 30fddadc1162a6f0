"""Rules that find matrix products: no array in between, and the speed of BLAS."""

from __future__ import annotations

from string import ascii_letters

from graphcomp.node import Node, intern
from graphcomp.ops.arithmetic import ADD, MUL, SUB
from graphcomp.ops.contraction import MATMUL, VDOT
from graphcomp.ops.einsum import EINSUM, einsum
from graphcomp.ops.leaves import IDENTITY
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST, RESHAPE
from graphcomp.ops.triangular import DIAGONAL, FROM_DIAGONAL
from graphcomp.rewrite.contraction import (
    Factor,
    arranged,
    contract,
    factor,
    multiplied,
)
from graphcomp.rewrite.naming import unfenced
from graphcomp.rewrite.patterns import kept_shape
from graphcomp.rewrite.rules import rule
from graphcomp.rewrite.shapes import total
from graphcomp.shape import known_equal


@rule(SUM, before="sum(a*b)", after="a @ b, A @ x, X.T @ Y, vdot(A, B)")
def sum_of_products(node: Node) -> Node | None:
    """The same products are added. Each factor stands for the axes along which it varies.

    Sums of products are left alone where all axes are common to both, and some are kept: a sum in
    every row is no matrix product.
    """
    (summed,) = node.args
    if not node.is_real or summed.op not in {MUL, SQUARE}:
        return None
    a, b = summed.args * (2 if summed.op is SQUARE else 1)
    if a.constant is not None or b.constant is not None or a.dtype != b.dtype:
        return None
    axes: tuple[int, ...] = node.param("axes")
    letters = ascii_letters[: summed.ndim]
    out = "".join(letters[axis] for axis in range(summed.ndim) if axis not in axes)
    left, right = factor(a, letters), factor(b, letters)
    if set(left.letters) | set(right.letters) != set(letters):
        return None
    found = contract(left, right, out)
    if found is None:
        return None
    return found.reshape(kept_shape(summed.shape, axes)) if node.param("keepdims") else found


@rule(SUM, before="sum(a*b + c)", after="sum(a*b) + sum(c)")
def sum_of_terms(node: Node) -> Node | None:
    """The same terms are added, in another order; one sum is an inner product, without an array."""
    (summed,) = node.args
    whole = len(node.param("axes")) == summed.ndim > 0 and not node.param("keepdims")
    if not whole or not node.is_real or summed.op not in {ADD, SUB}:
        return None
    if any(term.dtype != node.dtype or term.op is BROADCAST for term in summed.args):
        return None
    if not any(_is_product(term) for term in summed.args):
        return None
    first, second = (intern(SUM, (term,), node.params) for term in summed.args)
    return intern(summed.op, (first, second))


def _is_product(node: Node) -> bool:
    """A product of arrays, or a number times one; or sums of such products, which are summed too."""
    if node.op is SUM and not node.param("keepdims"):
        node = node.args[0]
    if node.op is MUL and node.args[0].constant is not None:
        node = node.args[1]
    if node.op is MUL:
        return all(arg.op is not BROADCAST for arg in node.args)
    return node.op is SQUARE


@rule(EINSUM, before='einsum("ij,jk->ik", A, B)', after="A @ B, A.T, sum(A), outer(u, v), A*B")
def plain_einsum(node: Node) -> Node | None:
    """The same sums; einsum is left where nothing faster says it."""
    terms, _, out = node.param("subscripts").partition("->")
    listed = terms.split(",")
    if any(len(set(term)) < len(term) for term in listed) or not node.is_real:
        return None
    factors = [Factor(arg, term) for arg, term in zip(node.args, listed, strict=True)]
    if any(each.node.dtype != node.dtype for each in factors):
        return None
    if len(factors) == 1:
        (only,) = factors
        axes = tuple(i for i, letter in enumerate(only.letters) if letter not in out)
        left = "".join(letter for letter in only.letters if letter in out)
        return arranged(Factor(total(only.node, axes, keepdims=False), left), out)
    if len(factors) > 2:
        return _with_vector_first(factors, out)
    a, b = factors
    found = contract(a, b, out)
    return multiplied(a, b, out) if found is None else found


def _with_vector_first(factors: list[Factor], out: str) -> Node | None:
    """The contraction with one pair done: a vector, and the one operand that shares its axis.

    No order is better, whatever the sizes are: what is left is smaller.
    """
    for i, vector in enumerate(factors):
        letter = vector.letters
        sharing = [j for j, other in enumerate(factors) if j != i and letter in other.letters]
        if len(letter) != 1 or letter in out or len(sharing) != 1:
            continue
        other = factors[sharing[0]]
        left = other.letters.replace(letter, "")
        found = contract(other, vector, left)
        if found is not None:
            rest = [each for j, each in enumerate(factors) if j not in {i, *sharing}]
            rest.insert(0, Factor(found, left))
            terms = ",".join(each.letters for each in rest)
            result: Node = einsum(f"{terms}->{out}", [each.node for each in rest])
            return result
    return None


@rule(MATMUL, before="ravel(A) @ ravel(B)", after="vdot(A, B)")
def flat_product(node: Node) -> Node | None:
    """The entries in one order; vdot needs no reshape."""
    a, b = node.args
    if a.op is not RESHAPE or b.op is not RESHAPE or node.shape != () or not node.is_real:
        return None
    x, y = a.args[0], b.args[0]
    return intern(VDOT, (x, y)) if x.shape == y.shape and x.dtype == y.dtype else None


@rule(VDOT, before="vdot(u, v) of vectors", after="u @ v")
def vector_product(node: Node) -> Node | None:
    """By definition; the method `dot` has the least overhead."""
    a, b = node.args
    return intern(MATMUL, (a, b)) if a.ndim == 1 and node.is_real else None


@rule(MATMUL, before="diag(v) @ M, M @ diag(v)", after="v[:, None]*M, M*v")
def product_with_diagonal(node: Node) -> Node | None:
    """Entry by entry, also where others read the matrix.

    The zeros beside a diagonal are no numbers: 0*inf is not formed.
    """
    a, b = node.args
    for diagonal, other, first in ((unfenced(a), b, True), (unfenced(b), a, False)):
        if diagonal.op is not FROM_DIAGONAL or diagonal.param("offset") != 0 or other.ndim > 2:
            continue
        (v,) = diagonal.args
        if v.ndim != 1 or not known_equal(*diagonal.shape) or v.dtype != other.dtype:
            continue
        if first and other.ndim == 2:
            v = v.reshape((v.shape[0], 1))
        return v * other if first else other * v
    return None


@rule(MATMUL, before="I @ A, A @ I", after="A")
def product_with_identity(node: Node) -> Node | None:
    """Its zeros are no numbers: 0*inf is not formed."""
    for one, other in (node.args, node.args[::-1]):
        if one.op is IDENTITY and other.dtype == node.dtype and other.shape == node.shape:
            return other
    return None


@rule(DIAGONAL, before="diag(A @ B), trace(A @ B)", after="sum(A*B.T, axis=1), vdot(A, B.T)")
def diagonal_of_product(node: Node) -> Node | None:
    """Entry i is the product of row i and column i; the others are not computed."""
    (product,) = node.args
    if product.op is not MATMUL or node.param("offset") != 0 or not node.is_real:
        return None
    a, b = product.args
    if a.ndim != 2 or b.ndim != 2 or not known_equal(a.shape[0], b.shape[1]):
        return None
    if a.dtype != b.dtype:
        return None
    return total(a * b.T, (1,), keepdims=False)


RULES = (
    sum_of_terms,
    sum_of_products,
    plain_einsum,
    flat_product,
    vector_product,
    product_with_diagonal,
    product_with_identity,
    diagonal_of_product,
)
