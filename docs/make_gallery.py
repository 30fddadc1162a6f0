"""Draw the images of the documentation anew: ``python -m docs.make_gallery``."""

from __future__ import annotations

from pathlib import Path

import graphcomp as gc
from examples import e7_gradient_step

IMAGES = Path(__file__).parent / "images"


def main() -> None:
    """Write every image to docs/images."""
    IMAGES.mkdir(exist_ok=True)

    sigmoid = gc.from_string("y(x, a) = 1/(1+exp(-a*x))", name="sigmoid")
    at = {"x": 1.0, "a": 2.0}
    sigmoid.draw(IMAGES / "sigmoid.svg")
    sigmoid.draw(IMAGES / "sigmoid_forward.svg", mode="forward", at=at)
    sigmoid.draw(IMAGES / "sigmoid_reverse.svg", mode="reverse", at=at)
    sigmoid.draw(IMAGES / "sigmoid_dark.svg", mode="reverse", theme="dark")
    sigmoid.draw(IMAGES / "sigmoid_primitive.svg", steps="primitive")

    fan_out = gc.from_string("y = x1*x2 + sin(x1)")
    at = {"x1": 2.0, "x2": 5.0}
    fan_out.draw(IMAGES / "fan_out.svg", mode="reverse", at=at, letter="v")

    network = gc.from_string(
        "h = relu(W1 @ x); loss = 0.5*sum((W2 @ h - y)**2)",
        inputs={"x": "n", "y": "k", "W1": "m n", "W2": "k m"},
    )
    weights = ("W1", "W2")
    network.draw(IMAGES / "network.svg", mode="reverse", wrt=weights, parameters=weights)

    x, E, D = gc.array("x", "n"), gc.array("E", "k n"), gc.array("D", "n k")
    with gc.scope("encoder"):
        code = gc.let("code", gc.tanh(E @ x))
    with gc.scope("decoder"):
        decoded = gc.let("decoded", D @ code)
    autoencoder = gc.Graph([x, E, D], {"loss": gc.sum((decoded - x) ** 2)})
    autoencoder.draw(IMAGES / "scopes.svg", parameters=("E", "D"))
    autoencoder.draw(IMAGES / "folded.svg", parameters=("E", "D"), collapse="encoder")

    layers().draw(IMAGES / "layers.svg", parameters=[f"W{i}" for i in range(1, 13)])
    several = gc.from_string("u = exp(a*x); y = sin(u); z = u + x", outputs=["y", "z"])
    several.draw(IMAGES / "outputs.svg", mode="reverse", at={"x": 0.5, "a": 2.0})
    chain().draw(IMAGES / "chain.svg", mode="reverse", at={"x": 1.0})

    step = e7_gradient_step
    step.graph().draw(
        IMAGES / "step.svg",
        mode="reverse",
        at=step.point(),
        wrt=("Wh", "Wo"),
        parameters=("Wh", "Wo"),
        rankdir="TB",
    )
    before = step.HIDDEN_WEIGHTS, step.OUTPUT_WEIGHTS
    step.units(*before, "Before the step").write(IMAGES / "units_before.svg")
    step.units(*step.moved(), "After the step").write(IMAGES / "units_after.svg")


def layers() -> gc.Graph:
    """Twelve equal layers, each in a scope of its own."""
    x = h = gc.array("x", "n")
    weights = []
    for i in range(1, 13):
        with gc.scope(f"layer{i}"):
            weights.append(gc.array(f"W{i}", "n n"))
            h = h + gc.tanh(weights[-1] @ h)
    return gc.Graph([x, *weights], {"loss": gc.sum(h**2)}, name="network")


def chain() -> gc.Graph:
    """Ten thousand steps of one kind."""
    x = y = gc.scalar("x")
    for _ in range(10_000):
        y = gc.sin(y)
    return gc.Graph([x], {"y": y}, name="iterate")


if __name__ == "__main__":
    main()
