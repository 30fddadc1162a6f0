"""The public face: `Graph`, and the functions that make one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from graphcomp import ad, codegen, frontends
from graphcomp.check import CheckReport, check_graph
from graphcomp.derivation import USUAL, derive
from graphcomp.evaluate import bind, evaluate
from graphcomp.explorer import explore
from graphcomp.graph import GraphData
from graphcomp.printers import drawing, latex, notebook
from graphcomp.printers.compose import compose
from graphcomp.printers.dot import dot_source
from graphcomp.printers.mermaid import mermaid_source
from graphcomp.program import Program, build_program
from graphcomp.trace import Trace

Values = Mapping[str, Any]

#: Where a trace starts: values by name, several of these, or "each".
Seeds = Values | Sequence[Values] | str | None


class Graph(GraphData):
    """A function as a graph: draw it, trace it, differentiate it, compile it, check it.

    Args:
        inputs: input nodes, in the order of the arguments.
        outputs: one node, a sequence of nodes, or a mapping from names to nodes.
        name: an identifier; the generated functions are called after it.

    Raises:
        InputError: the outputs depend on an input that is not listed.
        NamingError: a name is not an identifier, or comes twice.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> sigmoid = gc.Graph([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")
    >>> value, gradient = sigmoid.compile("value_and_grad")(1.0, 2.0)
    >>> round(value, 6), [round(float(d), 6) for d in gradient]
    (0.880797, [0.209987, 0.104994])
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return (
            f"<graph {self.name}({', '.join(argument.name for argument in self.arguments)}) -> "
            f"{', '.join(self.output_names)}>"
        )

    # ------------------------------------------------------------ derivatives

    def pushforward(self, wrt: ad.Wrt = None) -> Graph:
        """Forward mode as a graph: tangents ``x_dot`` in, tangents ``y_dot`` out, any seeds.

        >>> import graphcomp as gc
        >>> square = gc.from_string("y = x**2")
        >>> square.pushforward().evaluate(x=3.0, x_dot=1.0)["y_dot"].item()
        6.0
        """
        return ad.pushforward(self, wrt)

    def pullback(self, wrt: ad.Wrt = None) -> Graph:
        """Reverse mode as a graph: cotangents ``y_bar`` in, cotangents ``x_bar`` out, any seeds.

        >>> import graphcomp as gc
        >>> square = gc.from_string("y = x**2")
        >>> square.pullback().evaluate(x=3.0, y_bar=2.0)["x_bar"].item()
        12.0
        """
        return ad.pullback(self, wrt)

    def gradient(self, wrt: ad.Wrt = None, output: str | None = None) -> Graph:
        """The gradient of a scalar output as a graph, by inputs or by named steps.

        Raises:
            DerivativeError: the output is no real scalar.
            NamingError: there is no such input, step or output.
            DTypeError: an integer or boolean input.

        >>> import graphcomp as gc
        >>> gc.from_string("y = x*a").gradient().output_names
        ('d_y_d_x', 'd_y_d_a')
        """
        return ad.gradient(self, wrt, output)

    def jacobian(self, wrt: ad.Wrt = None, mode: str = "auto") -> Graph:
        """The Jacobians of all outputs, each of shape ``y.shape + x.shape``.

        >>> import graphcomp as gc
        >>> gc.Graph([gc.array("x", "n")], {"y": gc.array("x", "n") ** 2}).jacobian().outputs[
        ...     0
        ... ].shape
        (n, n)
        """
        return ad.jacobian(self, wrt, mode)

    def blocks(self, wrt: ad.Wrt = None, along: str | None = None) -> Graph:
        """The Jacobians of entries by entries at the same place along a dimension: ``d_y_d_x``.

        For an output ``(2, n)`` and an input ``(3, n)``, these are ``(2, 3, n)``; of ``(n, 2)`` and
        ``(n, 3)``, ``(n, 2, 3)``. What is left out of the full Jacobian is zero: that is proved step
        by step, or refused.

        Args:
            wrt: names of inputs or steps; all real inputs by default.
            along: the dimension, where all arrays share several.

        Raises:
            DerivativeError: a step mixes entries along the dimension.
            ShapeError: an array does not have the dimension just once.

        >>> import graphcomp as gc
        >>> p = gc.array("p", "2 n")
        >>> gc.Graph([p], {"r": gc.hypot(p[0], p[1])}).blocks().outputs[0].shape
        (2, n)
        """
        return ad.blocks(self, wrt, along)

    def hessian(self, wrt: ad.Wrt = None, output: str | None = None) -> Graph:
        """The blocks of the Hessian of a scalar output, each of shape ``x.shape + a.shape``.

        >>> import graphcomp as gc
        >>> gc.from_string("y = x**3").hessian().evaluate(x=2.0)["d2_y_d_x_d_x"].item()
        12.0
        """
        return ad.hessian(self, wrt, output)

    def hvp(self, wrt: ad.Wrt = None, output: str | None = None) -> Graph:
        """The Hessian of a scalar output times a vector: ``v_x`` in, ``hvp_x`` out.

        >>> import graphcomp as gc
        >>> gc.from_string("y = x**3").hvp().evaluate(x=2.0, v_x=10.0)["hvp_x"].item()
        120.0
        """
        return ad.hvp(self, wrt, output)

    # ------------------------------------------------------------ seeing

    def program(self, steps: str = "grouped", letter: str | None = "w") -> Program:
        """The graph cut into named steps: "grouped", "named", "primitive" or "shared"."""
        return build_program(self, steps, letter)

    def derivation(
        self,
        mode: str = "both",
        *,
        wrt: ad.Wrt = None,
        seed: Seeds = None,
        at: Values | None = None,
        steps: str = "grouped",
        letter: str | None = "w",
        **choices: Any,
    ) -> Trace:
        """The derivation, step by step, of the derivatives by forward or reverse mode, or both.

        Args:
            mode: "forward", "reverse" or "both"; or "second", forward over reverse mode: tangents,
                adjoints and tangents of adjoints, which are the Hessian times the seed.
            wrt: inputs or named steps to differentiate by; all real inputs by default.
            seed: tangents of inputs (forward), cotangents of outputs (reverse): a mapping, a list
                of mappings for several sweeps, or "each" for one of every input or output, entry by
                entry.
            at: a value for every input; without it the trace is symbolic only.
            steps: how the graph is cut into steps: "grouped", "named" or "primitive".
            letter: of numbered steps; None to go by names alone.
            **choices: what the printers show: show ("both", "symbolic", "numeric"), partials
                ("folded", "shown"), arrange ("apart", "together"), why, accumulate, shapes (True,
                False), rows (a number, or "all").

        Raises:
            InputError: the mode, a choice, a value or a seed is none.
            NamingError: there is no such input, step or output.
            ShapeError: a value or a seed has the wrong shape.
            DerivativeError: there is nothing to differentiate, or a seed is needed.

        >>> import graphcomp as gc
        >>> trace = gc.from_string("y = x*x").derivation("reverse", at={"x": 3.0})
        >>> "w̄₁" in str(trace)
        True
        """
        style = USUAL.changed(**choices)
        found = derive(
            self, mode, wrt=wrt, seed=seed, at=at, steps=steps, letter=letter, style=style
        )
        return Trace(found)

    def draw(
        self, path: str | Path, *, mode: str | None = None, at: Values | None = None, **options: Any
    ) -> Path:
        """Draw the graph to a file: svg, png, pdf, dot or mmd (Mermaid), by the suffix.

        Args:
            path: the file.
            mode: None for the graph with local partials on its edges, "forward" for values and
                tangents, "reverse" for values and adjoints.
            at: a value for every input, to show numbers.
            **options: those of `picture`; theme ("auto", "light", "dark"); `force` to overwrite a
                file that graphcomp did not make; `report`, a function that is called with every
                message about what was left out or put together.

        Raises:
            OutputError: the file can't be written, or is not ours to overwrite.

        >>> import graphcomp as gc
        >>> graph = gc.from_string("y = x*x")
        >>> graph.draw("y.svg", mode="reverse", at={"x": 3.0}, report=print).name
        'y.svg'
        """
        return drawing.draw(self, path, mode=mode, at=at, **options)

    def dot(self, *, mode: str | None = None, at: Values | None = None, **options: Any) -> str:
        """The drawing as DOT text; the options are those of `picture`, and theme."""
        return dot_source(self, mode=mode, at=at, **options)

    def mermaid(self, *, mode: str | None = None, at: Values | None = None, **options: Any) -> str:
        """The drawing as a Mermaid flowchart; the options are those of `picture`, and theme.

        >>> import graphcomp as gc
        >>> print(gc.from_string("y = exp(x)").mermaid().splitlines()[1])
        title: "y = exp(x)"
        """
        return mermaid_source(self, mode=mode, at=at, **options)

    def picture(
        self, *, mode: str | None = None, at: Values | None = None, **options: Any
    ) -> drawing.Drawing:
        """The drawing itself: it shows itself in notebooks, has messages, and can be written.

        Args:
            mode: None, "forward" or "reverse".
            at: a value for every input, to show numbers.
            **options: wrt, seed, steps, letter, rankdir, parameters (names of inputs to show as
                parameters), title, max_nodes, expand and collapse (scopes to open, to fold),
                repeats (whether equal blocks are drawn once: None as far as needed).

        >>> import graphcomp as gc
        >>> x = y = gc.scalar("x")
        >>> for _ in range(500):
        ...     y = gc.sin(y)
        >>> gc.Graph([x], {"y": y}).picture().messages
        ('501 nodes drawn as 3: a block that comes 499 times is drawn once',)
        """
        return drawing.Drawing(compose(self, mode=mode, at=at, **options))

    def explore(
        self, path: str | Path, *, at: Values | None = None, mode: str = "reverse", **options: Any
    ) -> Path:
        """Write a page on which the graph can be walked through: graph, trace and explanation.

        One HTML file that needs nothing else. Inputs can be edited in it, and all numbers follow.

        Args:
            path: the file, with the suffix .html.
            at: values of inputs, to start with; some are chosen for those left out.
            mode: what is shown first, "forward" or "reverse".
            **options: wrt, steps, letter, heading, and `force` to overwrite a file that graphcomp
                did not make.

        Raises:
            OutputError: the file can't be written, or is not ours to overwrite.
            InputError: the graph has too many steps for a page.

        >>> import graphcomp as gc
        >>> gc.from_string("y = x*sin(x)").explore("product.html", at={"x": 2.0}).name
        'product.html'
        """
        return explore(self, path, at=at, mode=mode, **options)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        """The graph for notebooks: its drawing, its formulas in LaTeX, and text; never an error."""

        @cache
        def svg() -> str:
            return drawing.svg(self)

        return notebook.bundle(
            {
                "text/html": lambda: svg()[svg().index("<svg") :],  # JupyterLab prefers it to LaTeX
                "image/svg+xml": svg,
                "text/latex": lambda: latex.graph(self),
            },
            plain=repr(self),
        )

    # ------------------------------------------------------------ running

    def evaluate(
        self, values: Values | None = None, /, **inputs: Any
    ) -> dict[str, np.ndarray[Any, Any]]:
        """The value of every step and output, by the reference interpreter.

        An argument that is a list, tuple or dict of arrays is given as such, or array by array.

        Raises:
            InputError: an input is missing or unknown, or a structure is not that of the argument.
            ShapeError: names the argument and the dimension that disagrees.

        >>> import graphcomp as gc
        >>> gc.from_string("h = x + 1; y = h**2").evaluate(x=2)["y"].item()
        9.0
        """
        arrays, sizes = bind(self.inputs, self.flat_values({**(values or {}), **inputs}))
        found = evaluate(self.outputs, arrays, sizes)
        program = self.program()
        named = {step.name: found[step.node] for step in program.steps if step.node in found}
        return named | {
            name: found[node] for name, node in zip(self.output_names, self.outputs, strict=True)
        }

    def compile(
        self,
        kind: str = "value_and_grad",
        wrt: ad.Wrt = None,
        *,
        target: str = "numpy",
        **options: Any,
    ) -> codegen.CompiledFunction:
        """A generated function, ready to call; its ``.source`` shows what runs.

        It takes the arguments as the graph has them, lists and dicts of arrays too, and returns
        derivatives in the same structure.

        Args:
            kind: value, grad, value_and_grad, vjp, jvp, jacobian, blocks, hessian, hvp or derivatives.
            wrt: inputs or named steps to differentiate by; all real inputs by default. The name of
                an argument that is a structure means all arrays in it.
            target: "numpy", "numba" for loops that numba compiles, or "math" for scalar graphs without
                NumPy.
            **options: see `graphcomp.codegen.generate`.
        """
        return codegen.compile_function(self, kind, wrt, target=target, **options)

    def source(
        self,
        functions: Sequence[str] = ("value", "value_and_grad"),
        wrt: ad.Wrt = None,
        *,
        target: str = "numpy",
        **options: Any,
    ) -> str:
        """The source text of a module with the given functions; it never needs graphcomp."""
        return codegen.generate(self, functions, wrt, target=target, **options)

    def explain(
        self,
        functions: Sequence[str] = ("value", "value_and_grad"),
        wrt: ad.Wrt = None,
        *,
        target: str = "numpy",
    ) -> str:
        """What the passes of the code generator do for each function: rules, memory, blocks or loops.

        >>> import graphcomp as gc
        >>> text = gc.from_string("y = 1/(1 + exp(-x))").explain(["value"])
        >>> "stability   sigmoid 1" in text
        True
        """
        return codegen.explain(self, functions, wrt, target=target)

    def write(
        self,
        path: str | Path,
        functions: Sequence[str] = ("value", "value_and_grad"),
        wrt: ad.Wrt = None,
        *,
        target: str = "numpy",
        force: bool = False,
        **options: Any,
    ) -> Path:
        """Write a module with the given functions, to be imported without graphcomp.

        Constants of more than 1000 entries go to an ``.npz`` file of the same name beside it.

        Raises:
            OutputError: the file can't be written, or is not ours to overwrite.
        """
        return codegen.write_module(
            self, path, functions, wrt, target=target, force=force, **options
        )

    def check(self, at: Values | None = None, *, wrt: ad.Wrt = None, seed: int = 0) -> CheckReport:
        """Compare every derivative with finite differences, and forward with reverse mode.

        Args:
            at: the point; drawn at random, with small sizes for named dimensions, by default.
            wrt: inputs or named steps; all real inputs by default.
            seed: of the random directions and points.
        """
        return check_graph(self, at, wrt=wrt, seed=seed)

    def to_sympy(self) -> Any:
        """The outputs as SymPy expressions: one expression, or a dict of several by name."""
        return frontends.to_sympy(self)


def from_string(text: str, *, name: str | None = None, **options: Any) -> Graph:
    """A graph from text: an expression, or statements whose assignments are named steps.

    Args:
        text: see the page on expressions in the documentation.
        name: of the graph.
        **options: inputs (names in order, or a mapping to shapes), outputs.

    Raises:
        ParseError: naming the place and the remedy.

    >>> from_string("w3 = -x*a; w4 = 1 + exp(w3); y = 1/w4", name="sigmoid").input_names
    ('x', 'a')
    """
    return frontends.from_string(text, name=name, graph_class=Graph, **options)


def from_sympy(expression: Any, *, name: str | None = None, **options: Any) -> Graph:
    """A graph from a SymPy expression, or a list or mapping of them.

    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> from_sympy(sympy.sin(x) * x, name="y").input_names
    ('x',)
    """
    return frontends.from_sympy(expression, name=name, graph_class=Graph, **options)


def from_function(
    function: Callable[..., Any], /, *, name: str | None = None, **shapes: Any
) -> Graph:
    """A graph from an ordinary NumPy function, by running it on symbolic arguments.

    Args:
        function: plain Python that uses NumPy or graphcomp functions.
        name: of the graph; the function's own by default.
        **shapes: a shape for each array argument, such as ``W1="m n"``; scalars need none. A list,
            dict or named tuple of shapes for an argument that is so arranged.

    >>> def loss(x, y, W):
    ...     return 0.5 * np.sum((W @ x - y) ** 2)
    >>> from_function(loss, x="n", y="m", W="m n").input_names
    ('x', 'y', 'W')
    >>> graph = from_function(lambda p: p["W"] @ p["x"], p={"W": "m n", "x": "n"}, name="f")
    >>> graph.compile("value")({"W": [[1.0, 2.0]], "x": [3.0, 4.0]})
    array([11.])
    """
    return frontends.from_function(function, name=name, graph_class=Graph, **shapes)
