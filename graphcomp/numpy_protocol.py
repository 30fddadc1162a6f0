"""What happens when NumPy's or SciPy's functions are called on nodes: they are looked up, or refused.

The tables are filled by the functions layer, which lies above, when it is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphcomp import ops
from graphcomp.not_numbers import NotNumbers
from graphcomp.op import Op
from graphcomp.refusals import remedy

#: NumPy callables and the functions of this package that stand in for them on nodes.
NUMPY: dict[Callable[..., Any], Callable[..., Any]] = {}
#: The same for ufuncs of ``scipy.special``, by name, as SciPy need not be installed.
SCIPY: dict[str, Callable[..., Any]] = {}
#: What ``np.add.reduce`` and ``np.add.accumulate`` are, by ufunc and name of the method.
UFUNC_METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {}
#: The namespace that `__array_namespace__` answers with, under "namespace".
NAMESPACE: dict[str, Any] = {}

OPS_BY_NUMPY = {function: op for op in ops.ALL for function in op.numpy}

#: Options of ufuncs that say what to do along axes; others say how, which a graph can't follow.
_OVER_AXES = frozenset({"axis", "keepdims"})


class NumpyProtocol(NotNumbers):
    """The protocols by which NumPy leaves a call to its arguments.

    >>> import graphcomp as gc
    >>> np.add.reduce(gc.array("A", "m n"), axis=1)
    <node sum(A, axis=1) float64 (m,)>
    """

    __slots__ = ()

    def leaf(self, op: Op, *operands: Any, **params: Any) -> Any:
        """An op applied to operands."""
        raise NotImplementedError

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The functions of this package, by the names of the array API."""
        del api_version
        return NAMESPACE["namespace"]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        name = _name(ufunc) + (f".{method}" if method != "__call__" else "")
        if any(out is not None for out in _several(options.pop("out", None))):
            raise self._no_number(
                f"an operand of {name} with out=, or of an in-place operator",
                "write x = x + y instead",
            )
        if method == "__call__":
            if options.keys() - _OVER_AXES:
                raise self._untraced_option(name, min(options.keys() - _OVER_AXES))
            return self._call(ufunc, name, inputs, options)
        if method == "outer" and len(inputs) == 2 and not options:
            first, second = inputs
            spread = np.reshape(first, (*np.shape(first), *(1,) * np.ndim(second)))
            return self.__array_ufunc__(ufunc, "__call__", spread, second)
        if (ufunc, method) in UFUNC_METHODS:
            return UFUNC_METHODS[ufunc, method](*inputs, **options)
        raise self._no_number(f"an argument of {name}", remedy(name))

    def _call(
        self, ufunc: np.ufunc, name: str, inputs: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        stand_in = NUMPY.get(ufunc)
        if stand_in is None and ufunc not in OPS_BY_NUMPY and _is_scipys(ufunc):
            stand_in = SCIPY.get(ufunc.__name__)
        if stand_in is not None:
            return stand_in(*inputs, **options)
        if ufunc in OPS_BY_NUMPY and not options:
            return self.leaf(OPS_BY_NUMPY[ufunc], *inputs)
        raise self._no_number(f"an argument of {name}", remedy(name))

    def __array_function__(
        self, function: Callable[..., Any], _types: Any, args: Any, kwargs: Any
    ) -> Any:
        if function in NUMPY:
            return NUMPY[function](*args, **kwargs)
        if function in OPS_BY_NUMPY and not kwargs:
            return self.leaf(OPS_BY_NUMPY[function], *args)
        raise self._no_argument_of(_name(function))

    def _untraced_option(self, name: str, option: str) -> Exception:
        instead = {
            "where": "choose with gc.where(condition, a, b)",
            "dtype": "change the dtype with .astype(...)",
        }.get(option, "leave it out")
        return self._no_number(f"an argument of {name} with {option}=", instead)


def _several(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def _is_scipys(ufunc: np.ufunc) -> bool:
    """Whether it is the ufunc of that name of SciPy: others may have the name, not the meaning."""
    special = sys.modules.get("scipy.special")
    return special is not None and getattr(special, ufunc.__name__, None) is ufunc


def _name(function: Any) -> str:
    """The function as its users write it."""
    if isinstance(function, np.ufunc):
        if function.__name__.endswith(" (vectorized)"):
            return "np.frompyfunc"
        if _is_scipys(function) and getattr(np, function.__name__, None) is not function:
            return f"scipy.special.{function.__name__}"
        return f"np.{function.__name__}"
    module = str(getattr(function, "__module__", None) or "numpy")
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"
