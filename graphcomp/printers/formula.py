"""The formulas of a program and of its derivative steps, in a notation.

Nothing is derived here: definitions, local partials and contributions are nodes on the steps, and
this module writes them down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.op import ADDITIVE, ATOM, MULTIPLICATIVE, Form
from graphcomp.printers.ascii_notation import ASCII
from graphcomp.printers.layout import Layout
from graphcomp.printers.notation import UNICODE, Accent, Notation, Text
from graphcomp.printers.terms import DERIVATIVE, STEP, Expression, Factor, Symbol, Term
from graphcomp.program import Program, Role, Step, StepTerm

__all__ = ["ASCII", "UNICODE", "Accent", "Formulas", "Notation", "title"]

#: Nodes of an expression that is written out in a line, and in a title.
LINE_LIMIT, TITLE_LIMIT = 80, 60

#: Contributions that a sum lists.
MOST_TERMS = 8

_ACCENTS: Mapping[Role, Accent | None] = {
    Role.PRIMAL: None,
    Role.TANGENT: "dot",
    Role.ADJOINT: "bar",
}


class Formulas:
    """The formulas of one program.

    Args:
        program: the primal program.
        notation: `UNICODE` or `ASCII`.
        seeds: the input nodes of the seeds by name, as `seed_inputs` gave them.
        most: contributions that a sum lists; None: all.

    >>> import graphcomp as gc
    >>> from graphcomp.graph import GraphData
    >>> from graphcomp.program import adjoint_steps, build_program, seed_inputs
    >>> x, a = gc.scalars("x a")
    >>> program = build_program(GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}))
    >>> seeds = seed_inputs(program, ["y"], Role.ADJOINT)
    >>> formulas = Formulas(program, seeds=seeds)
    >>> [" = ".join(formulas.definition(step)) for step in program.steps]
    ['w₁ = x', 'w₂ = a', 'w₃ = −w₁·w₂', 'w₄ = 1 + exp(w₃)', 'w₅ = 1/w₄']
    >>> [" = ".join(formulas.definition(step)) for step in adjoint_steps(program, seeds, ["x"])]
    ['w̄₅ = ȳ', 'w̄₄ = w̄₅·(−1/w₄²)', 'w̄₃ = w̄₄·exp(w₃)', 'w̄₁ = w̄₃·(−w₂)']
    """

    def __init__(
        self,
        program: Program,
        notation: Notation = UNICODE,
        *,
        seeds: Mapping[str, Node] | None = None,
        most: int | None = MOST_TERMS,
    ) -> None:
        self.most = most
        self.program = program
        self.notation = notation
        self._seeds = {node: name for name, node in (seeds or {}).items()}
        self._symbols: dict[Node, Symbol] = {}
        for i, step in enumerate(program.steps):
            kind = STEP if step.of is None else DERIVATIVE
            symbol = Symbol(self.named(step.name), (kind, i))
            self._symbols[step.node] = symbol
            self._symbols.setdefault(_unwrapped(step.node), symbol)

    # ------------------------------------------------------------ names

    def symbol(self, step: Step) -> str:
        """What the step computes: w₃, ẇ₃ or w̄₃."""
        return self.named(step.name, None if step.of is not None else _ACCENTS[step.role])

    def named(self, name: str, accent: Accent | None = None) -> str:
        """The symbol of a step by its name; the tangent of an adjoint has both accents."""
        step = self.program.by_name.get(name)
        if step is None or step.of is None:
            return self.notation.symbol(name, accent)
        return self.notation.symbol(step.of, "bar_dot" if accent == "dot" else "bar")

    def derivative(self, via: str, step: str) -> str:
        """The local partial as a symbol: ∂w₅/∂w₄."""
        return self.notation.local(self.named(via), self.named(step))

    # ------------------------------------------------------------ steps

    def definition(self, step: Step) -> tuple[str, str]:
        """Both sides of a step, primal or derivative; the right one is empty for a plain input."""
        symbol = self.symbol(step)
        if step.role is not Role.PRIMAL and step.of is None:
            return symbol, self.total(step)
        if step.label is not None:
            return symbol, "" if step.label == step.name else self.notation.symbol(step.label)
        return symbol, self._layout(written_out=step.node).write(step.node)[0]

    def total(self, step: Step) -> str:
        """The sum of the contributions to a derivative step; of many, the first and the last."""
        terms = step.terms if self.most is None else _ends(step.terms, self.most)
        texts = [self._addend(step, term) for term in terms]
        if len(terms) < len(step.terms):
            rest = self.notation.more(len(step.terms) - len(terms))
            plus = f" {self.notation.plus} "
            return plus.join((self._summed(texts[:-1]), rest, texts[-1]))
        signs = {text.startswith(self.notation.minus) for text in texts}
        if step.role is Role.TANGENT and len(signs) == 1:  # v₃ = v₁·v₂: v̇₁·v₂ + v̇₂·v₁
            places = [self._place(term) for term in step.terms]
            texts = [text for _, text in sorted(zip(places, texts, strict=True), key=_first)]
        return self._summed(texts)

    def _summed(self, texts: Sequence[str]) -> str:
        parts = list(texts[:1])
        for text in texts[1:]:
            negative = text.startswith(self.notation.minus)
            sign = self.notation.minus if negative else self.notation.plus
            parts.append(f" {sign} {text.removeprefix(self.notation.minus)}")
        return "".join(parts)

    def _addend(self, step: Step, term: StepTerm) -> str:
        """A contribution so that it can stand in a sum."""
        text, precedence = self._contribution(step, term)
        weak = len(step.terms) > 1 and precedence < ADDITIVE
        return self.notation.fenced(text) if weak else text

    def _place(self, term: StepTerm) -> tuple[int, int]:
        node = self.program.by_name[term.via].node if term.via is not None else None
        return self._symbols[node].order if node is not None else (0, 0)

    def contribution(self, step: Step, term: StepTerm) -> str:
        """One contribution: ``w̄₅·(−1/w₄²)`` to an adjoint, ``−ẇ₄/w₄²`` to a tangent, a seed."""
        return self._contribution(step, term)[0]

    def _contribution(self, step: Step, term: StepTerm) -> Text:
        accent = _ACCENTS[step.role]
        if term.via is None:
            name = self._seeds.get(term.value)
            if name is not None:
                return self.notation.symbol(name, accent), ATOM
            return self._layout().write(term.value)
        symbol = Symbol(self.named(term.via, accent), (DERIVATIVE, 0))
        later = self._later(step, term)
        if term.partial is None:
            extra = {term.read: symbol} if term.read is not None else {}
            return self._layout(extra, self._written_out(later, term.value)).write(term.value)
        layout = self._partial_layout(later, term.partial)
        partial = layout.of(term.partial)
        read = Factor(symbol.text, rank=step.node.ndim, matrix=step.node.ndim > 0)
        folded = (layout.times((Term(factors=(replace(read, order=symbol.order),)),), partial),)
        if (step.role is Role.TANGENT and self.notation.folded) or _folds(partial, read):
            return layout.text(folded)
        text, precedence = layout.text(partial)
        joint = self.notation.hadamard if read.matrix else self.notation.times
        factor = text if _stands(partial, precedence) else self.notation.fenced(text)
        return f"{read.text}{joint}{factor}", MULTIPLICATIVE

    def partial(self, step: Step, term: StepTerm) -> str:
        """The local partial by itself: ``−1/w₄²``; empty where a step is not pointwise."""
        if term.partial is None:
            return ""
        layout = self._partial_layout(self._later(step, term), term.partial)
        return layout.write(term.partial)[0]

    def expression(
        self,
        node: Node,
        symbols: Mapping[Node, str] | None = None,
        *,
        steps: bool = False,
        written_out: Node | None = None,
    ) -> str:
        """Any node, in terms of the steps, or of the given symbols alone; of both with `steps`.

        A step that is `written_out` does not stand by its name.
        """
        names = {n: Symbol(text, (STEP, i)) for i, (n, text) in enumerate((symbols or {}).items())}
        if symbols is None or steps:
            return self._layout(names, written_out).write(node)[0]
        return Layout(names.get, self.notation, limit=LINE_LIMIT).write(node)[0]

    def product(self, path: Sequence[tuple[str, Node]]) -> str:
        """The product of local partials along a path of steps: ``−exp(w₃)/w₄²``."""
        layout = self._layout()
        result: Expression = (Term(),)
        for name, partial in path:
            one = self._partial_layout(self.program.by_name[name], partial).of(partial)
            result = (layout.times(result, one),)
        return layout.text(result)[0]

    # ------------------------------------------------------------ layouts

    def _later(self, step: Step, term: StepTerm) -> Step:
        """The step that the local partial belongs to: the consumer."""
        if step.role is Role.ADJOINT and term.via is not None:
            return self.program.by_name[term.via]
        return self.program.by_name[step.name]

    def _layout(
        self, extra: Mapping[Node, Symbol] | None = None, written_out: Node | None = None
    ) -> Layout:
        symbols, more = self._symbols, extra or {}
        hidden = set() if written_out is None else {written_out, _unwrapped(written_out)}

        def names(node: Node) -> Symbol | None:
            if node in more:
                return more[node]
            return None if node in hidden else symbols.get(node)

        return Layout(names, self.notation, limit=LINE_LIMIT)

    def _partial_layout(self, later: Step, partial: Node) -> Layout:
        """Partials are written in terms of the operands: exp(w₃), −1/w₄².

        Where a function's partial is a formula in its own value, it stands: 1 − h² for h = tanh(z).
        """
        return self._layout(written_out=self._written_out(later, partial))

    def _written_out(self, later: Step, value: Node) -> Node | None:
        """The step that does not go by its name in a partial of its own, or a contribution by it."""
        stands = _is_call(later.node) and value not in {_unwrapped(later.node), later.node}
        return None if stands else later.node


def title(graph: GraphData, notation: Notation = UNICODE) -> str:
    """What the graph computes, in terms of its inputs, as the user wrote it."""
    return ",  ".join(equations(graph, notation))


def equations(graph: GraphData, notation: Notation = UNICODE) -> list[str]:
    """What each output is, in terms of the inputs, as the user wrote it.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> equations(GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}))
    ['y = 1/(1 + exp(−a·x))']
    """
    symbols = {
        node: Symbol(notation.symbol(name), (STEP, i))
        for i, (node, name) in enumerate(zip(graph.inputs, graph.input_names, strict=True))
    }
    layout = Layout(symbols.get, notation, ordered=False, limit=TITLE_LIMIT)
    found = []
    for name, node in zip(graph.output_names, graph.outputs, strict=True):
        text = layout.write(node)[0]
        if notation.ellipsis in text:
            arguments = notation.comma.join(map(notation.symbol, graph.input_names))
            text = f"{notation.function(graph.name)}{notation.fenced(arguments)}"
        found.append(f"{notation.symbol(name)}{notation.equals}{text}")
    return found


def _unwrapped(node: Node) -> Node:
    while node.op.form is Form.NAMED:
        node = node.args[0]
    return node


def _is_call(node: Node) -> bool:
    return _unwrapped(node).op.form is Form.CALL


def _ends(terms: Sequence[StepTerm], most: int) -> Sequence[StepTerm]:
    """All terms, or the first ones and the last."""
    return terms if len(terms) <= most else [*terms[: most // 2], terms[-1]]


def _first(pair: tuple[tuple[int, int], str]) -> tuple[int, int]:
    return pair[0]


def _folds(partial: Expression, read: Factor) -> bool:
    """Whether a partial goes into one product with what it is multiplied by."""
    if len(partial) > 1:
        return False
    (term,) = partial
    return term.is_number or (read.rank > 0 and term.rank == 0)


def _stands(partial: Expression, precedence: int) -> bool:
    """Whether a partial needs no parentheses after a multiplication sign."""
    (first, *rest) = partial
    plain = first.above == first.below == 1 and not any(f.below for f in first.factors)
    return not rest and not first.negative and (plain or precedence >= ATOM)
