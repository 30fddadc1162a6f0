"""The types of results; named tuples among them become classes of the module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from graphcomp.codegen.arguments import result_type
from graphcomp.codegen.parameters import key_type
from graphcomp.codegen.plans import Plan, Tree
from graphcomp.node import Node

#: The longest type of a tuple that is written out.
_LONGEST = 44


class Records:
    """The classes of the named tuples that the functions of some plans return.

    Args:
        plans: of the functions.
        give: makes a name that is not taken.
    """

    def __init__(self, plans: Iterable[Plan], give: Callable[[str], str]) -> None:
        self.names: dict[type, str] = {}
        self._fields: dict[type, list[set[str]]] = {}
        for plan in plans:
            for tree in (plan.values, plan.inner):
                for record in _records(tree):
                    kind = type(record)
                    if kind not in self.names:
                        self.names[kind] = give(kind.__name__)
                    fields = self._fields.setdefault(kind, [set() for _ in record])
                    for types, part in zip(fields, record, strict=True):
                        types.add(self.type_of(part, plan.outputs))

    def lines(self) -> list[str]:
        """The classes as source."""
        lines: list[str] = []
        for kind, name in self.names.items():
            fields: Sequence[str] = getattr(kind, "_fields", ())
            lines += ["", "", f"class {name}(NamedTuple):"]
            lines.append(f'    """{name}({", ".join(fields)}), as in the function."""')
            lines.append("")
            for field, types in zip(fields, self._fields[kind], strict=True):
                lines.append(f"    {field}: {min(types) if len(types) == 1 else 'Any'}")
        return lines

    def type_of(self, tree: Tree, outputs: Mapping[str, Node]) -> str:
        """The type of an arrangement of results."""
        if tree is None:
            return "None"
        if isinstance(tree, str):
            return result_type(outputs[tree])
        if isinstance(tree, dict):
            common = _common([self.type_of(item, outputs) for item in tree.values()])
            return f"dict[{key_type(tuple(tree))}, {common}]"
        items = [self.type_of(item, outputs) for item in tree]
        if isinstance(tree, list):
            return f"list[{_common(items)}]"
        if hasattr(tree, "_fields"):
            return self.names[type(tree)]
        text = f"tuple[{', '.join(items)}]"
        if len(text) > _LONGEST:
            return f"tuple[{_common(items)}, ...]"
        return text


def _common(types: Sequence[str]) -> str:
    return types[0] if len(set(types)) == 1 else "Any"


def _records(tree: Tree) -> Iterator[tuple[Tree, ...]]:
    """The named tuples in an arrangement, those inside first."""
    if tree is None or isinstance(tree, str):
        return
    for item in tree.values() if isinstance(tree, dict) else tree:
        yield from _records(item)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        yield tree
