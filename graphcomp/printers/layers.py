"""The weights of a network, checked: every layer takes what the one before it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphcomp.errors import InputError, ShapeError

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layer:
    """The weights of a layer, of shape (units, inputs), and what is added."""

    matrix: Vector
    bias: Vector | None


def layers_of(
    weights: Sequence[ArrayLike], biases: str | Sequence[ArrayLike] | None
) -> list[Layer]:
    """The layers, once they are known to fit each other."""
    matrices = [_array(matrix, f"the weights of layer {i}") for i, matrix in enumerate(weights, 1)]
    if not matrices:
        raise InputError("weights: a network has at least one layer")
    for i, matrix in enumerate(matrices, 1):
        least = 2 if biases == "first" else 1
        if matrix.ndim != 2 or len(matrix) < 1 or matrix.shape[1] < least:
            what = "(units, 1 + inputs)" if biases == "first" else "(units, inputs)"
            raise ShapeError(
                f"the weights of layer {i} must be a matrix of shape {what}, not {matrix.shape}"
            )
    if biases is None:
        layers = [Layer(matrix, None) for matrix in matrices]
    elif isinstance(biases, str):
        if biases != "first":
            raise InputError(f'biases must be "first", vectors, or None, not {biases!r}')
        layers = [Layer(matrix[:, 1:], matrix[:, 0]) for matrix in matrices]
    else:
        sizes = [len(matrix) for matrix in matrices]
        vectors = vectors_of(biases, sizes, "biases", "each layer")
        layers = [Layer(*pair) for pair in zip(matrices, vectors, strict=True)]
    for i, (before, layer) in enumerate(pairwise(layers), 1):
        ours, theirs = layer.matrix.shape[1], len(before.matrix)
        if ours != theirs:
            raise ShapeError(
                f"layer {i + 1} takes {ours} inputs, but layer {i} has {theirs} units; a matrix has "
                'shape (units, inputs), and one column more with biases="first"'
            )
    return layers


def _array(given: ArrayLike, what: str) -> Vector:
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise ShapeError(f"{what} are no array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise InputError(f"{what} must be real numbers, not {array.dtype}")
    return array.astype(np.float64)


def vectors_of(
    given: Sequence[ArrayLike] | None, sizes: Sequence[int], what: str, which: str
) -> list[Vector]:
    """A vector for each size; none at all without any given."""
    if given is None:
        return []
    found = [_array(vector, what) for vector in given]
    if len(found) != len(sizes):
        raise InputError(f"{what}: one vector for {which}, {len(sizes)} in all, not {len(found)}")
    for i, (vector, size) in enumerate(zip(found, sizes, strict=True)):
        if vector.shape != (size,):
            raise ShapeError(f"{what}[{i}] must have shape ({size},), not {vector.shape}")
    return found
