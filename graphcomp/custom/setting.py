"""A function on symbolic arguments of its own, and what its rules must give there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphcomp.ad.build import unscoped
from graphcomp.custom.application import Application
from graphcomp.errors import InputError, ShapeError
from graphcomp.graph import input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, is_input
from graphcomp.rewrite import expand, stabilize, without_names
from graphcomp.shape import format_shape
from graphcomp.transforms.arguments import Call
from graphcomp.transforms.tracing import formula
from graphcomp.traversal import topological
from graphcomp.trees import Structure, flatten

_numbers = itertools.count(1)
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """A function on symbolic arguments of its own.

    Attributes:
        title: of the function.
        call: its arguments, without those that rules get as they are.
        fixed: these, by position.
        names: of all positional arguments.
        inputs: in place of the arrays among the arguments.
        body: the values, and `structure` their arrangement.
        tangents: a seed for each real input, else None.
        cotangents: a seed for each real value, else None.
        made: the application, still without its rule.
    """

    title: str
    call: Call
    fixed: dict[int, Any]
    names: tuple[str, ...]
    inputs: tuple[Node, ...]
    body: tuple[Node, ...]
    structure: Structure
    tangents: tuple[Node | None, ...]
    cotangents: tuple[Node | None, ...]
    made: Application | None = None

    @property
    def moving(self) -> list[int]:
        """The positions of the arguments that have derivatives."""
        return [i for i in range(len(self.names)) if i not in self.fixed]

    def arguments(self, leaves: Iterable[Any]) -> list[Any]:
        """The positional arguments with these in place of the arrays."""
        left = iter(leaves)
        filled = [
            next(left) if traced else leaf
            for traced, leaf in zip(self.call.traced, self.call.leaves, strict=True)
        ]
        args, _ = self.call.structure.build(filled)
        return [self.fixed.get(i, arg) for i, arg in enumerate(args)]

    def checked(self, nodes: Sequence[Node], seeds: Iterable[Node | None], rule: str) -> list[Node]:
        """The nodes in a stable form, without names inside, all from the arguments.

        Where the function itself is applied to seeds, as linear ones may be, it is written out: the
        rule is still being made.

        Raises:
            InputError: they depend on something else.
        """
        plain, _ = without_names(nodes)
        bare = stabilize([plain.get(node, node) for node in nodes])
        moved = {seed for seed in seeds if seed is not None}
        known = {*self.inputs, *moved}
        for node in topological(bare):
            if not moved.isdisjoint(node.args):
                moved.add(node)
        own = {n for n in moved if n.params and n.params[0][1] is self.made}
        bare = expand(bare, lambda node: node not in own) if own else bare
        for node in topological(bare):
            if is_input(node) and node not in known:
                # a transform tells its inputs from those of others by a number
                name = node.param("name").removesuffix(node.scope.replace("transform", "_"))
                msg = f"{rule} uses {name!r} of a function around it: pass it as an argument"
                raise InputError(msg)
        return bare


def setting(
    function: Function, call: Call, fixed: dict[int, Any], names: Sequence[str], title: str
) -> Setting:
    """Run a function on symbolic arguments like those of a call."""
    scope = f"custom{next(_numbers)}"
    labels = [label for label, traced in zip(call.labels, call.traced, strict=True) if traced]
    inputs = tuple(
        input_node(label, value.shape, value.dtype, scope)
        for label, value in zip(labels, call.values, strict=True)
    )
    taken = set(labels)

    def seed(name: str, node: Node) -> Node | None:
        if not node.is_real:
            return None
        given = fresh_name(name, taken)
        taken.add(given)
        return input_node(given, node.shape, node.dtype, scope)

    tangents = tuple(seed(f"{label}_dot", node) for label, node in zip(labels, inputs, strict=True))
    part = Setting(title, call, fixed, tuple(names), inputs, (), Structure(), tangents, ())
    with unscoped():
        leaves, structure = flatten(function(*part.arguments(inputs)))
    if not leaves:
        msg = f"{title} returns nothing; is a return missing?"
        raise InputError(msg)
    body = part.checked([formula(leaf, title) for leaf in leaves], (), title)
    cotangents = tuple(seed(f"out_{i}_bar", node) for i, node in enumerate(body))
    made = Application(title, inputs, tuple(body), structure, tangents, cotangents, _dims(body))
    whole = (tuple(body), structure, tangents, cotangents, made)
    return Setting(title, call, fixed, tuple(names), inputs, *whole)


def _dims(body: Sequence[Node]) -> tuple[Any, ...]:
    """The named dimensions that values depend on."""
    symbols = {
        symbol
        for node in topological(body)
        for size in (*node.shape, *(value for _, value in node.params if _is_symbolic(value)))
        if not isinstance(size, int)
        for symbol in size.free_symbols
    }
    return tuple(sorted(symbols, key=str))


def _is_symbolic(value: object) -> bool:
    return hasattr(value, "free_symbols")


def like_values(given: Setting, returned: Any, what: str) -> list[Node]:
    """What a rule returns, as nodes that fit the values of the function."""
    leaves, structure = flatten(returned)
    if structure != given.structure:
        msg = f"{what} is arranged as {structure}, but {given.title} returns {given.structure}"
        raise InputError(msg)
    return [
        _fitting(leaf, node, what if len(leaves) == 1 else f"{what}, part {i + 1},")
        for i, (leaf, node) in enumerate(zip(leaves, given.body, strict=True))
    ]


def _fitting(value: Any, like: Node, what: str) -> Node:
    node = formula(value, what)
    if node.shape != like.shape:
        msg = f"{what} has shape {format_shape(node.shape)}, expected {format_shape(like.shape)}"
        raise ShapeError(msg)
    return node.astype(like.dtype) if like.is_real else node


def cotangents_of(given: Setting, pulled: Any) -> list[Node | None]:
    """What bwd returns, by input; None for zeros."""
    title = f"bwd of {given.title}"
    names = [given.names[i] for i in given.moving]
    expected = f"a tuple of {len(names)}, one for each argument ({', '.join(names)})"
    if not isinstance(pulled, (tuple, list)):
        msg = f"{title} must return cotangents as {expected}, not {kind_of(pulled)}"
        raise InputError(msg)
    if len(pulled) != len(names):
        msg = f"{title} returns {kind_of(pulled)} cotangents, expected {expected}"
        raise InputError(msg)
    parts, _ = (structure for structure in given.call.structure.parts)
    inputs = iter(given.inputs)
    flags = iter(zip(given.call.traced, given.call.labels, strict=True))
    found: list[Node | None] = []
    left = iter(pulled)
    for position, part in enumerate(parts.parts):
        if position in given.fixed:
            continue
        name, entry = given.names[position], next(left)
        count = sum(1 for _ in part.paths("x"))
        leaves, structure = flatten(entry)
        if entry is None:
            leaves, structure = [None] * count, part
        if structure != part:
            msg = f"{title}: the cotangent of {name!r} is arranged as {structure}, expected {part}"
            raise InputError(msg)
        for leaf in leaves:
            traced, label = next(flags)
            if traced:
                node = next(inputs)
                what = f"{title}: the cotangent of {label!r}"
                given_none = leaf is None or not node.is_real
                found.append(None if given_none else _fitting(leaf, node, what))
    return found


def kind_of(value: object) -> str:
    """What something is, in words."""
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return type(value).__name__
