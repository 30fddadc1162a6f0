"""Rules of users, run on symbolic arguments, and what they must give."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graphcomp.ad.build import unscoped, zeros_like
from graphcomp.custom.application import Application, Blocks
from graphcomp.custom.linear import is_sum, linear_part, transposed
from graphcomp.errors import DerivativeError, InputError, ShapeError
from graphcomp.graph import input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, constant, is_input
from graphcomp.rewrite import expand, stabilize, without_names
from graphcomp.shape import format_shape
from graphcomp.transforms.arguments import Call
from graphcomp.transforms.tracing import formula
from graphcomp.transforms.trees import Structure, flatten
from graphcomp.traversal import topological

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
        bare = stabilize(without_names(nodes)[0])
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


def by_jvp(given: Setting, rule: Function, check: bool) -> list[Node]:
    """Complete the application by a rule for tangents; gives the values of the rule.

    Raises:
        DerivativeError: it is not linear in the tangents.
        InputError, ShapeError: it returns something else than (out, tangent of out).
    """
    title = f"the jvp rule of {given.title}"
    primals = given.arguments(given.inputs)
    moved = given.arguments(
        zeros_like(node) if seed is None and node.is_real else 0.0 if seed is None else seed
        for node, seed in zip(given.inputs, given.tangents, strict=True)
    )
    with unscoped():
        returned = rule(
            *given.fixed.values(),
            tuple(primals[i] for i in given.moving),
            tuple(moved[i] for i in given.moving),
        )
    if not isinstance(returned, tuple) or len(returned) != 2:
        msg = f"{title} must return (out, tangent_out), not {_kind(returned)}"
        raise InputError(msg)
    values = _like_values(given, returned[0], f"{title}: out")
    found = _like_values(given, returned[1], f"{title}: tangent_out")
    moving = [
        node if value.is_real else constant(0.0)
        for node, value in zip(found, given.body, strict=True)
    ]
    wholes = given.checked(moving, given.tangents, title)
    seeds = [seed for seed in given.tangents if seed is not None]
    not_linear = f"{title} is not linear in the tangents, as the derivative of a function is"
    try:
        with unscoped():
            push: Blocks = tuple(
                tuple(None for _ in wholes)
                if seed is None
                else tuple(linear_part(wholes, seed, seeds))
                for seed in given.tangents
            )
    except ValueError:
        raise DerivativeError(not_linear) from None
    columns = [[row[k] for row in push] for k in range(len(wholes))]
    if not _is_linear(given, wholes, columns, seeds, check):
        raise DerivativeError(not_linear)
    with unscoped():
        pull: Blocks = tuple(
            tuple(
                None if seed is None or ct is None else transposed(part, seed, ct)
                for part, ct in zip(row, given.cotangents, strict=True)
            )
            for row, seed in zip(push, given.tangents, strict=True)
        )
    _complete(given, push, pull)
    return given.checked(values, (), title)


def by_vjp(given: Setting, fwd: Function, bwd: Function, check: bool) -> list[Node]:
    """Complete the application by a rule for cotangents; gives the values of the rule.

    Raises:
        DerivativeError: it is not linear in the cotangent, and should be.
        InputError, ShapeError: fwd does not return (out, residuals), or bwd no cotangent for each
            argument.
    """
    title = f"fwd of {given.title}"
    with unscoped():
        returned = fwd(*given.arguments(given.inputs))
    if not isinstance(returned, tuple) or len(returned) != 2:
        msg = f"{title} must return (out, residuals), not {_kind(returned)}"
        raise InputError(msg)
    values = _like_values(given, returned[0], f"{title}: out")
    cts = given.structure.build(0.0 if ct is None else ct for ct in given.cotangents)
    with unscoped():
        pulled = bwd(*given.fixed.values(), returned[1], cts)
    wholes = _cotangents(given, pulled)
    seeds = [ct for ct in given.cotangents if ct is not None]
    some = given.checked(
        [node for node in wholes if node is not None], seeds, f"bwd of {given.title}"
    )
    parts = _linear_pulls(given, some, seeds, check)
    if parts is None:
        if check or len(seeds) > 1:
            why = (
                "with several values it must be"
                if len(seeds) > 1
                else "check=False if that is meant"
            )
            msg = f"bwd of {given.title} is not linear in the cotangent, as the derivative of a function is: {why}"
            raise DerivativeError(msg)
        parts = [[node if ct is not None else None for ct in given.cotangents] for node in some]
        push = None
    else:
        push = _pushes(given, wholes, parts)
    left = iter(parts)
    none = tuple(None for _ in given.body)
    pull: Blocks = tuple(none if node is None else tuple(next(left)) for node in wholes)
    _complete(given, push, pull)
    return given.checked(values, (), title)


def _linear_pulls(
    given: Setting, wholes: Sequence[Node], seeds: Sequence[Node], check: bool
) -> list[list[Node | None]] | None:
    """The cotangents by input and value; None if they are not linear."""
    try:
        with unscoped():
            columns = [
                [None] * len(wholes) if ct is None else linear_part(wholes, ct, seeds)
                for ct in given.cotangents
            ]
    except ValueError:
        return None
    rows = [[column[i] for column in columns] for i in range(len(wholes))]
    return rows if _is_linear(given, wholes, rows, seeds, check) else None


def _pushes(
    given: Setting, wholes: Sequence[Node | None], parts: Sequence[Sequence[Node | None]]
) -> Blocks:
    """Forward mode as the transpose of the cotangents."""
    left = iter(parts)
    rows: list[tuple[Node | None, ...]] = []
    with unscoped():
        for whole, tangent in zip(wholes, given.tangents, strict=True):
            row = [None] * len(given.body) if whole is None else next(left)
            rows.append(
                tuple(
                    None if ct is None or tangent is None else transposed(part, ct, tangent)
                    for part, ct in zip(row, given.cotangents, strict=True)
                )
            )
    return tuple(rows)


def _is_linear(
    given: Setting,
    wholes: Sequence[Node],
    parts: Sequence[Sequence[Node | None]],
    seeds: Sequence[Node],
    check: bool,
) -> bool:
    try:
        return is_sum(wholes, parts, [*given.inputs, *seeds])
    except InputError as error:
        if not check:
            return True
        msg = f"the rule of {given.title} could not be checked: {error}; or say check=False"
        raise InputError(msg) from None


def _complete(given: Setting, push: Blocks | None, pull: Blocks) -> None:
    assert given.made is not None
    given.made.push, given.made.pull = push, pull


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


# ---------------------------------------------------------------- what rules return


def _like_values(given: Setting, returned: Any, what: str) -> list[Node]:
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


def _cotangents(given: Setting, pulled: Any) -> list[Node | None]:
    """What bwd returns, by input; None for zeros."""
    title = f"bwd of {given.title}"
    names = [given.names[i] for i in given.moving]
    expected = f"a tuple of {len(names)}, one for each argument ({', '.join(names)})"
    if not isinstance(pulled, (tuple, list)):
        msg = f"{title} must return cotangents as {expected}, not {_kind(pulled)}"
        raise InputError(msg)
    if len(pulled) != len(names):
        msg = f"{title} returns {_kind(pulled)} cotangents, expected {expected}"
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


def _kind(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return type(value).__name__
