"""Networks of units as textbooks draw them: a vertex per unit, an arrow per weight."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from graphcomp.errors import InputError
from graphcomp.names import fresh_name, identifier
from graphcomp.printers.drawing import Drawing
from graphcomp.printers.formula import UNICODE
from graphcomp.printers.layers import Layer, Vector, layers_of, vectors_of
from graphcomp.printers.palette import AUTO, Ink, Look
from graphcomp.printers.picture import DIRECTIONS, Arrow, Line, Picture, Vertex
from graphcomp.printers.places import Place, between, places, share

#: With more arrows nobody could read the weights, and the layout would take long.
MOST_WEIGHTS, MOST_UNITS = 200, 80
_THINNEST, _THICKEST = 0.7, 3.6


def draw_network(
    weights: Sequence[ArrayLike],
    path: str | os.PathLike[str] | None = None,
    *,
    biases: str | Sequence[ArrayLike] | None = None,
    activations: str | Sequence[str] = "",
    inputs: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    values: Sequence[ArrayLike] | None = None,
    deltas: Sequence[ArrayLike] | None = None,
    digits: int = 4,
    title: str | None = None,
    rankdir: str = "LR",
    theme: str = AUTO,
    force: bool = False,
) -> Drawing:
    """Draw a network of fully connected layers: a vertex per input and unit, an arrow per weight.

    Arrows carry their weight; they are the thicker the larger it is, negative ones are dashed.

    Args:
        weights: a matrix for each layer, of shape (units, inputs of the layer), or of shape
            (units, 1 + inputs) with ``biases="first"``.
        path: a file to write, in the format that its suffix names: svg, png, pdf, dot or mmd.
        biases: "first" if the first column of each matrix is the bias, a sequence with a vector of
            shape (units,) for each layer, or None without biases.
        activations: the name of the function of each layer, or one for all.
        inputs: the names of the inputs; x1, x2, ... by default.
        units: the names of all units, layer by layer; 1, 2, ... by default.
        values: to be shown at the vertices: a vector for the inputs, then one for each layer.
        deltas: to be shown at the units: a vector for each layer.
        digits: significant digits of all numbers.
        title: above the drawing.
        rankdir: the direction of the layout: "LR", "TB", "RL" or "BT".
        theme: of the file that is written: "light", "dark", or "auto", as the reader prefers.
        force: replace a file that graphcomp did not make.

    Returns:
        The drawing: it shows itself in notebooks, and has ``.svg()``, ``.dot()``, ``.mermaid()``
        and ``.write(path)``.

    Raises:
        ShapeError: a layer does not fit the one before it; says which.
        InputError: the network is too large to be read, or a name or number is missing.
        OutputError: the file can't be written, or is not ours to replace.

    >>> import graphcomp as gc
    >>> drawing = gc.draw_network([[[0.1, 0.8], [0.4, -0.6]], [[0.3, 0.9]]], inputs=["A", "B"])
    >>> [line.strip() for line in drawing.mermaid().splitlines() if "|" in line][:2]
    ['A -->|"0.1"| unit_1', 'B -->|"0.8"| unit_1']
    """
    if rankdir not in DIRECTIONS:
        raise InputError(f"rankdir must be one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 17:
        raise InputError(f"digits must be an int from 1 to 17, not {digits!r}")
    layers = layers_of(weights, biases)
    sizes = [layers[0].matrix.shape[1], *(len(layer.matrix) for layer in layers)]
    _limit(layers, sizes)
    network = _Network(
        layers,
        _input_names(inputs, sizes[0]),
        _unit_names(units, sizes[1:]),
        _activations(activations, len(layers)),
        vectors_of(values, sizes, "values", "the inputs and each layer"),
        vectors_of(deltas, sizes[1:], "deltas", "each layer"),
        digits,
    )
    drawing = Drawing(network.picture(title, rankdir))
    if path is not None:
        drawing.write(path, theme=theme, force=force)
    return drawing


def _limit(layers: Sequence[Layer], sizes: Sequence[int]) -> None:
    arrows = sum(
        layer.matrix.size + (0 if layer.bias is None else layer.bias.size) for layer in layers
    )
    if arrows > MOST_WEIGHTS or sum(sizes) > MOST_UNITS:
        raise InputError(
            f"a network of {sum(sizes):,} inputs and units with {arrows:,} weights can't be read as a "
            f"drawing; at most {MOST_UNITS} and {MOST_WEIGHTS}: draw a part of it, such as "
            "weights[0][:5, :5], or the graph, where a layer is one vertex"
        )


def _input_names(given: Sequence[str] | None, size: int) -> list[str]:
    names = [f"x{i}" for i in range(1, size + 1)] if given is None else [str(n) for n in given]
    if len(names) != size:
        raise InputError(f"inputs: {size} names for {size} inputs, not {len(names)}")
    return names


def _unit_names(given: Sequence[str] | None, sizes: Sequence[int]) -> list[list[str]]:
    total = sum(sizes)
    names = [str(i) for i in range(1, total + 1)] if given is None else [str(n) for n in given]
    if len(names) != total:
        raise InputError(f"units: {total} names for {total} units, not {len(names)}")
    rest = iter(names)
    return [[next(rest) for _ in range(size)] for size in sizes]


def _activations(given: str | Sequence[str], size: int) -> list[str]:
    names = [given] * size if isinstance(given, str) else [str(name) for name in given]
    if len(names) != size:
        raise InputError(f"activations: {size} names for {size} layers, not {len(names)}")
    return names


@dataclass(frozen=True, slots=True)
class _Network:
    """A network that has been checked."""

    layers: list[Layer]
    inputs: list[str]
    units: list[list[str]]
    activations: list[str]
    values: list[Vector]
    deltas: list[Vector]
    digits: int

    def picture(self, title: str | None, rankdir: str) -> Picture:
        """All vertices and arrows."""
        taken: set[str] = set()
        columns = [
            self._column(0, self.inputs, taken, "input"),
            *(self._column(i, names, taken, "unit") for i, names in enumerate(self.units, 1)),
        ]
        arrows: list[Arrow] = []
        for i, layer in enumerate(self.layers):
            bias = columns[i][0] if layer.bias is not None else None
            before = columns[i] if bias is None else columns[i][1:]
            after = columns[i + 1]
            after = after[1:] if self._has_bias(i + 1) else after
            for row, unit in enumerate(after):
                if bias is not None and layer.bias is not None:
                    arrows.append(self._arrow(bias, unit, layer.bias[row]))
                arrows += [
                    self._arrow(tail, unit, layer.matrix[row, k]) for k, tail in enumerate(before)
                ]
        arrows, at = _placed(columns, arrows, rankdir)
        sizes = "-".join(map(str, [len(self.inputs), *map(len, self.units)]))
        return Picture(
            "network",
            f"A {sizes} network" if title is None else str(title),
            tuple(self._legend()),
            tuple(replace(v, at=at[v.name]) for column in columns for v in column),
            tuple(arrows),
            matrix=True,
            mode=None,
            rankdir=rankdir,
        )

    def _has_bias(self, column: int) -> bool:
        return column < len(self.layers) and self.layers[column].bias is not None

    def _column(self, i: int, names: Sequence[str], taken: set[str], kind: str) -> list[Vertex]:
        """The bias of the next layer, and the inputs or units of one layer."""
        found: list[Vertex] = []
        if self._has_bias(i):
            key = fresh_name(f"bias_{i + 1}", taken)
            taken.add(key)
            lines = (Line("1", bold=True), Line("bias", Ink.MUTED, small=True))
            found.append(Vertex(key, Look.CONSTANT, lines, tooltip=f"bias of layer {i + 1}"))
        for k, name in enumerate(names):
            whole = name if kind == "input" and not name[:1].isdigit() else f"{kind}_{name}"
            key = fresh_name(identifier(whole), taken)
            taken.add(key)
            last = i == len(self.units)
            look = Look.INPUT if i == 0 else Look.OUTPUT if last else Look.OPERATION
            told = f"input {name}" if i == 0 else f"unit {name} of layer {i}"
            found.append(Vertex(key, look, tuple(self._lines(i, k, name)), tooltip=told))
        return found

    def _lines(self, i: int, k: int, name: str) -> list[Line]:
        lines = [Line(UNICODE.symbol(name) if name.isidentifier() else name, bold=True)]
        if i and self.activations[i - 1]:
            lines.append(Line(self.activations[i - 1], Ink.MUTED, small=True))
        if self.values:
            lines.append(Line(f"= {self._number(self.values[i][k])}", Ink.VALUE))
        if i and self.deltas:
            lines.append(Line(f"δ = {self._number(self.deltas[i - 1][k])}", Ink.ADJOINT))
        return lines

    def _legend(self) -> list[Line]:
        lines = [Line("→ weight; dashed if negative, the thicker the larger", Ink.MUTED)]
        if self.values:
            lines.append(Line("= value", Ink.VALUE))
        if self.deltas:
            lines.append(Line("δ = derivative of the loss by what enters the unit", Ink.ADJOINT))
        return lines

    def _arrow(self, tail: Vertex, head: Vertex, weight: float) -> Arrow:
        largest = max(
            float(np.max(np.abs(array[np.isfinite(array)]), initial=0.0))
            for layer in self.layers
            for array in (layer.matrix, np.zeros(0) if layer.bias is None else layer.bias)
        )
        size = abs(weight) / largest if largest and np.isfinite(weight) else 0.0
        return Arrow(
            tail.name,
            head.name,
            Ink.NEGATIVE if weight < 0 else Ink.POSITIVE,
            (Line(self._number(weight), Ink.NEGATIVE if weight < 0 else Ink.POSITIVE),),
            f"{tail.lines[0].text} to {head.lines[0].text}: {self._number(weight)}",
            width=_THINNEST + (_THICKEST - _THINNEST) * size,
        )

    def _number(self, value: float) -> str:
        return UNICODE.number(float(value), self.digits)


def _placed(
    columns: Sequence[Sequence[Vertex]], arrows: Sequence[Arrow], rankdir: str
) -> tuple[list[Arrow], dict[str, Place]]:
    """The arrows with places for their labels, and the places of the vertices."""
    longest = max(len(arrow.lines[0].text) for arrow in arrows)
    found = places(columns, longest, rankdir)
    at = {
        vertex.name: place
        for column, row in zip(columns, found, strict=True)
        for vertex, place in zip(column, row, strict=True)
    }
    part = {
        vertex.name: share(len(column), len(following))
        for column, following in pairwise(columns)
        for vertex in column
    }
    return [
        replace(arrow, label_at=between(at[arrow.tail], at[arrow.head], part[arrow.tail]))
        for arrow in arrows
    ], at
