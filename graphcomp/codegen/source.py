"""A function as source: prologue, statements, results."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from graphcomp.codegen import once
from graphcomp.codegen.ahead import dependents, frontier
from graphcomp.codegen.arguments import Arguments
from graphcomp.codegen.block import Block, Names
from graphcomp.codegen.buffers import Statement, hoist, read_later, renamed_statement
from graphcomp.codegen.closures import copy_small_views
from graphcomp.codegen.dialects import LIMITS, ONCE, Context, Dialect
from graphcomp.codegen.kernels import Kernels
from graphcomp.codegen.layout import INDENT, definition, docstring, layout, words
from graphcomp.codegen.lines import rename_pieces, statement_lines
from graphcomp.codegen.loop_cut import cut_into_loops
from graphcomp.codegen.loop_kernels import LoopKernels
from graphcomp.codegen.memory import Planned, plan_memory
from graphcomp.codegen.notes import Said
from graphcomp.codegen.parameters import Parameter
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.plans import Plan, Tree, leaves
from graphcomp.codegen.prepare import Cutter, Prepared, prepare
from graphcomp.codegen.records import Records
from graphcomp.codegen.regions import cut_into_rows
from graphcomp.codegen.results import Results
from graphcomp.codegen.stacked import are_large, in_stacks, symbols_of
from graphcomp.codegen.workspace import NAME as WORKSPACE
from graphcomp.codegen.workspace import TYPE, in_workspace, prepared_finer
from graphcomp.node import Node
from graphcomp.op import ATOM
from graphcomp.rewrite import Pass, Report, Rule
from graphcomp.shape import Dim


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes functions of one module.

    Attributes:
        context: what the pieces need to know.
        arguments: of all its functions.
        taken: names that no variable may have.
        passes: rewrites of the joint graph.
        records: the named tuples among the results.
        report: what was done to the graph before.
        planned: the statements of each plan's function, and behind it of one that it returns.
        applied: the rules of which comments tell, as functions are written.
    """

    context: Context
    arguments: Arguments
    taken: Collection[str]
    passes: Sequence[Pass]
    records: Records
    report: Report
    planned: dict[str, list[Planned]] = field(default_factory=dict)
    applied: dict[Rule, None] = field(default_factory=dict)

    def function(self, plan: Plan) -> list[str]:
        """The function of a plan, as lines; for the target "math" the careful version too."""
        dialect = self.context.dialect
        cutter = cutter_of(dialect, threads=self.context.threads)
        prepared = prepare(
            plan,
            self.passes,
            self.report,
            dialect.spells,
            sharing=dialect.sharing,
            cutter=cutter,
            fences=not dialect.arrays,
        )
        self.applied.update(dict.fromkeys(prepared.rules))
        if dialect.arrays and not dialect.compiled and (found := in_stacks(prepared)) is not None:
            small, sizes = found
            if not sizes:
                return self._written(_Function(self, plan, self._finer(small), plan.name))
            large = _Function(self, plan, self._finer(prepared), f"_{plan.name}_large", behind=True)
            function = _Function(self, plan, self._finer(small), plan.name, large=sizes)
            return [*self._written(large), "", "", *self._written(function)]
        if dialect.arrays or not _can_raise(prepared):
            return self._written(_Function(self, plan, self._finer(prepared), plan.name))
        if once.is_large(prepared.order) and plan.inner is None:
            return self._once(plan, prepared)
        careful = replace(self, context=replace(self.context, dialect=LIMITS))
        slow = _Function(careful, plan, prepared, f"_{plan.name}_limits").lines()
        return [
            *_Function(self, plan, prepared, plan.name, slow=f"_{plan.name}_limits").lines(),
            "",
            "",
            *slow,
        ]

    def _finer(self, prepared: Prepared) -> Prepared:
        """The same for a workspace, if there is one."""
        if not self.context.workspace:
            return prepared
        return prepared_finer(prepared, self.context.dialect.into)

    def _written(self, function: _Function) -> list[str]:
        """A function, behind those that it calls."""
        lines = function.lines()
        return [*function.kernels.lines, "", "", *lines][2:]

    def _once(self, plan: Plan, prepared: Prepared) -> list[str]:
        """A function that hands the functions which it needs to one that holds the statements."""
        front = _Function(self, plan, prepared, plan.name)
        passed = {name: front.names.give(name) for name in once.passed_functions(prepared.order)}
        context = replace(self.context, dialect=ONCE, passed=passed)
        taken = {*self.taken, *passed.values()}
        steps = _Function(
            replace(self, context=context, taken=taken), plan, prepared, f"_{plan.name}_steps"
        )
        return [*front.lines(steps=steps.name, passed=passed), "", "", *steps.lines(passed=passed)]


def cutter_of(dialect: Dialect, *, threads: bool = False) -> Cutter | None:
    """What is put into functions of its own: loops that are compiled, blocks of rows, or nothing."""
    if dialect.compiled:
        return partial(cut_into_loops, threads=threads)
    return cut_into_rows if dialect.arrays else None


def _can_raise(prepared: Prepared) -> bool:
    """Whether an op has another spelling for the edge of its domain."""
    spells = [op.spell for op in {node.op for node in prepared.order}]
    return any("limits" in spell and spell["limits"] != spell.get("math") for spell in spells)


class _Function:
    """One function in the making."""

    def __init__(
        self,
        writer: Writer,
        plan: Plan,
        prepared: Prepared,
        name: str,
        slow: str | None = None,
        *,
        behind: bool = False,
        large: tuple[Dim, ...] = (),
    ) -> None:
        self.writer, self.plan, self.prepared, self.name = writer, plan, prepared, name
        self.slow, self.large = slow, large
        self.careful = writer.context.dialect in {LIMITS, ONCE}
        self.behind = behind or self.careful
        self.said = None if writer.context.dialect == LIMITS else Said()
        self.arguments = writer.arguments
        self.names = Names(
            [*writer.taken, *self.arguments.names.values(), *self.arguments.dims.values()]
        )
        self.pieces: dict[Node, Piece] = {}
        for node in plan.inputs:
            self._parameter(node, self.arguments.names[node])
        checked, give = self.arguments.checked, self.names.give
        self.tangents = [Parameter.of(each, give, checked=checked) for each in plan.tangents]
        self.seeds = [Parameter.of(each, give, checked=checked) for each in plan.seeds]
        for parameter in (*self.tangents, *self.seeds):
            for node, given in zip(parameter.nodes, parameter.variables, strict=True):
                self._parameter(node, given)
        self.dims: set[str] = set()
        self.results = Results(prepared.outputs, writer.context, self.names, writer.records)
        own = {*self.arguments.names.values(), *self.arguments.dims.values()}
        taken = set(writer.taken) - own
        rows = Kernels(writer.context, taken, name, writer.records)
        self.kernels: LoopKernels | Kernels = rows
        if writer.context.dialect.compiled:
            results = prepared.outputs.values()
            self.kernels = LoopKernels(writer.context, taken, name, results, rows)

    def _parameter(self, node: Node, name: str) -> None:
        reads = frozenset({name})
        self.pieces[node] = Piece(name, ATOM, node.shape, node.dtype, reads, reads)

    # ------------------------------------------------------------ parts

    def lines(self, steps: str = "", passed: Mapping[str, str] = MappingProxyType({})) -> list[str]:
        """The whole function.

        Args:
            steps: the name of the function that holds the statements, if it is not this one.
            passed: the variables for functions that are passed to it, by their names in `math`.
        """
        given = self._shown((*self.arguments.parameters, *self.tangents))
        if not steps:
            given += [f"{name}: Callable[..., float]" for name in passed.values()]
        if self.writer.context.workspace:
            given += ["*", f"{WORKSPACE}: {TYPE} = None"]
        lines = definition(self.name, given, self._annotation())
        lines += self._docstring(passed=not steps and bool(passed))
        body, inner = (self._handed_on(steps, passed), []) if steps else self._bodies()
        if self.large:
            body = [*self._passed_on(), *body]
        used = words([*body, *inner]) if self.tangents else set[str]()
        checks = [line for each in self.tangents for line in self._prologue(each, 1, used)]
        dims = self.dims | self.results.dims
        bound = self.arguments.bind(dims, 1) if self.arguments.arrays else []
        rest = [*bound, *checks, *body, *inner]
        prologue = [*self.arguments.prologue(1, rest, self.names.give), *bound, *checks]
        return [*lines, *(bound if self.behind else prologue), *body, *inner]

    def _passed_on(self) -> list[str]:
        """The call of the version for large arrays, where they are."""
        self.dims |= symbols_of(self.large)
        given = [f"{WORKSPACE}={WORKSPACE}"] if self.writer.context.workspace else []
        test = are_large(self.large, self.arguments.dims)
        call = layout(f"return {self._call(f'_{self.plan.name}_large', given)}", 2)
        return [*layout(f"if {test}:  # what is copied counts more than calls", 1), *call]

    def _handed_on(self, steps: str, passed: Collection[str]) -> list[str]:
        """The calls of the function that holds the statements."""
        self.slow = steps
        fast = self._slow_call([f"math.{name}" for name in passed])
        if not passed:
            return layout(f"return {fast}", 1)
        limits = self._slow_call([f"_{name}" for name in passed])
        return self._guarded(layout(f"return {fast}", 2), limits)

    def _shown(self, parameters: Iterable[Parameter]) -> list[str]:
        """Parameters with their types; other versions are given what is converted and checked."""
        if self.behind:
            return [text for each in parameters for text in each.flat(converted=not self.careful)]
        return [each.annotated() for each in parameters]

    def _prologue(self, parameter: Parameter, indent: int, used: Collection[str]) -> list[str]:
        """The check of an argument that is not among the inputs of the graph."""
        lines = parameter.unpack(self.names.give, indent, used)
        parts = zip(parameter.nodes, parameter.variables, parameter.titles, strict=True)
        for node, name, title in parts:
            if parameter.checked or name in used:
                lines += self.arguments.convert(node, name, title, indent)
            checks = self.arguments.check(node, name, title, indent)
            if checks:
                self.dims |= self.arguments.symbols(node.shape)
            lines += checks
        return lines

    def _bodies(self) -> tuple[list[str], list[str]]:
        plan = self.plan
        if plan.inner is None:
            return self._straight(), []
        return self._with_closure(plan.inner)

    def _straight(self) -> list[str]:
        outputs, depth = self.prepared.outputs, 2 if self.slow else 1
        block = self._block(depth, self.pieces, self.plan.values)
        block.compute(self.prepared.ahead, self.prepared.cut)
        start = len(block.statements)
        block.compute(outputs.values(), self.prepared.cut, self.prepared.order)
        wanted = {outputs[key] for key in leaves(self.plan.values)} - {
            outputs[key] for key in self.plan.primal
        }
        tree = self.plan.values
        live = self.results.reads(tree, self.pieces)
        start = self._drop_unread(block, live, start)
        statements = hoist(block.statements, wanted, start)
        planned = self._planned(plan_memory(statements, live, block.rank, self.pieces, start))
        statements = planned.statements
        rename_pieces(self.pieces, planned.renamed)
        statements = self._in_workspace(statements, self.results.reads(tree, self.pieces))
        self.dims |= block.dims
        own = {s.target for s in statements}.union(*[s.targets for s in statements if s.also])
        marked = planned.start if 0 < planned.start < len(statements) else None
        lines = statement_lines(statements, depth, marked, self.plan.section, self.said)
        lines += self.results.statement(tree, self.pieces, own, (), depth)
        return self._guarded(lines, self._slow_call())

    def _drop_unread(self, block: Block, live: Collection[str], start: int) -> int:
        """Without statements that nothing reads, of floats; how many are left of the first `start`."""
        if self.writer.context.dialect.arrays or not self.prepared.written_out:
            return start
        given, block.statements = block.statements, read_later(block.statements, live)
        left = set(map(id, block.statements))
        return sum(id(statement) in left for statement in given[:start])

    def _block(self, depth: int, pieces: dict[Node, Piece], tree: Tree = ()) -> Block:
        """A block that returns a tree of results; one array alone is given its type."""
        typed = self.prepared.outputs[tree] if isinstance(tree, str) else None
        return Block(
            self.writer.context, self.prepared, self.names, depth, pieces, typed, self.kernels
        )

    def _with_closure(self, inner: Tree) -> tuple[list[str], list[str]]:
        """The forward part, and the function that it returns."""
        outputs, cut = self.prepared.outputs, self.prepared.cut
        depth = 2 if self.slow else 1
        mine = self.names.give("vjp")
        seeds = [node for each in self.seeds for node in each.nodes]
        seeded = dependents(self.prepared.order, seeds)
        values = [outputs[key] for key in self.plan.primal]
        results = [outputs[key] for key in leaves(inner)]
        forward = self._block(depth, self.pieces)
        forward.compute(values, cut)
        start = len(forward.statements)
        kept = frontier(self.prepared.order, seeded)
        forward.compute(kept, {*cut, *(n for n in kept if n.args)})
        self._make_no_more_scratch()
        backward = self._block(depth + 1, dict(self.pieces), inner)
        backward.compute(results, cut)
        self._drop_unread(backward, self.results.reads(inner, backward.pieces), 0)
        steps = hoist(backward.statements, set(results), 0)
        captured = {name for s in steps for name in s.piece.reads}
        for node in results:
            captured |= backward.pieces[node].reads
        forward.statements = copy_small_views(forward.statements, self.pieces, captured)
        for piece in self.pieces.values():
            if piece.is_name and piece.text in captured:
                captured |= piece.roots
        live = {*self.results.reads(self.plan.values, self.pieces), *captured}
        start = self._drop_unread(forward, live, start)
        planned = self._planned(
            plan_memory(forward.statements, live, forward.rank, self.pieces, start)
        )
        ahead, renamed, start = planned.statements, planned.renamed, planned.start
        own = {target for s in ahead for target in s.targets}
        captured = {renamed.get(name, name) for name in captured}
        steps = [renamed_statement(step, renamed) for step in steps]
        rename_pieces(backward.pieces, renamed)
        rename_pieces(self.pieces, renamed)
        read = {*self.results.reads(self.plan.values, self.pieces), *captured}
        ahead = self._in_workspace(ahead, read)
        body = statement_lines(
            ahead, depth, start if start < len(ahead) else None, self.plan.section, self.said
        )
        self.dims |= forward.dims | backward.dims
        end = self.results.statement(self.plan.values, self.pieces, own, captured, 1, mine)
        body = self._guarded(body, self._slow_call())
        wanted = self.results.reads(inner, backward.pieces)
        planned = self._planned(plan_memory(steps, wanted, backward.rank, backward.pieces))
        below = planned.statements
        rename_pieces(backward.pieces, planned.renamed)
        lines = [
            "",
            *definition(
                mine, [seed.annotated() for seed in self.seeds], self.results.type_of(inner), 1
            ),
        ]
        lines += docstring(f"Cotangents of {self.plan.by}.", indent=2)
        inside = statement_lines(below, depth + 1, said=self.said)
        mine_too = {target for s in below for target in s.targets}
        inside += self.results.statement(inner, backward.pieces, mine_too, (), depth + 1)
        used = words(inside)
        for seed in self.seeds:
            if not (self.careful and seed.argument.plain):
                lines += self._prologue(seed, 2, used)
        given = ", ".join(seed.name for seed in self.seeds)
        lines += self._guarded(inside, f"{self._slow_call()}[1]({given})", 1)
        return body, [*lines, "", *end]

    def _planned(self, planned: Planned) -> Planned:
        """The same; kept for those who ask what was planned, of the version that is called."""
        if self.behind and not self.careful:
            return planned
        self.writer.planned.setdefault(self.plan.name, []).append(planned)
        return planned

    def _in_workspace(self, statements: list[Statement], live: Collection[str]) -> list[Statement]:
        """The statements, writing to the workspace if there is one."""
        if not self.writer.context.workspace:
            return statements
        found = in_workspace(statements, live, self.writer.context)
        self.dims |= found.dims
        if isinstance(self.kernels, Kernels):
            self.kernels.kept |= found.kept
        return found.statements

    def _make_no_more_scratch(self) -> None:
        """What a returned function computes may be computed by several threads: it has no scratch."""
        if isinstance(self.kernels, Kernels):
            self.kernels.scratch = False

    def _slow_call(self, passed: Sequence[str] = ()) -> str:
        return self._call(self.slow or "", passed)

    def _call(self, name: str, passed: Sequence[str]) -> str:
        """The call of another version of this function."""
        tangents = [name for each in self.tangents for name in each.variables]
        given = [*self.arguments.names.values(), *tangents, *passed]
        return f"{name}({', '.join(given)})"

    def _guarded(self, lines: list[str], slow: str, indent: int = 0) -> list[str]:
        """The fast code, and what to do where it has no result."""
        if not self.slow:
            return lines
        margin = INDENT * (indent + 1)
        if not lines:
            return lines
        return [
            f"{margin}try:",
            *lines,
            f"{margin}except (ArithmeticError, ValueError):  # at the edge of a domain",
            *layout(f"return {slow}", indent + 2),
        ]

    # ------------------------------------------------------------ words

    def _annotation(self) -> str:
        values = self.results.type_of(self.plan.values)
        if self.plan.inner is None:
            return values
        seeds = ", ".join(seed.type for seed in self.seeds)
        inner = self.results.type_of(self.plan.inner)
        return f"tuple[{values}, Callable[[{seeds}], {inner}]]"

    def _docstring(self, *, passed: bool = False) -> list[str]:
        known = "" if self.arguments.checked else " Arguments are not checked."
        if passed:
            about = f"{self.plan.about} By the given functions: of `math`, or with limits."
            return docstring(about, indent=1)
        if self.behind and not self.careful:
            return docstring(f"{self.plan.about} Step by step, for large arrays.", indent=1)
        if self.careful:
            return docstring(f"{self.plan.about} With limits instead of exceptions.", indent=1)
        return docstring(f"{self.plan.about}{known}", indent=1)
