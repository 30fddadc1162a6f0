"""Rules of users, run on symbolic arguments, and what they must give."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.ad.build import unscoped, zeros_like
from graphcomp.custom.application import Blocks
from graphcomp.custom.linear import is_sum, linear_part, transposed
from graphcomp.custom.setting import Function, Setting, cotangents_of, kind_of, like_values
from graphcomp.errors import DerivativeError, InputError
from graphcomp.node import Node, constant


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
        msg = f"{title} must return (out, tangent_out), not {kind_of(returned)}"
        raise InputError(msg)
    values = like_values(given, returned[0], f"{title}: out")
    found = like_values(given, returned[1], f"{title}: tangent_out")
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
        msg = f"{title} must return (out, residuals), not {kind_of(returned)}"
        raise InputError(msg)
    values = like_values(given, returned[0], f"{title}: out")
    cts = given.structure.build(0.0 if ct is None else ct for ct in given.cotangents)
    with unscoped():
        pulled = bwd(*given.fixed.values(), returned[1], cts)
    wholes = cotangents_of(given, pulled)
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
