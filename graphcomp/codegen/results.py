"""How results leave a function: as Python numbers, and as arrays that are the caller's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from graphcomp.codegen.arguments import result_type
from graphcomp.codegen.block import Names
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.layout import layout, returned
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.plans import Tree, leaves
from graphcomp.node import Node
from graphcomp.op import ATOM

#: Results that stand in a return statement as they are.
_PLAIN = re.compile(r"-?[\w.]+(\(\w+\)|\.copy\(\))?\Z")
#: The longest type of a tuple that is written out.
_LONGEST = 44


class Results:
    """The results of a function.

    Args:
        outputs: their nodes, by key.
        context: what the module knows.
        names: of the function.
    """

    def __init__(self, outputs: Mapping[str, Node], context: Context, names: Names) -> None:
        self.outputs, self.context, self.names = outputs, context, names
        self.dims: set[str] = set()

    def reads(self, tree: Tree, pieces: Mapping[Node, Piece]) -> set[str]:
        """The variables that the results are made of."""
        return {name for key in leaves(tree) for name in pieces[self.outputs[key]].reads}

    def type_of(self, tree: Tree) -> str:
        """The type of an arrangement of results."""
        if isinstance(tree, str):
            return result_type(self.outputs[tree])
        if isinstance(tree, dict):
            kinds = {self.type_of(item) for item in tree.values()}
            return f"dict[str, {kinds.pop() if len(kinds) == 1 else 'Any'}]"
        items = [self.type_of(item) for item in tree]
        text = f"tuple[{', '.join(items)}]"
        if len(text) > _LONGEST:
            return f"tuple[{items[0] if len(set(items)) == 1 else 'Any'}, ...]"
        return text

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

        def shown(part: Tree) -> Tree:
            if isinstance(part, str):
                return self._result(self.outputs[part], pieces, own, shared)
            if isinstance(part, dict):
                return {key: shown(item) for key, item in part.items()}
            return tuple(shown(item) for item in part)

        texts = shown(tree)
        if isinstance(texts, dict):
            items = [f'"{key}": {text}' for key, text in texts.items()]
            return layout(f"return {{{', '.join(items)}}}", depth)
        lines = returned((texts, function) if function else texts, depth)
        if len(lines) == 1:
            return lines
        ahead: list[str] = []

        def named(part: Tree, keys: Tree) -> Tree:
            if not isinstance(part, str):
                return tuple(named(p, k) for p, k in zip(part, keys, strict=True))
            if _PLAIN.match(part):
                return part
            name = self.names.give(str(keys))
            ahead.extend(layout(f"{name} = {part}", depth))
            return name

        texts = named(texts, tree)
        return [*ahead, *returned((texts, function) if function else texts, depth)]

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
            if piece.number or not self.context.dialect.arrays:
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
