"""Parameters of generated functions: arrays, or lists, tuples and dicts of arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from graphcomp.codegen.layout import layout, quoted, unpacked
from graphcomp.graph import Argument
from graphcomp.names import identifier
from graphcomp.node import Node
from graphcomp.trees import NOTHING, Structure

SCALARS = {"f": "float", "i": "int", "u": "int", "b": "bool"}
#: The longest type of a parameter that is written out.
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument as a parameter of a function.

    Attributes:
        argument: what it is in the graph.
        name: of the parameter.
        variables: the variables for its arrays; the parameter itself for one array.
        checked: whether anything is taken, and then checked and converted.
    """

    argument: Argument
    name: str
    variables: tuple[str, ...]
    checked: bool = True

    @classmethod
    def of(
        cls, argument: Argument, give: Callable[[str], str], *, checked: bool = True
    ) -> Parameter:
        """A parameter with the names that `give` makes of those wanted."""
        if argument.plain:
            name = give(argument.leaves[0])
            return cls(argument, name, (name,), checked)
        name = give(argument.name)
        return cls(argument, name, tuple([give(leaf) for leaf in argument.leaves]), checked)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The arrays."""
        return self.argument.nodes

    @property
    def titles(self) -> list[str]:
        """What messages call the arrays: ``Ws[0]``."""
        return list(self.argument.structure.titles(self.name))

    @property
    def type(self) -> str:
        """The type, as an annotation."""
        types = (parameter_type(node, checked=self.checked) for node in self.nodes)
        return _annotation(self.argument.structure, types)

    def annotated(self) -> str:
        """The parameter with its type."""
        return f"{self.name}: {self.type}"

    def flat(self, *, converted: bool = False) -> list[str]:
        """A parameter for each of its arrays, with its type; `converted`: arrays are arrays already."""
        pairs = zip(self.variables, self.nodes, strict=True)
        checked = self.checked and not converted
        return [f"{name}: {parameter_type(node, checked=checked)}" for name, node in pairs]

    def unpack(
        self, give: Callable[[str], str], indent: int, used: Collection[str] | None = None
    ) -> list[str]:
        """The lines that take it apart; none for one array.

        What is not checked is taken apart into the variables that are used only.
        """
        structure, variables = self.argument.structure, iter(self.variables)
        if self.checked:
            return _unpack(structure, self.name, self.name, variables, give, indent)
        names = [name if used is None or name in used else "" for name in variables]
        return _unpack_as_given(structure, self.name, names, give, indent)

    def packed(self) -> str:
        """An expression that puts its arrays together again."""
        return packed(self.argument.structure, iter(self.variables))


def parameter_type(node: Node, *, checked: bool = True) -> str:
    """The type of one array or number as an argument; if that is not checked, it must be right."""
    if not checked:
        return "Array" if node.shape else "float" if node.dtype == "float64" else "Any"
    return "ArrayLike" if node.shape else SCALARS[node.dtype.kind]


def key_source(key: object) -> str:
    """A key of a dict as source."""
    return quoted(key) if isinstance(key, str) else repr(key)


def key_type(keys: Sequence[object]) -> str:
    """The type of the keys of a dict."""
    kinds = {type(key).__name__ for key in keys}
    return kinds.pop() if len(kinds) == 1 else "Any"


def packed(structure: Structure, texts: Iterator[str]) -> str:
    """A structure of expressions as an expression; named tuples as tuples."""
    if structure.kind is None:
        return next(texts)
    if structure == NOTHING:
        return "None"
    parts = [packed(part, texts) for part in structure.parts]
    if structure.kind is dict:
        pairs = zip(structure.keys, parts, strict=True)
        return "{" + ", ".join(f"{key_source(key)}: {part}" for key, part in pairs) + "}"
    if structure.kind is list:
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _annotation(structure: Structure, types: Iterator[str]) -> str:
    if structure.kind is None:
        return next(types)
    if structure == NOTHING:
        return "None"
    parts = [_annotation(part, types) for part in structure.parts]
    common = _common(parts)
    if structure.kind is dict:
        key = key_type(structure.keys)
        text = f"Mapping[{key}, {common}]"
        return text if len(text) <= _LONGEST else f"Mapping[{key}, Any]"
    if common == "Any" and structure.kind is not list and parts:
        text = f"tuple[{', '.join(parts)}]"
        return text if len(text) <= _LONGEST else "tuple[Any, ...]"
    text = f"Sequence[{common}]"
    return text if len(text) <= _LONGEST else "Sequence[Any]"


def _common(types: Sequence[str]) -> str:
    """One type for values of several."""
    kinds = set(types)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds and kinds <= {"ArrayLike", *SCALARS.values()}:
        return "ArrayLike" if "ArrayLike" in kinds else "float"
    return "Any"


def _unpack(
    structure: Structure,
    value: str,
    title: str,
    variables: Iterator[str],
    give: Callable[[str], str],
    indent: int,
) -> list[str]:
    """The lines that take a value apart, from the outside to the inside."""
    if structure.kind is None or structure == NOTHING:
        return []
    targets, below = [], []
    keys = zip(structure.names(), structure.accesses(), structure.parts, strict=True)
    for key, access, part in keys:
        inner = f"{title}{access}"
        if part.kind is None:
            targets.append(next(variables))
        elif part == NOTHING:
            targets.append(give(f"_{identifier(f'{value}_{key}')}"))
        else:
            targets.append(give(identifier(f"{value}_{key}")))
            below += _unpack(part, targets[-1], inner, variables, give, indent)
    if structure.kind is dict:
        shown = ", ".join(map(key_source, structure.keys))
        listed = f"({shown}{',' if len(structure.keys) == 1 else ''})"
        call = f"_entries({quoted(title)}, {value}, {listed})"
    else:
        call = f"_items({quoted(title)}, {value}, {len(targets)})"
    if not targets:
        return layout(call, indent)
    if len(targets) == 1:
        return [*layout(f"({targets[0]},) = {call}", indent), *below]
    return [*unpacked(targets, call, indent), *below]


def _unpack_as_given(
    structure: Structure,
    value: str,
    variables: Sequence[str],
    give: Callable[[str], str],
    indent: int,
) -> list[str]:
    """The lines that take a value apart that is as it should be; an empty variable is not needed."""
    if structure.kind is None or not any(variables):
        return []
    targets, below, start = [], [], 0
    for key, part in zip(structure.names(), structure.parts, strict=True):
        own = variables[start : start + part.count]
        start += part.count
        if part.kind is None or not any(own):
            targets.append("".join(own))
        else:
            targets.append(give(identifier(f"{value}_{key}")))
            below += _unpack_as_given(part, targets[-1], own, give, indent)
    if structure.kind is dict:
        entries = zip(targets, structure.keys, strict=True)
        lines = [f"{target} = {value}[{key_source(key)}]" for target, key in entries if target]
        return [*(text for line in lines for text in layout(line, indent)), *below]
    shown = [target or "_" for target in targets]
    if len(shown) == 1:
        return [*layout(f"({shown[0]},) = {value}", indent), *below]
    return [*unpacked(shown, value, indent), *below]
