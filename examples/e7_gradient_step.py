"""One gradient step of a 2-2-1 network, as done by hand: forward, backward, update, forward.

Run it with ``python -m examples.e7_gradient_step``; it writes to the folder demo_output.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import graphcomp as gc

BIAS = np.array([1.0])
INPUTS = np.array([1.0, 1.0, 1.0])  # the bias input, A and B
HIDDEN_WEIGHTS = np.array([[0.1, 0.1, 0.8], [0.1, 0.4, 0.6]])
OUTPUT_WEIGHTS = np.array([0.1, 0.3, 0.9])
TARGET = 0.5


def graph() -> gc.Graph:
    """Two sigmoid units, one tanh unit, and half the squared error."""
    return gc.from_string(
        """
        a = Wh @ v
        h = sigmoid(a)
        units = concatenate([bias, h])
        a3 = Wo @ units
        h3 = tanh(a3)
        loss = 0.5*(y - h3)**2
        """,
        inputs={"Wh": "2 3", "v": "3", "bias": "1", "Wo": "3", "y": ""},
    )


def point(
    hidden: np.ndarray = HIDDEN_WEIGHTS, output: np.ndarray = OUTPUT_WEIGHTS
) -> dict[str, object]:
    """The arguments of the graph."""
    return {"Wh": hidden, "v": INPUTS, "bias": BIAS, "Wo": output, "y": TARGET}


def units(hidden: np.ndarray, output: np.ndarray, title: str) -> gc.Drawing:
    """The network unit by unit, as its weights stand, with values and deltas."""
    at = point(hidden, output)
    steps = graph().evaluate(at)
    _, deltas = graph().compile("value_and_grad", wrt=("a", "a3"))(**at)
    return gc.draw_network(
        [hidden, output[None]],
        biases="first",
        inputs=["A", "B"],
        activations=["sigmoid", "tanh"],
        values=[INPUTS[1:], steps["h"], [steps["h3"]]],
        deltas=[deltas[0], [deltas[1]]],
        title=title,
    )


def moved() -> tuple[np.ndarray, np.ndarray]:
    """The weights after one step with learning rate 1."""
    _, (hidden, output) = graph().compile("value_and_grad", wrt=("Wh", "Wo"))(**point())
    return HIDDEN_WEIGHTS - hidden, OUTPUT_WEIGHTS - output


def main(folder: Path = Path("demo_output")) -> None:
    """Take the step, and show that the prediction is better after it."""
    folder.mkdir(exist_ok=True)
    network = graph()
    print(network.derivation("both", at=point(), wrt=("Wh", "Wo")))
    path = network.draw(
        folder / "network.svg",
        mode="reverse",
        at=point(),
        wrt=("Wh", "Wo"),
        parameters=("Wh", "Wo"),
    )
    print("drawn:", path)
    value = network.compile("value")
    before, after = value(**point()), value(**point(*moved()))
    start = units(HIDDEN_WEIGHTS, OUTPUT_WEIGHTS, "Before the step")
    print("drawn:", start.write(folder / "units_before.svg"))
    print("drawn:", units(*moved(), "After the step").write(folder / "units_after.svg"))
    print(f"loss {before:.8f} before, {after:.8f} after one step with learning rate 1")


if __name__ == "__main__":
    main()
