"""Graphs to draw, and drawings read back."""

import html
import re
from collections import defaultdict
from typing import Any

import pygraphviz

import graphcomp as gc
from graphcomp.graph import GraphData

AT = {"x": 1, "a": 2}
POINT = {
    "x": [1, 2],
    "W1": [[1, -1], [2, 1], [-1, 1]],
    "W2": [[1, 0.5, -1], [0, 1, 2]],
    "y": [0, 5],
}


def sigmoid() -> GraphData:
    x, a = gc.scalars("x a")
    return GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")


def named_sigmoid() -> GraphData:
    x, a = gc.scalars("x a")
    w3 = gc.let("w3", -x * a)
    w4 = gc.let("w4", 1 + gc.exp(w3))
    return GraphData([x, a], {"y": gc.let("y", 1 / w4)}, name="sigmoid")


def fan_out() -> GraphData:
    x1, x2 = gc.scalars("x1 x2")
    return GraphData([x1, x2], {"y": x1 * x2 + gc.sin(x1)})


def mlp_loss() -> GraphData:
    x = gc.array("x", "n")
    with gc.scope("layer1"):
        W1 = gc.array("W1", "k n")
        z = gc.let("z", W1 @ x)
        h = gc.let("h", gc.relu(z))
    with gc.scope("layer2"):
        W2 = gc.array("W2", "m k")
        p = gc.let("p", W2 @ h)
    with gc.scope("loss"):
        y = gc.array("y", "m")
        r = gc.let("r", p - y)
        L = gc.let("L", 0.5 * (r**2).sum())
    return GraphData([x, W1, W2, y], {"L": L}, name="loss")


def layers(count: int, width: int) -> GraphData:
    """In the scope net, `count` scopes of `width` steps and one parameter; one step outside."""
    x = gc.scalar("x")
    inputs, h = [x], x
    with gc.scope("net"):
        for i in range(count):
            with gc.scope(f"layer{i + 1}"):
                weight = gc.scalar(f"p{i + 1}")
                inputs.append(weight)
                for _ in range(width):
                    h = gc.sin(h * weight)
    return GraphData(inputs, {"y": gc.exp(h)}, name="net")


def chain(length: int) -> GraphData:
    x = y = gc.scalar("x")
    for _ in range(length):
        y = gc.sin(y)
    return GraphData([x], {"y": y}, name="chain")


class Drawn:
    """A drawing, as Graphviz reads it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.graph = pygraphviz.AGraph(string=source)
        self.nodes: dict[str, dict[str, Any]] = {
            str(node): defaultdict(str, node.attr) for node in self.graph.nodes()
        }
        self.forward = self._edges("fwd")
        self.reverse = self._edges("rev")

    def _edges(self, kind: str) -> dict[tuple[str, str], dict[str, Any]]:
        return {
            (str(edge[0]), str(edge[1])): defaultdict(str, edge.attr)
            for edge in self.graph.edges()
            if edge.attr["class"] == kind
        }

    def lines(self, node: str) -> list[str]:
        """The lines of text in a vertex."""
        return lines(self.nodes[node]["label"])

    def label(self, tail: str, head: str, *, back: bool = False) -> list[str]:
        """The lines of text at an arrow."""
        return lines((self.reverse if back else self.forward)[tail, head]["label"])

    def bold(self, node: str) -> list[str]:
        """The lines that are bold."""
        return [html.unescape(t) for t in re.findall(r"<B>(.*?)</B>", self.nodes[node]["label"])]

    def colours(self, node: str) -> list[str]:
        """The colours of the lines that have one."""
        return re.findall(r'COLOR="(.*?)"', self.nodes[node]["label"])

    @property
    def heading(self) -> list[str]:
        """The lines above the drawing."""
        return lines(self.graph.graph_attr["label"])

    @property
    def clusters(self) -> dict[str, list[str]]:
        """The vertices in each scope, by its label; those of inner scopes too."""
        found: dict[str, list[str]] = {}
        stack = list(self.graph.subgraphs())
        while stack:
            cluster = stack.pop()
            stack.extend(cluster.subgraphs())
            if (cluster.name or "").startswith("cluster"):
                label = "".join(lines(f"<TD>{cluster.graph_attr['label']}</TD>"))
                found[label] = sorted(str(node) for node in cluster.nodes())
        return found


def lines(label: str) -> list[str]:
    """The lines of text in a label."""
    cells = re.findall(r"<TD[^>]*>(.*?)</TD>", label)
    texts = [html.unescape(re.sub(r"<[^>]*>", "", cell)) for cell in cells]
    return [text for text in texts if text]
