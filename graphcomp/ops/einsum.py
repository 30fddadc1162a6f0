"""Sums of products over named axes: one op for every contraction."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from graphcomp.errors import ShapeError
from graphcomp.nest import PRODUCT, SAME, TOTAL, Nest, loops
from graphcomp.op import SUMMED, Form, Kind, Op, Operand, Sample, Spelling, common_dtype
from graphcomp.ops.leaves import IDENTITY
from graphcomp.shape import Dim, Shape, format_shape, require_same, size_of


def parts(subscripts: str) -> tuple[list[str], str]:
    """The letters of the operands, and of the result."""
    left, _, right = subscripts.partition("->")
    return left.split(","), right


def sizes_of(subscripts: str, shapes: Sequence[Shape]) -> dict[str, Dim]:
    """The size of the axis that each letter stands for.

    Raises:
        ShapeError: the letters do not fit the shapes, or a letter stands for two sizes.
    """
    operands, result = parts(subscripts)
    listed = " and ".join(format_shape(shape) for shape in shapes)
    if len(operands) != len(shapes):
        msg = f"einsum: {subscripts!r} is for {len(operands)} operands, not {len(shapes)}: {listed}"
        raise ShapeError(msg)
    sizes: dict[str, Dim] = {}
    for letters, shape in zip(operands, shapes, strict=True):
        if len(letters) != len(shape):
            msg = f"einsum: {letters!r} in {subscripts!r} is for {len(letters)} axes, not for {format_shape(shape)}"
            raise ShapeError(msg)
        for letter, dim in zip(letters, shape, strict=True):
            if letter in sizes:
                require_same(
                    f"einsum: the sizes for {letter!r}",
                    sizes[letter],
                    dim,
                    f"{subscripts!r} of {listed}",
                )
            else:
                sizes[letter] = dim
    for letter in result:
        if letter not in sizes or result.count(letter) > 1:
            msg = f"einsum: {letter!r} in the result of {subscripts!r} must come once, and in an operand"
            raise ShapeError(msg)
    return sizes


def _einsum_shape(*shapes: Shape, subscripts: str) -> Shape:
    sizes = sizes_of(subscripts, shapes)
    return tuple(sizes[letter] for letter in parts(subscripts)[1])


def _unused(subscripts: str) -> str:
    return next(letter for letter in ascii_letters if letter not in subscripts)


def _einsum_transpose(index: int, ct: Operand, *args: Operand, subscripts: str) -> Operand:
    """A contraction again: of the cotangent with the other operands.

    An axis that the operand alone has was summed out: the cotangent is the same all along it. An
    axis that it has twice was a diagonal: the identity matrix puts the cotangent there.
    """
    letters, result = parts(subscripts)
    mine = letters[index]
    sizes = sizes_of(subscripts, [arg.shape for arg in args])
    terms = [term for i, term in enumerate(letters) if i != index]
    operands = [arg for i, arg in enumerate(args) if i != index]
    if result:
        terms, operands = [result, *terms], [ct, *operands]
    there = set("".join(terms))
    taken, target = subscripts, ""
    for letter in mine:
        if letter in target:
            twin = _unused(taken)
            taken += twin
            size, dtype = sizes[letter], args[index].dtype.name
            operands.append(ct.leaf(IDENTITY, size=size, dtype=dtype))
            terms.append(letter + twin)
            there |= {letter, twin}
            target += twin
        else:
            target += letter
    shape = args[index].shape
    if not terms:
        return ct.broadcast_to(shape)
    kept = "".join(letter for letter in target if letter in there)
    found = einsum(f"{','.join(terms)}->{kept}", operands)
    if kept != target:
        named = zip(target, shape, strict=True)
        kept_shape = tuple(dim if letter in there else 1 for letter, dim in named)
        found = found.reshape(kept_shape).broadcast_to(shape)
    return found if result else ct * found


def einsum(subscripts: str, operands: Sequence[Operand]) -> Operand:
    """The contraction of operands; of one operand with nothing to do, that operand."""
    letters, result = parts(subscripts)
    if letters == [result]:
        return operands[0]
    return operands[0].apply(EINSUM, *operands[1:], subscripts=subscripts)


def _einsum_batch(
    _size: Dim, args: Sequence[Operand], batched: Sequence[bool], *, subscripts: str
) -> Operand:
    letters, result = parts(subscripts)
    new = _unused(subscripts)
    terms = [new + term if flag else term for term, flag in zip(letters, batched, strict=True)]
    return einsum(f"{','.join(terms)}->{new}{result}", args)


def _einsum_along(
    cut: Sequence[int | None], _shapes: Sequence[Shape], *, subscripts: str
) -> int | None:
    letters, result = parts(subscripts)
    found = {term[axis] for term, axis in zip(letters, cut, strict=True) if axis is not None}
    letter = found.pop()
    counts = [term.count(letter) for term in letters]
    if found or counts != [int(axis is not None) for axis in cut]:
        return None
    return result.index(letter) if letter in result else SUMMED


#: Contractions over more axes than two are loops if all sizes but one are known, and not larger than
#: this together.
_LARGE = 4096


def _einsum_nest(shapes: Sequence[Shape], *, subscripts: str) -> Nest | None:
    letters, result = parts(subscripts)
    sizes = sizes_of(subscripts, shapes)
    known = [size for size in sizes.values() if isinstance(size, int)]
    if len(shapes) > 2:
        return None
    once = any(set(term) == set(sizes) for term in letters)  # each of its entries is read once
    if len(sizes) > 2 and not once and (len(known) < len(sizes) - 1 or size_of(known) > _LARGE):
        return None
    number = {letter: i for i, letter in enumerate(sizes)}
    places = [loops([number[letter] for letter in term]) for term in (*letters, result)]
    summed = set(result) != set(sizes)
    return Nest(
        tuple(sizes.values()),
        tuple(places[:-1]),
        places[-1],
        PRODUCT if len(shapes) == 2 else SAME,
        TOTAL if summed else None,
    )


def _order(subscripts: str) -> Any:
    """How the operands are contracted: pairwise through BLAS, and many in the cheapest order.

    Two with the same axes are no product of matrices, nor is one.
    """
    terms, _ = parts(subscripts)
    if len(set(terms)) == 1 and len(terms) < 3:
        return False
    if len(terms) == 2:
        return True
    return ("optimal" if len(terms) <= 8 else "greedy", 10**18)


def _evaluate(*arrays: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *arrays, optimize=_order(subscripts))


def _text(count: int, *, subscripts: str) -> Spelling:
    places = ", ".join(f"{{{i}}}" for i in range(count))
    return Spelling(f'einsum("{subscripts}", {places})')


def _latex(count: int, *, subscripts: str) -> Spelling:
    places = ", ".join(f"{{{i}}}" for i in range(count))
    shown = subscripts.replace("->", r"\to ")
    return Spelling(rf"\operatorname{{{{einsum}}}}_{{{{{shown}}}}}\left({places}\right)")


def _numpy(count: int, *, subscripts: str) -> Spelling:
    places = ", ".join(f"{{{i}}}" for i in range(count))
    match _order(subscripts):
        case (str(method), int()):
            how = f', optimize=("{method}", 10**18)'
        case pairwise:
            how = ", optimize=True" if pairwise else ""
    return Spelling(f'np.einsum("{subscripts}", {places}{how})')


EINSUM: Op = Op(
    name="einsum",
    kind=Kind.MULTILINEAR,
    why="product rule: one tangent at a time",
    why_reverse="product rule, transposed: the adjoint with all other arguments",
    form=Form.CALL,
    arity=-1,
    evaluate=_evaluate,
    shape=_einsum_shape,
    dtype=common_dtype,
    view=True,
    transpose=_einsum_transpose,
    batch=_einsum_batch,
    along=_einsum_along,
    nest=_einsum_nest,
    spell={"text": _text, "latex": _latex, "numpy": _numpy},
    samples=(
        Sample(((2, 3), (3, 4)), {"subscripts": "ij,jk->ik"}),
        Sample(((2, 3), (2, 3)), {"subscripts": "ij,ij->"}),
        Sample(((3, 3),), {"subscripts": "ii->i"}),
        Sample(((3, 3),), {"subscripts": "ii->"}),
        Sample(((3, 2, 3), (2,)), {"subscripts": "iji,k->jk"}),
        Sample(((2, 3),), {"subscripts": "ij->ji"}),
        Sample(((2, 3),), {"subscripts": "ij->j"}),
        Sample(((2, 3), (4,)), {"subscripts": "ij,k->i"}),
        Sample(((2,), (2, 3), (3,)), {"subscripts": "i,ij,j->"}),
        Sample(((2, 2, 3), (2, 3, 2)), {"subscripts": "bij,bjk->bik"}),
    ),
)
