"""A network with two hidden layers, and the derivative of the loss by every intermediate, by name.

Run it with ``python -m examples.e6_named_derivatives``.
"""

from __future__ import annotations

import numpy as np

import graphcomp as gc

AT = {
    "x": 10.0,
    "W0": np.array([1.0, 2.0, 3.0]),
    "W1": np.array([[3.0, 4.0, 5.0], [-5.0, 4.0, 3.0], [3.0, 4.0, 1.0]]),
    "W2": np.array([1.0, 3.0, -3.0]),
    "y_observed": 180.0,
}
WANTED = ("y_predicted", "W2", "h1", "r1", "W1", "h0", "r0", "W0")


def graph() -> gc.Graph:
    """The network; assignments in the text are named steps."""
    return gc.from_string(
        """
        r0 = x*W0
        h0 = relu(r0)
        r1 = W1 @ h0
        h1 = relu(r1)
        y_predicted = W2 @ h1
        loss = (y_predicted - y_observed)**2
        """,
        inputs={"x": "", "W0": "3", "W1": "3 3", "W2": "3", "y_observed": ""},
    )


def main() -> None:
    """Print the derivation and every named derivative."""
    network = graph()
    print(network.derivation("reverse", at=AT, wrt=("W0", "W1", "W2")))
    for name, value in network.compile("derivatives", wrt=WANTED)(**AT).items():
        print(name, np.asarray(value).tolist())


if __name__ == "__main__":
    main()
