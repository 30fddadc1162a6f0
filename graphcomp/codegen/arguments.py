"""The arguments of generated functions: names, types, and the prologue that checks them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphcomp.codegen.dimensions import dimension_source, solved_source
from graphcomp.codegen.layout import (
    INDENT,
    WIDTH,
    definition,
    docstring,
    layout,
    quoted,
    returned,
    unpacked,
    words,
)
from graphcomp.codegen.parameters import SCALARS, Parameter
from graphcomp.codegen.passing import DTYPE, passing_lines
from graphcomp.codegen.vectors import FUNCTIONS
from graphcomp.evaluate import Binding, bindings
from graphcomp.graph import Argument
from graphcomp.names import fresh_name
from graphcomp.node import Node
from graphcomp.op import DType
from graphcomp.shape import Shape, dimension_names, format_shape

#: Names that generated modules use themselves.
RESERVED = frozenset(
    {"np", "math", "Any", "Array", "ArrayLike", "Callable", "TypeAlias", "SIGNATURE"}
    | {DTYPE, "float", "int", "bool", "tuple", "dict", "str", "bytes", "slice", "type"}
    | {"abs", "len", "min", "max", "next", "range", "isinstance", "getattr", "enumerate"}
    | {"TypeError", "ValueError", "ArithmeticError", "AttributeError", "OverflowError"}
)

#: Names that they use if loops are compiled, if there are structures, or constants in a file, too.
COMPILED = frozenset(
    {"numba", "importlib", "pathlib", "TypeVar", "Function", "ImportError", "IndexError"}
    | {"_compiled", "_threaded", "_summed", "platform", "set", "list"}
    | {"_vector_lanes", "_vector_names", "_vector_function", "_LANES", "_KNOWN"}
    | {f"_v_{name}" for name in FUNCTIONS}
)
STRUCTURED = frozenset({"Mapping", "NamedTuple", "Sequence", "list"})
STORED = frozenset({"ImportError", "OSError", "Path", "hashlib", "_STORED"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """The inputs of a graph as arguments.

    Attributes:
        inputs: the input nodes.
        parameters: of the functions; a structure of inputs is one.
        names: the variables for the inputs.
        titles: what messages call these variables, where that is something else.
        dims: the names of the variables for the dimensions.
        arrays: whether they are NumPy's; else Python numbers.
        bindings: where each dimension is found.
        checked: whether they are checked and converted.
    """

    inputs: tuple[Node, ...]
    parameters: tuple[Parameter, ...]
    names: Mapping[Node, str]
    titles: Mapping[str, str]
    dims: Mapping[str, str]
    arrays: bool
    bindings: Mapping[str, Binding]
    checked: bool = True

    @classmethod
    def of(
        cls, given: Sequence[Argument], taken: Iterable[str], *, arrays: bool, checked: bool = True
    ) -> Arguments:
        """Arguments named as in the graph, but for names that are taken."""
        used = set(taken)
        inputs = tuple(node for argument in given for node in argument.nodes)
        wanted = {node.param("name") for node in inputs} | {argument.name for argument in given}

        def give(name: str) -> str:
            found = fresh_name(name, used | (wanted if name in used else set()))
            used.add(found)
            return found

        parameters = tuple(Parameter.of(argument, give, checked=checked) for argument in given)
        names: dict[Node, str] = {}
        titles: dict[str, str] = {}
        for parameter in parameters:
            names |= dict(zip(parameter.nodes, parameter.variables, strict=True))
            titles |= dict(zip(parameter.variables, parameter.titles, strict=True))
        dims: dict[str, str] = {}
        for dim in dimension_names(node.shape for node in inputs):
            dims[dim] = fresh_name(dim, used)
            used.add(dims[dim])
        found = {binding.dim: binding for binding in bindings(inputs)}
        return cls(inputs, parameters, names, titles, dims, arrays, found, checked)

    @property
    def renamed(self) -> dict[str, str]:
        """Inputs and dimensions that go by another name in the code."""
        inputs = {n.param("name"): name for n, name in self.names.items()}
        inputs |= {each.argument.name: each.name for each in self.parameters}
        both = [*inputs.items(), *((f"dimension {d}", name) for d, name in self.dims.items())]
        return {old: new for old, new in both if old.removeprefix("dimension ") != new}

    def annotated(self) -> list[str]:
        """The parameters with their types."""
        return [parameter.annotated() for parameter in self.parameters]

    def flat(self) -> list[str]:
        """A parameter for each input, with its type."""
        return [text for parameter in self.parameters for text in parameter.flat()]

    def bind(self, wanted: Iterable[str], indent: int) -> list[str]:
        """The lines that find the sizes of some dimensions."""
        chosen = set(wanted)
        return [
            line
            for dim in self.dims
            if dim in chosen
            for line in layout(f"{self.dims[dim]} = {self._size(dim)}", indent)
        ]

    def _size(self, dim: str) -> str:
        binding = self.bindings[dim]
        return solved_source(binding.formula, f"{self._argument(dim)}.shape[{binding.axis}]")

    def _argument(self, dim: str) -> str:
        wanted = self.bindings[dim].argument
        return next(name for node, name in self.names.items() if node.param("name") == wanted)

    def symbols(self, shape: Shape) -> set[str]:
        """The named dimensions in a shape."""
        return {s.name for d in shape if not isinstance(d, int) for s in d.free_symbols}

    def taken(
        self, parameter: Parameter, give: Callable[[str], str], indent: int
    ) -> tuple[list[str], list[str]]:
        """The lines that take a parameter apart and convert it, and those that check its shapes."""
        lines, checks = parameter.unpack(give, indent), []
        parts = zip(parameter.nodes, parameter.variables, parameter.titles, strict=True)
        for node, name, title in parts:
            lines += self.convert(node, name, title, indent)
            checks += self.check(node, name, title, indent)
        return lines, checks

    def convert(self, node: Node, name: str, title: str, indent: int) -> list[str]:
        """The lines that convert a variable, which messages call `title`.

        What is not checked is taken as it is; but a number gets its dtype, as numbers of Python
        divide and promote otherwise than those of NumPy.
        """
        if not self.checked:
            if node.shape or not self.arrays:
                return []
            return layout(f"{name} = np.{_numpy_name(node.dtype)}({name})", indent)
        if not self.arrays:
            kind = node.dtype.kind
            helper = {"f": "_number", "b": "bool"}.get(kind, "_whole")
            call = f"bool({name})" if kind == "b" else f"{helper}({quoted(title)}, {name})"
            return layout(f"{name} = {call}", indent)
        dtype = "" if node.dtype == "float64" else f", np.{_numpy_name(node.dtype)}"
        if node.shape == ():
            return layout(f"{name} = _as_scalar({quoted(title)}, {name}{dtype})", indent)
        dims = _strings([str(dim) for dim in node.shape])
        return layout(f"{name} = _as_array({quoted(title)}, {name}, {dims}{dtype})", indent)

    def check(self, node: Node, name: str, title: str, indent: int) -> list[str]:
        """The lines that compare the shape of a variable with the dimensions."""
        if not self.checked or not self.needs_check(node):
            return []
        sizes = [dimension_source(dim, self.dims) for dim in node.shape]
        listed = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
        dims = _strings([str(dim) for dim in node.shape])
        origins = _strings([self._origin(dim) for dim in node.shape])
        error = f"raise _misfit({quoted(title)}, {name}.shape, {listed}, {dims}, {origins})"
        return [*layout(f"if {name}.shape != {listed}:", indent), *layout(error, indent + 1)]

    def needs_check(self, node: Node) -> bool:
        """Whether an axis of an argument is not where its dimension comes from."""
        return not all(
            not isinstance(dim, int)
            and dim.is_Symbol
            and (self.bindings[dim.name].argument, self.bindings[dim.name].axis)
            == (node.param("name"), axis)
            for axis, dim in enumerate(node.shape)
        )

    def _origin(self, dim: object) -> str:
        symbols = sorted(getattr(dim, "free_symbols", ()), key=str)
        names = dict.fromkeys(self._argument(symbol.name) for symbol in symbols)
        return ", ".join(self.titles.get(name, name) for name in names)

    def checking_function(self) -> list[str]:
        """The function that converts and checks all arguments."""
        types = [array_type(node) for node in self.inputs]
        names = [self.names[node] for node in self.inputs]
        result = types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"
        passing = self._passing()
        shown = [f"{name}: Any" for name in names] if passing and len(names) > 1 else None
        lines = definition("_checked", shown or self.annotated(), result)
        lines += docstring(
            "The arguments in their dtypes; an error that names what does not fit.", indent=1
        )
        lines += passing
        checks: list[str] = []
        needed: set[str] = set()
        used = {*names, *self.dims.values(), *(each.name for each in self.parameters)}

        def give(name: str) -> str:
            used.add(fresh := fresh_name(name, used))
            return fresh

        for parameter in self.parameters:
            converted, found = self.taken(parameter, give, 1)
            lines += converted
            checks += found
            for node in parameter.nodes:
                needed |= self.symbols(node.shape) if self.needs_check(node) else set()
        lines += [*self.bind(needed, 1), *checks]
        return [*lines, *returned(tuple(names) if len(names) > 1 else names[0], 1)]

    def _passing(self) -> list[str]:
        """The lines that let arguments pass which are as they should be."""
        if not self.arrays or not all(each.argument.plain for each in self.parameters):
            return []
        checked = [node for node in self.inputs if self.needs_check(node)]
        needed = {dim for node in checked for dim in self.symbols(node.shape)}
        wanted = {self.bindings[dim].argument for dim in needed}
        sources = [node for node in self.inputs if node.param("name") in wanted]
        names = {node: self.names[node] for node in self.inputs}
        return passing_lines(names, sources, checked, dict(self.dims), self.bind(needed, 1))

    def prologue(self, indent: int, below: Sequence[str], give: Callable[[str], str]) -> list[str]:
        """The lines that take the arguments: a call of that function, if they are checked.

        Parts of structures that the lines below do not read get a _.
        """
        structured = any(not parameter.argument.plain for parameter in self.parameters)
        used = words(below) if structured or not self.checked else set()
        if not self.checked:
            return self._as_given(indent, used, give)
        names = [
            name if each.argument.plain or name in used else f"_{name}"
            for each in self.parameters
            for name in each.variables
        ]
        if not names:
            return []
        call = f"_checked({', '.join(parameter.name for parameter in self.parameters)})"
        if self.arrays or structured or any(node.dtype.kind != "f" for node in self.inputs):
            return unpacked(names, call, indent)
        other = " or ".join(f"type({name}) is not float" for name in names)
        if len(other) + 4 * indent + 4 > WIDTH:
            return unpacked(names, call, indent)
        return [f"{INDENT * indent}if {other}:", *unpacked(names, call, indent + 1)]

    def _as_given(
        self, indent: int, used: Collection[str], give: Callable[[str], str]
    ) -> list[str]:
        """The lines that take the arguments without a check."""
        lines = []
        for parameter in self.parameters:
            lines += parameter.unpack(give, indent, used)
            for node, name in zip(parameter.nodes, parameter.variables, strict=True):
                lines += self.convert(node, name, name, indent) if name in used else []
        return lines


def array_type(node: Node) -> str:
    """The type of a value inside."""
    if node.shape:
        return "Array"
    return "float" if node.dtype.kind == "f" else "Any"


def result_type(node: Node) -> str:
    """The type of a result."""
    return "Array" if node.shape else SCALARS[node.dtype.kind]


def described(node: Node, name: str) -> str:
    """An argument for people: ``W1 (m, n)``, with its dtype if that is not float64."""
    shape = f" {format_shape(node.shape)}" if node.shape else ""
    dtype = "" if node.dtype == "float64" else f" {node.dtype}"
    return f"{name}{shape}{dtype}"


def _strings(items: Sequence[str]) -> str:
    return f"({', '.join(map(quoted, items))}{',' if len(items) == 1 else ''})"


def _numpy_name(dtype: DType) -> str:
    return "bool_" if dtype.kind == "b" else dtype.name
