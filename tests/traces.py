"""The derivations whose printed forms are kept as golden files, in every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import graphcomp as gc
from examples import e1_sigmoid, e2_fan_out, e6_named_derivatives, e7_gradient_step

MLP_AT = {
    "W1": [[1, -1], [2, 1], [-1, 1]],
    "W2": [[1, 0.5, -1], [0, 1, 2]],
    "x": [1, 2],
    "y": [0, 5],
}


def mlp() -> gc.Graph:
    """A network with one hidden layer, its steps named."""
    return gc.from_string(
        "z = W1 @ x; h = relu(z); p = W2 @ h; r = p - y; L = 0.5*sum(r**2)",
        inputs={"W1": "k n", "W2": "m k", "x": "n", "y": "m"},
    )


def _e1() -> gc.Trace:
    return e1_sigmoid.bare_expression().derivation("both", at=e1_sigmoid.AT)


def _e2() -> gc.Trace:
    return e2_fan_out.graph().derivation("both", at=e2_fan_out.AT, letter="v")


def _e6() -> gc.Trace:
    at = e6_named_derivatives.AT
    return e6_named_derivatives.graph().derivation("reverse", at=at, wrt=("W0", "W1", "W2"))


def _e7() -> gc.Trace:
    at = e7_gradient_step.point()
    return e7_gradient_step.graph().derivation("both", at=at, wrt=("Wh", "Wo"))


def _mlp_reverse() -> gc.Trace:
    return mlp().derivation("reverse", at=MLP_AT, wrt=("W1", "W2", "x"))


def _mlp_forward() -> gc.Trace:
    return mlp().derivation("forward", at=MLP_AT, wrt=("W1", "W2", "x"), seed={"W1": "E21"})


def _mlp_symbolic() -> gc.Trace:
    return mlp().derivation("reverse", wrt=("W1", "W2", "x"))


#: By name. Where arrays flow, the full text ends in the last digits of a central difference, which
#: differ from machine to machine; the golden files are brief there.
TRACES: Mapping[str, Callable[[], gc.Trace]] = {
    "e1": _e1,
    "e2": _e2,
    "e6": _e6,
    "e7": _e7,
    "mlp_reverse": _mlp_reverse,
    "mlp_forward": _mlp_forward,
    "mlp_symbolic": _mlp_symbolic,
}


def formats(name: str) -> dict[str, Any]:
    """What makes each golden file of a trace, by the end of its name."""
    trace = TRACES[name]()
    detail = "full" if name in {"e1", "e2"} else "brief"
    return {
        "txt": lambda: trace.text(width=120, detail=detail),
        "ascii.txt": lambda: trace.text(ascii=True, width=120, detail=detail),
        "md": lambda: trace.markdown(detail=detail),
        "table.tex": lambda: trace.latex("table"),
        "matrix.tex": lambda: trace.latex("matrix"),
        "steps.tex": lambda: trace.latex("steps"),
        "document.tex": lambda: trace.latex(standalone=True, detail=detail),
        "html": lambda: trace.html(detail=detail),
        "json": trace.to_json,
    }
