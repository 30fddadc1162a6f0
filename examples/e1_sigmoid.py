"""The sigmoid graph y = 1/(1 + exp(-a*x)): drawn, traced in both modes, compiled, checked.

Run it with ``python -m examples.e1_sigmoid``; it writes to the folder demo_output.
"""

from __future__ import annotations

from pathlib import Path

import graphcomp as gc

AT = {"x": 1.0, "a": 2.0}


def named_steps() -> gc.Graph:
    """The graph with its steps named by hand."""
    x, a = gc.scalars("x a")
    w3 = gc.let("w3", -x * a)
    w4 = gc.let("w4", 1 + gc.exp(w3))
    return gc.Graph([x, a], {"y": 1 / w4}, name="sigmoid")


def bare_expression() -> gc.Graph:
    """The same five steps from nothing but the formula."""
    return gc.from_string("y(x, a) = 1/(1+exp(-a*x))", name="sigmoid")


def main(folder: Path = Path("demo_output")) -> None:
    """Draw, trace, compile and check."""
    folder.mkdir(exist_ok=True)
    sigmoid = bare_expression()
    print(sigmoid.derivation("both", at=AT))
    for mode in (None, "forward", "reverse"):
        path = sigmoid.draw(
            folder / f"sigmoid_{mode or 'graph'}.svg", mode=mode, at=AT if mode else None
        )
        print("drawn:", path)
    value, (dx, da) = sigmoid.compile("value_and_grad")(**AT)
    print(f"y = {value}, dy/dx = {dx}, dy/da = {da}")
    print(sigmoid.check(AT))


if __name__ == "__main__":
    main()
