"""graphcomp: computation graphs, their derivatives, drawn, traced and generated as NumPy source.

>>> import graphcomp as gc
>>> sigmoid = gc.from_string("y(x, a) = 1/(1+exp(-a*x))", name="sigmoid")
>>> value, (dx, da) = sigmoid.compile("value_and_grad")(1.0, 2.0)
>>> print(f"{value:.6f} {dx:.6f} {da:.6f}")
0.880797 0.209987 0.104994
"""

from __future__ import annotations

from graphcomp.api import Graph, from_function, from_string, from_sympy
from graphcomp.custom import custom_jvp, custom_vjp, elementwise_op
from graphcomp.errors import (
    DerivativeError,
    DerivativeWarning,
    DTypeError,
    GraphcompError,
    InputError,
    NamingError,
    OutputError,
    ParseError,
    ShapeError,
    TracingError,
)
from graphcomp.functions import *  # noqa: F403
from graphcomp.functions import __all__ as _functions
from graphcomp.functions import nn, numpy
from graphcomp.grading import grade
from graphcomp.node import Node
from graphcomp.printers.drawing import Drawing
from graphcomp.printers.network import draw_network
from graphcomp.trace import Trace
from graphcomp.transforms import (
    check_grads,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from graphcomp.version import __version__

__all__ = [  # noqa: PLE0604  (names of functions, from their own list)
    "DTypeError",
    "DerivativeError",
    "DerivativeWarning",
    "Drawing",
    "Graph",
    "GraphcompError",
    "InputError",
    "NamingError",
    "Node",
    "OutputError",
    "ParseError",
    "ShapeError",
    "Trace",
    "TracingError",
    "__version__",
    "check_grads",
    "custom_jvp",
    "custom_vjp",
    "draw_network",
    "elementwise_op",
    "from_function",
    "from_string",
    "from_sympy",
    "grad",
    "grade",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "nn",
    "numpy",
    "value_and_grad",
    "vjp",
    *_functions,
]
