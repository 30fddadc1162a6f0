"""The usual transforms, in the usual spelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphcomp.errors import InputError
from graphcomp.transforms import derivatives
from graphcomp.transforms.arguments import Wrt, collect
from graphcomp.transforms.cache import Cache, cache_of
from graphcomp.transforms.running import Transformed, check_callable, matching

Function = Callable[..., Any]
Argnums = int | Sequence[int] | None
Argnames = str | Sequence[str] | None


def grad(
    function: Function,
    argnums: Argnums = None,
    argnames: Argnames = None,
    *,
    has_aux: bool = False,
) -> Transformed:
    """The gradient of a function with one real scalar as value, as a function.

    The function is traced and compiled when it is called with arguments of new shapes and dtypes.
    Strings, None, booleans and integers that are not differentiated by are fixed values: each other
    one is traced anew. So are values that the function takes from elsewhere: they are those of the
    first call.

    Args:
        function: plain Python with NumPy.
        argnums: the argument to differentiate by, or several; the first by default. The gradient is
            arranged as the argument: a dict for a dict of arrays; a tuple for several.
        argnames: the same by name.
        has_aux: the function returns (value, aux), the result is (gradient, aux).

    Raises:
        DerivativeError: (when called) the value is no real scalar.
        DTypeError: (when called) an integer array to differentiate by.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> slope = gc.grad(lambda x, a: np.sum(a * x**2))
    >>> slope(np.array([1.0, 2.0]), 3.0)
    array([ 6., 12.])
    >>> gc.grad(gc.grad(np.sin))(0.5)
    -0.479425
    """
    return Transformed(function, derivatives.GRAD, Wrt.of(argnums, argnames), has_aux=has_aux)


def value_and_grad(
    function: Function,
    argnums: Argnums = None,
    argnames: Argnames = None,
    *,
    has_aux: bool = False,
) -> Transformed:
    """The value and the gradient, with the work for both done once.

    Args:
        function: as for `grad`.
        argnums: as for `grad`.
        argnames: as for `grad`.
        has_aux: the function returns (value, aux), the result is ((value, aux), gradient).

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> both = gc.value_and_grad(lambda p: np.sum(p["w"] * p["b"]))
    >>> both({"w": 2.0, "b": 5.0})
    (10.0, {'w': 5.0, 'b': 2.0})
    """
    kind, wrt = derivatives.VALUE_AND_GRAD, Wrt.of(argnums, argnames)
    return Transformed(function, kind, wrt, has_aux=has_aux)


def jacobian(
    function: Function, argnums: Argnums = None, argnames: Argnames = None, *, mode: str = "auto"
) -> Transformed:
    """The Jacobian, of shape ``value.shape + argument.shape``.

    For structures, the structure of the value with that of the argument in place of each array.

    Args:
        function: as for `grad`, with any real value.
        argnums: as for `grad`.
        argnames: as for `grad`.
        mode: "forward", "reverse", or "auto" for the one with less to compute.

    Raises:
        InputError: another mode.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> gc.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in {"auto", "forward", "reverse"}:
        msg = f"mode must be 'auto', 'forward' or 'reverse', not {mode!r}"
        raise InputError(msg)
    return Transformed(function, derivatives.jacobian(mode), Wrt.of(argnums, argnames))


def hessian(function: Function, argnums: Argnums = None, argnames: Argnames = None) -> Transformed:
    """The Hessian of a scalar function, of shape ``argument.shape + argument.shape``.

    For structures and several arguments, block by block: ``H["w"]["b"]``, ``H[0][1]``.

    Args:
        function: as for `grad`.
        argnums: as for `grad`.
        argnames: as for `grad`.

    >>> import graphcomp as gc
    >>> gc.hessian(lambda x, y: x**2 * y, argnums=(0, 1))(2.0, 3.0)
    ((6.0, 4.0), (4.0, 0.0))
    """
    return Transformed(function, derivatives.HESSIAN, Wrt.of(argnums, argnames))


def hvp(function: Function, argnums: Argnums = None, argnames: Argnames = None) -> Transformed:
    """The Hessian times a vector, without the Hessian: ``hvp(f)(*args, v)``.

    The vector comes behind the positional arguments and is arranged as what is differentiated by:
    like the argument, or a tuple for several.

    Args:
        function: as for `grad`.
        argnums: as for `grad`; negative ones do not count the vector.
        argnames: as for `grad`.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> gc.hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    array([  6., 120.])
    """
    return Transformed(function, derivatives.HVP, Wrt.of(argnums, argnames))


def jvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False
) -> Any:
    """The value and its tangent, for tangents of all arguments: forward mode.

    The function is traced once a signature, as by `grad`, for as long as it lives.

    Args:
        function: as for `grad`, with any value.
        primals: the arguments.
        tangents: a tangent for each, arranged as it.
        has_aux: the function returns (value, aux), and aux comes behind the tangent.

    Raises:
        InputError: the tangents are not arranged as the arguments.

    >>> import graphcomp as gc
    >>> gc.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    check_callable(function, "jvp")
    wrt = Wrt(every=True)
    call = collect(function, tuple(primals), {}, wrt)
    seeds = matching(tuple(tangents), call.wrt_structure, "the tangents of jvp")
    kept = cache_of(function)
    cache = kept.get(("jvp", has_aux))
    if cache is None:
        cache = Cache()
        kept.put(("jvp", has_aux), cache)
    return Transformed(function, derivatives.JVP, wrt, has_aux=has_aux, cache=cache).run(
        call, seeds
    )
