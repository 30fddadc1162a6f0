"""How results leave a function: as Python numbers, and as arrays that are the caller's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from graphcomp.codegen.arguments import result_type
from graphcomp.codegen.block import Names
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.layout import Call, layout, returned
from graphcomp.codegen.loop_signature import is_float
from graphcomp.codegen.parameters import key_source
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.plans import Tree, leaves
from graphcomp.codegen.records import Records
from graphcomp.codegen.regions import PART, Region
from graphcomp.node import Node
from graphcomp.op import ATOM

#: Results that stand in a return statement as they are.
_PLAIN = re.compile(r"-?[\w.]+(\(\w+\)|\.copy\(\))?\Z")


class Results:
    """The results of a function.

    Args:
        outputs: their nodes, by key.
        context: what the module knows.
        names: of the function.
        records: the named tuples.
    """

    def __init__(
        self, outputs: Mapping[str, Node], context: Context, names: Names, records: Records
    ) -> None:
        self.outputs, self.context, self.names = outputs, context, names
        self.records = records
        self.dims: set[str] = set()

    def reads(self, tree: Tree, pieces: Mapping[Node, Piece]) -> set[str]:
        """The variables that the results are made of."""
        return {name for key in leaves(tree) for name in pieces[self.outputs[key]].reads}

    def type_of(self, tree: Tree) -> str:
        """The type of an arrangement of results."""
        return self.records.type_of(tree, self.outputs)

    def statement(
        self,
        tree: Tree,
        pieces: Mapping[Node, Piece],
        own: Collection[str],
        captured: Collection[str],
        depth: int,
        function: str = "",
    ) -> list[str]:
        """The return statement; results that do not fit into it get lines of their own.

        Args:
            tree: the arrangement.
            pieces: the values of the nodes.
            own: variables that the function made.
            captured: variables that a function which it returns reads.
            depth: of the indentation.
            function: the name of a function that is returned behind the results.
        """
        shared = {*captured, *self._given_twice(tree, pieces)}

        written = {
            key: self._result(self.outputs[key], pieces, own, shared) for key in leaves(tree)
        }
        texts = self._shown(tree, written.__getitem__)
        if isinstance(texts, dict) and all(isinstance(item, str) for item in texts.values()):
            items = [f"{key_source(key)}: {text}" for key, text in texts.items()]
            if not function:
                return layout(f"return {{{', '.join(items)}}}", depth)
        lines = returned((texts, function) if function else texts, depth)
        if len(lines) == 1:
            return lines
        ahead: list[str] = []

        def named(key: str) -> str:
            if _PLAIN.match(written[key]):
                return written[key]
            name = self.names.give(key)
            ahead.extend(layout(f"{name} = {written[key]}", depth))
            return name

        texts = self._shown(tree, named)
        return [*ahead, *returned((texts, function) if function else texts, depth)]

    def _shown(self, tree: Tree, text: Callable[[str], str]) -> Any:
        """The arrangement with a text for each key."""
        if tree is None:
            return None
        if isinstance(tree, str):
            return text(tree)
        if isinstance(tree, dict):
            return {key: self._shown(item, text) for key, item in tree.items()}
        items = [self._shown(item, text) for item in tree]
        if isinstance(tree, list):
            return items
        if hasattr(tree, "_fields"):
            return Call(self.records.names[type(tree)], tree._fields, items)
        return tuple(items)

    def _given_twice(self, tree: Tree, pieces: Mapping[Node, Piece]) -> set[str]:
        """The variables whose memory several results would share."""
        given: dict[str, int] = {}
        for key in leaves(tree):
            for root in pieces[self.outputs[key]].roots:
                given[root] = given.get(root, 0) + 1
        return {name for name, count in given.items() if count > 1}

    def _result(
        self,
        node: Node,
        pieces: Mapping[Node, Piece],
        own: Collection[str],
        shared: Collection[str],
    ) -> str:
        piece = pieces[node]
        if node.shape == ():
            literal = piece.number and not piece.reads
            if literal or _is_compiled(node, piece) or not self.context.dialect.arrays:
                return piece.text
            return f"{result_type(node)}({piece.text})"
        if piece.shape != node.shape:
            return self._filled(node, piece)
        exclusive = piece.roots <= set(own) and not piece.roots & set(shared) and not piece.frozen
        return piece.text if exclusive else f"{piece.at_least(ATOM)}.copy()"

    def _filled(self, node: Node, piece: Piece) -> str:
        """A value that was not broadcast yet."""
        shape, dims = self.context.shape(node.shape)
        self.dims |= dims
        dtype = "" if node.dtype == "float64" else f", np.{node.dtype}"
        if piece.shape != ():
            return f"np.broadcast_to({piece.text}, {shape}).copy()"
        number = node.constant
        if number is not None and str(number) in {"0.0", "1.0"}:
            return f"np.{'ones' if number else 'zeros'}({shape}{dtype})"
        return f"np.full({shape}, {piece.text}{dtype})"


def _is_compiled(node: Node, piece: Piece) -> bool:
    """Whether compiled code returns it, as a float of Python."""
    if node.op is not PART or not piece.number or not is_float(node):
        return False
    region = node.args[0].param("region")
    return not isinstance(region, Region) or region.plain
