"""VJPs in the style ``value, vjp = f(...)``: plain NumPy functions in, their VJPs out.

Run it with ``python -m examples.e3_vjps``.
"""

from __future__ import annotations

import numpy as np

import graphcomp as gc

Array = np.ndarray


def dot(W: Array, x: Array) -> Array:
    """A matrix times a vector."""
    return W @ x


def relu(x: Array) -> Array:
    """max(x, 0), entry by entry; its derivative at 0 is 0."""
    return np.maximum(x, 0)


def squared_loss(y_pred: Array, y: Array) -> Array:
    """Half the squared distance."""
    return 0.5 * np.sum((y_pred - y) ** 2)


def mlp2(x: Array, W1: Array, W2: Array) -> Array:
    """Two layers with a relu between them."""
    return dot(W2, relu(dot(W1, x)))


def loss(x: Array, y: Array, W1: Array, W2: Array) -> Array:
    """The squared loss of the two-layer network."""
    return squared_loss(mlp2(x, W1, W2), y)


GRAPHS = {
    "dot": gc.from_function(dot, W="m n", x="n"),
    "relu": gc.from_function(relu, x="n"),
    "squared_loss": gc.from_function(squared_loss, y_pred="n", y="n"),
    "mlp2": gc.from_function(mlp2, x="n", W1="m n", W2="k m"),
    "loss": gc.from_function(loss, x="n", y="k", W1="m n", W2="k m"),
}


def main() -> None:
    """Show a VJP at work, and the source that runs."""
    vjp_of_mlp2 = GRAPHS["mlp2"].compile("vjp")
    value, vjp = vjp_of_mlp2([1.0, 1.0], [[1.0, 2.0], [1.0, -1.0]], np.ones((2, 2)))
    print("value", value)
    for u in ([0.0, -4.0], [1.0, 0.0]):
        print("vjp at", u, *vjp(u), sep="\n")
    print(vjp_of_mlp2.source)


if __name__ == "__main__":
    main()
