"""What of NumPy and SciPy must work on nodes: a list to be checked against, not one to be derived."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import special

_NUMPY = """
    add subtract multiply divide negative positive power float_power square sqrt cbrt reciprocal
    absolute fabs sign mod remainder fmod floor_divide hypot copysign
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2
    sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh sinc
    deg2rad rad2deg
    maximum minimum fmax fmin clip where select piecewise heaviside nan_to_num
    greater greater_equal less less_equal equal not_equal
    logical_and logical_or logical_not logical_xor
    isnan isfinite isinf floor ceil round rint trunc
    argmax argmin argsort all any count_nonzero
    sum mean prod max min var std cumsum cumprod median average trace ptp linalg.norm nansum
    matmul dot vdot inner outer tensordot einsum kron cross
    linalg.solve linalg.inv linalg.det linalg.slogdet linalg.cholesky linalg.pinv linalg.multi_dot
    linalg.matrix_power linalg.eigh linalg.svd linalg.qr
    reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to
    concatenate stack hstack vstack split tile repeat flip roll pad atleast_1d atleast_2d
    diag diagonal tril triu
    take take_along_axis sort zeros_like ones_like full_like astype copy
    diff interp convolve gradient
"""
#: By NumPy's names, as ``np.add``, ``np.linalg.norm``.
NUMPY_NAMES = tuple(_NUMPY.split())

#: By SciPy's names, as ``scipy.special.expit``: ufuncs, which nodes answer.
SCIPY_NAMES = ("expit", "logit", "erf", "erfc", "gammaln", "digamma", "xlogy")

#: By the names of this package alone: SciPy's are no ufuncs, and ask for numbers.
OWN_NAMES = ("logsumexp", "softmax", "log_softmax")

#: How arrays are indexed, by the groups of tests that do it.
INDEXING = ("basic", "advanced", "mask", "at.set", "at.add")


def numpy_function(name: str) -> Any:
    """The function of a name such as "linalg.norm"."""
    return functools.reduce(getattr, name.split("."), np)


def own_name(name: str) -> str:
    """What this package calls it."""
    return name.rpartition(".")[2]


#: Every function by the name that its users write.
FUNCTIONS: dict[str, Any] = {
    **{f"np.{name}": numpy_function(name) for name in NUMPY_NAMES},
    **{f"scipy.special.{name}": getattr(special, name) for name in SCIPY_NAMES},
}
