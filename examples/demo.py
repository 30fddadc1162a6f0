"""The main job on two examples: draw, print both traces, write a gradient module, import it, check it.

Run it with ``make demo``, or ``python -m examples.demo``.
"""

from __future__ import annotations

from pathlib import Path

from examples import e1_sigmoid, e7_gradient_step
from examples.loading import load

FOLDER = Path("demo_output")


def heading(text: str) -> None:
    """A line between the parts."""
    print(f"\n=== {text}\n")


def main() -> None:
    """Run both examples and say where the files are."""
    FOLDER.mkdir(exist_ok=True)

    heading("The sigmoid graph: drawings, traces, check")
    e1_sigmoid.main(FOLDER)

    heading("One gradient step of a 2-2-1 network: traces, drawing, training")
    e7_gradient_step.main(FOLDER)

    heading("Gradient modules, generated, imported, checked")
    kinds = ("value", "value_and_grad", "vjp", "jvp")
    sigmoid = e1_sigmoid.bare_expression()
    sigmoid_file = sigmoid.write(FOLDER / "sigmoid_grad.py", kinds)
    module = load(sigmoid_file)
    print("sigmoid_value_and_grad(1, 2) =", module.sigmoid_value_and_grad(1.0, 2.0))

    network = e7_gradient_step.graph()
    network_file = network.write(FOLDER / "network_grad.py", kinds, wrt=("Wh", "Wo"))
    loss, gradients = load(network_file).loss_value_and_grad(**e7_gradient_step.point())
    print("loss =", loss, "gradients:", *gradients, sep="\n")
    print(network.check(e7_gradient_step.point(), wrt=("Wh", "Wo")))

    heading("The files")
    for path in sorted(FOLDER.iterdir()):
        print(path)


if __name__ == "__main__":
    main()
