"""What `elementwise_op` is asked for, read and checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy

from graphcomp.custom.formula import Formula
from graphcomp.custom.proving import Domain
from graphcomp.errors import InputError
from graphcomp.names import check_name
from graphcomp.op import Rule


def expression_of(title: str, formula: Any, args: Any) -> tuple[tuple[Any, ...], Any]:
    """The symbols in order, real ones, and the expression of them."""
    if isinstance(formula, sympy.Basic) or not callable(formula):
        expression = formula
        names = None if args is None else _names(args)
    else:
        names = _names(args) if args is not None else _parameters(title, formula)
        expression = formula(*map(partial(_real, title), names))
        if isinstance(expression, (int, float)):  # never text: SymPy would evaluate it
            expression = sympy.sympify(expression)
    if not isinstance(expression, sympy.Expr) or isinstance(expression, sympy.MatrixExpr):
        what = "a SymPy expression of scalars, or a function that gives one"
        msg = f"{title}: the formula must be {what}, not {expression!r:.60}"
        raise InputError(msg)
    free = sorted(symbol.name for symbol in expression.free_symbols)
    order = free if names is None else names
    if not order:
        msg = f"{title}: the formula has no symbols, so there is nothing to apply it to"
        raise InputError(msg)
    if not set(free) <= set(order) or len(set(free)) < len(free) or len(set(order)) < len(order):
        msg = f"{title}: the formula has the symbols {', '.join(free)}, but args are {', '.join(order)}"
        raise InputError(msg)
    real = {name: _real(title, name) for name in order}
    return tuple(real.values()), expression.xreplace(
        {symbol: real[symbol.name] for symbol in expression.free_symbols}
    )


def _real(title: str, name: str) -> Any:
    return sympy.Symbol(check_name(name, f"{title}: argument"), real=True)


def latex_of(title: str, given: str | None, name: str, places: str, count: int) -> str:
    """The template of the op in LaTeX."""
    if given is None:
        escaped = name.replace("_", r"\_")
        return rf"\operatorname{{{{{escaped}}}}}\left({places}\right)"
    try:
        given.format(*"x" * count)
    except (AttributeError, IndexError, KeyError, ValueError):
        msg = f"{title}: latex={given!r} is no template; write {places} for the arguments, and braces twice"
        raise InputError(msg) from None
    return given


def _parameters(title: str, formula: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(formula).parameters)
    except (TypeError, ValueError):
        msg = f"{title}: the parameters of {formula!r:.60} can't be read; name them by args="
        raise InputError(msg) from None


def _names(args: Any) -> list[str]:
    if isinstance(args, str):
        return args.replace(",", " ").split()
    several = args if isinstance(args, (list, tuple)) else [args]
    return [str(getattr(symbol, "name", symbol)) for symbol in several]


def domains_of(title: str, domain: Any, count: int) -> tuple[Domain, ...]:
    """An interval for each argument.

    Raises:
        InputError: they are no intervals, or not as many.
    """
    try:
        several = [domain] * count if np.ndim(domain) == 1 else list(domain)
        found = tuple((float(low), float(high)) for low, high in several)
        if len(found) == count and all(-np.inf < low < high < np.inf for low, high in found):
            return found
    except (TypeError, ValueError):
        pass
    msg = (
        f"{title}: domain must be an interval (low, high), or one for each argument, not {domain!r}"
    )
    raise InputError(msg)


def partials_given(title: str, partials: Any, names: Sequence[str]) -> list[Any]:
    """What was given for each argument; None for what is to be derived."""
    if partials is None:
        return [None] * len(names)
    if isinstance(partials, Mapping):
        found = {getattr(key, "name", key): value for key, value in partials.items()}
        unknown = [key for key in found if key not in names]
        if unknown:
            msg = f"{title}: there is no argument {unknown[0]!r} for a partial; there are {', '.join(names)}"
            raise InputError(msg)
        return [found.get(name) for name in names]
    several = list(partials) if isinstance(partials, (list, tuple)) else [partials]
    if len(several) != len(names):
        msg = f"{title}: {len(several)} partials for the {len(names)} arguments {', '.join(names)}"
        raise InputError(msg)
    return several


def rule_of(title: str, given: Any, symbols: Sequence[Any], out: Any, name: str) -> Rule:
    """A rule on nodes from what was given."""
    if callable(given) and not isinstance(given, sympy.Basic):
        rule: Rule = given
        return rule
    expression = sympy.sympify(given) if isinstance(given, (int, float)) else given
    if not isinstance(expression, sympy.Expr):
        msg = f"{title}: the partial by {name!r} must be a SymPy expression or a rule(out, *args), not {given!r:.60}"
        raise InputError(msg)
    mine = sympy.Symbol(_names(out)[0], real=True)
    known = {symbol.name: symbol for symbol in (mine, *symbols)}
    unknown = [symbol.name for symbol in expression.free_symbols if symbol.name not in known]
    if unknown:
        msg = f"{title}: the partial by {name!r} has the symbol {min(unknown)!r}; it may have {', '.join(known)}"
        raise InputError(msg)
    real = expression.xreplace({symbol: known[symbol.name] for symbol in expression.free_symbols})
    slope = Formula(real, (mine, *symbols))
    return lambda value, *nodes: slope.value((value, *nodes), value.dtype)


def described(given: Any) -> str:
    """What a partial is, the same in every process."""
    if isinstance(given, sympy.Basic):
        return str(sympy.srepr(given))
    return str(getattr(given, "__qualname__", given))
