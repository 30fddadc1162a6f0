"""Functions with derivative rules of their own, in the spelling that JAX made usual."""

from __future__ import annotations

import functools
import inspect
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, overload

from graphcomp.custom.application import Application, application_op
from graphcomp.custom.checking import check_rule
from graphcomp.custom.rules import by_jvp, by_vjp
from graphcomp.custom.setting import Function, Setting, setting
from graphcomp.errors import GraphcompError, InputError, with_user_line
from graphcomp.node import Node, constant
from graphcomp.op import Op
from graphcomp.transforms.arguments import Call, Wrt, collect, parameter_names, title_of
from graphcomp.transforms.cache import Cache
from graphcomp.transforms.running import check_callable
from graphcomp.trees import flatten


class _Custom(ABC):
    """A function that computes as it is on arrays, and is one step with its own rule on nodes.

    Attributes:
        op: the record of the step.
    """

    _needs = _how = ""

    def __init__(
        self, function: Function, *, nondiff_argnums: Sequence[int] = (), check: bool = True
    ) -> None:
        check_callable(function, self._needs)
        self._function, self._fixed, self._check = function, tuple(nondiff_argnums), check
        self.op: Op = application_op(title_of(function))
        self._applications: Cache[Application] = Cache()
        self._unfinished: dict[Hashable, Application | None] = {}
        self._lock = threading.RLock()
        functools.update_wrapper(self, function, updated=())
        self.__name__ = self.op.name

    def __repr__(self) -> str:
        return f"<{self._needs} {self.op.name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The value; for nodes a node, whose derivatives follow the rule."""
        if not any(isinstance(leaf, Node) for leaf in flatten((args, kwargs))[0]):
            return self._function(*args, **kwargs)
        try:
            return self._applied(self._positional(args, kwargs))
        except GraphcompError as error:
            if "\n  at " in str(error):
                raise
            raise type(error)(with_user_line(str(error))) from None

    @abstractmethod
    def _complete(self, given: Setting) -> list[Node]:
        """Give the application its rule; the values that the rule gives."""

    @property
    @abstractmethod
    def _has_rule(self) -> bool: ...

    def _positional(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, defaults too."""
        try:
            bound = inspect.signature(self._function).bind(*args, **kwargs)
        except ValueError:  # a function that does not tell its parameters
            if kwargs:
                msg = (
                    f"{self.op.name}: its parameters can't be read; pass all arguments by position"
                )
                raise InputError(msg) from None
            return args
        bound.apply_defaults()
        if bound.kwargs:
            msg = f"{self.op.name}: a rule has positional arguments only, not {', '.join(bound.kwargs)}"
            raise InputError(msg)
        return bound.args

    def _applied(self, args: tuple[Any, ...]) -> Any:
        title = self.op.name
        if not self._has_rule:
            msg = f"{title} has no rule yet: call {title}.{self._how}"
            raise InputError(msg)
        fixed = {i % len(args): args[i] for i in self._fixed if -len(args) <= i < len(args)}
        fixed = dict(sorted(fixed.items()))
        names = parameter_names(self._function, len(args))
        for place, value in fixed.items():
            if any(isinstance(leaf, Node) for leaf in flatten(value)[0]) or not _hashes(value):
                what = f"argument {names[place]!r} is among nondiff_argnums"
                msg = f"{title}: {what}: it must be a fixed value with a hash, not {value!r:.60}"
                raise InputError(msg)
        moving = tuple(None if i in fixed else arg for i, arg in enumerate(args))
        call = collect(self._function, moving, {}, Wrt(argnums=()))
        key = (call.key, tuple((i, type(value), value) for i, value in fixed.items()))
        with self._lock:
            found = self._applications.get(key)
            if found is None and key in self._unfinished:
                found = self._unfinished[key]
                if found is None:
                    msg = f"{title} calls itself: call the function that it was made of"
                    raise InputError(msg)
            if found is None:
                self._unfinished[key] = None
                try:
                    found = self._made(call, fixed, names, key)
                finally:
                    del self._unfinished[key]
                self._applications.put(key, found)
        nodes = [value if isinstance(value, Node) else constant(value) for value in call.values]
        return found.apply(self.op, nodes)

    def _made(
        self, call: Call, fixed: dict[int, Any], names: Sequence[str], key: Hashable
    ) -> Application:
        """The application for a signature; its own rule may refer to it."""
        given = setting(self._function, call, fixed, names, self.op.name)
        assert given.made is not None
        self._unfinished[key] = given.made
        values = self._complete(given)
        if self._check:
            check_rule(given.made, values, self.op)
        return given.made


class CustomVjp(_Custom):
    """A function with a rule for reverse mode; see `custom_vjp`."""

    _needs, _how = "custom_vjp", "defvjp(fwd, bwd)"
    _fwd: Function | None = None
    _bwd: Function | None = None

    def defvjp(self, fwd: Function, bwd: Function, *, check: bool | None = None) -> None:
        """Give the rule.

        Args:
            fwd: ``fwd(*args) -> (out, residuals)``: the value, and whatever `bwd` wants.
            bwd: ``bwd(residuals, ct) -> cotangents``: a tuple with one for each argument, arranged as
                it, or None for zeros; fixed arguments come first.
            check: whether the rule is compared with differences when it is first used.
        """
        check_callable(fwd, "defvjp")
        check_callable(bwd, "defvjp")
        self._fwd, self._bwd = fwd, bwd
        self._check = self._check if check is None else check
        self._applications = Cache()

    @property
    def _has_rule(self) -> bool:
        return self._fwd is not None

    def _complete(self, given: Setting) -> list[Node]:
        assert self._fwd is not None
        assert self._bwd is not None
        return by_vjp(given, self._fwd, self._bwd, self._check)


class CustomJvp(_Custom):
    """A function with a rule for forward mode; see `custom_jvp`."""

    _needs, _how = "custom_jvp", "defjvp(rule)"
    _rule: Function | None = None

    def defjvp(self, rule: Function, *, check: bool | None = None) -> Function:
        """Give the rule; also as a decorator.

        Args:
            rule: ``rule(primals, tangents) -> (out, tangent_out)``, both arguments tuples; it must be
                linear in the tangents. Fixed arguments come first.
            check: whether the rule is compared with differences when it is first used.
        """
        check_callable(rule, "defjvp")
        self._rule = rule
        self._check = self._check if check is None else check
        self._applications = Cache()
        return rule

    @property
    def _has_rule(self) -> bool:
        return self._rule is not None

    def _complete(self, given: Setting) -> list[Node]:
        assert self._rule is not None
        return by_jvp(given, self._rule, self._check)


def _hashes(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return isinstance(value, Hashable)


@overload
def custom_vjp(
    function: Function, *, nondiff_argnums: Sequence[int] = (), check: bool = True
) -> CustomVjp: ...
@overload
def custom_vjp(
    function: None = None, *, nondiff_argnums: Sequence[int] = (), check: bool = True
) -> Callable[[Function], CustomVjp]: ...
def custom_vjp(
    function: Function | None = None, *, nondiff_argnums: Sequence[int] = (), check: bool = True
) -> CustomVjp | Callable[[Function], CustomVjp]:
    """A function with its own rule for reverse mode, as a decorator; ``f.defvjp(fwd, bwd)`` gives it.

    On arrays it computes as it is. In a function that is traced it is one step by its name, whose
    derivatives follow the rule, in both modes and to any order: forward mode is the transpose of the
    rule. If that is not linear in the cotangent, as for clipped gradients, there is no forward mode.

    Args:
        function: plain Python with NumPy, of arrays, or of lists, tuples and dicts of arrays.
        nondiff_argnums: positions of arguments that are fixed values; the rules get them as they are,
            `bwd` in front of its own arguments.
        check: whether the rule is compared with differences at a random point when it is first used
            with arguments of some shapes; False for rules that are no derivatives on purpose.

    Raises:
        DerivativeError: (when traced) the rule is wrong; names the argument.
        InputError, ShapeError: (when traced) the rule returns something else than it must.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> @gc.custom_vjp
    ... def log1pexp(x):
    ...     return np.log(1 + np.exp(x))
    >>> def fwd(x):
    ...     return log1pexp(x), x
    >>> def bwd(x, ct):
    ...     return (ct * (1 - 1 / (1 + np.exp(x))),)
    >>> log1pexp.defvjp(fwd, bwd)
    >>> gc.grad(log1pexp)(100.0)
    1.0
    """
    options: dict[str, Any] = {"nondiff_argnums": nondiff_argnums, "check": check}
    if function is None:
        return lambda given: CustomVjp(given, **options)
    return CustomVjp(function, **options)


@overload
def custom_jvp(
    function: Function, *, nondiff_argnums: Sequence[int] = (), check: bool = True
) -> CustomJvp: ...
@overload
def custom_jvp(
    function: None = None, *, nondiff_argnums: Sequence[int] = (), check: bool = True
) -> Callable[[Function], CustomJvp]: ...
def custom_jvp(
    function: Function | None = None, *, nondiff_argnums: Sequence[int] = (), check: bool = True
) -> CustomJvp | Callable[[Function], CustomJvp]:
    """A function with its own rule for forward mode, as a decorator; ``f.defjvp(rule)`` gives it.

    As `custom_vjp`; reverse mode is the transpose of the rule, which must be linear in the tangents.

    Args:
        function: plain Python with NumPy, of arrays, or of lists, tuples and dicts of arrays.
        nondiff_argnums: positions of arguments that are fixed values; the rule gets them as they are,
            in front of its own arguments.
        check: whether the rule is compared with differences at a random point when it is first used
            with arguments of some shapes; False for rules that are no derivatives on purpose.

    Raises:
        DerivativeError: (when traced) the rule is wrong, or not linear in the tangents.
        InputError, ShapeError: (when traced) the rule returns something else than it must.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> @gc.custom_jvp
    ... def scaled(x, a):
    ...     return np.sin(a * x)
    >>> @scaled.defjvp
    ... def rule(primals, tangents):
    ...     x, a = primals
    ...     dx, da = tangents
    ...     return scaled(x, a), np.cos(a * x) * (a * dx + x * da)
    >>> gc.grad(scaled, argnums=(0, 1))(0.0, 2.0)
    (2.0, 0.0)
    """
    options: dict[str, Any] = {"nondiff_argnums": nondiff_argnums, "check": check}
    if function is None:
        return lambda given: CustomJvp(given, **options)
    return CustomJvp(function, **options)
