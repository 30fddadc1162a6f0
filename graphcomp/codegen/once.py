"""Large functions of floats, written once: what may raise is called by a name that is passed in.

A small function is written twice: as one would write it by hand, which raises at the edge of a
domain, and with limits instead, for the rare call that gets there. For a large one that would be
twice the text to write, to keep and to compile, and nobody reads it. So its statements are written
once, in a function that takes `sin`, `exp`, ... as arguments: those of `math`, and at an edge the
ones that give limits. A call of a local name is even faster than one of `math.sin`; the price is a
test before each division. A function that returns another one (a vjp) is still written twice.

It stays one function, however many statements it has. Measured with CPython 3.11 on a chain of
sines and products, by the number of statements:

    statements    to compile, each    memory, each    to run, each
        10,000                9 us          3.9 KB           34 ns
       100,000               14 us          2.9 KB           39 ns
     1,000,000               15 us          2.7 KB           38 ns

So variables beyond the 256th and the 65,536th, which take longer instructions, cost next to
nothing, while parts would have to hand each other all that the adjoints read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from graphcomp.node import Node
from graphcomp.op import Form, Op

#: Functions of more nodes than this are written once.
LARGE = 2000

_CALL = re.compile(r"math\.(\w+)\(")


def is_large(order: Sequence[Node]) -> bool:
    """Whether these are so many; names do not count."""
    counted = (node for node in order if node.op.form is not Form.NAMED)
    return next(islice(counted, LARGE, None), None) is not None


def passed_functions(order: Iterable[Node]) -> list[str]:
    """The functions of `math` that some nodes call, and for which others give limits."""
    found: dict[str, None] = {}
    seen: set[Op] = set()
    for node in order:
        if node.op in seen or not node.args:
            continue
        if not node.params:
            seen.add(node.op)
        fast, careful = _template(node, ("math",)), _template(node, ("once", "limits"))
        found |= dict.fromkeys(name for name in _CALL.findall(fast) if f"_{name}(" in careful)
    return list(found)


def _template(node: Node, dialects: Iterable[str]) -> str:
    for dialect in dialects:
        spelling = node.op.spelling(dialect, len(node.args), node.params)
        if spelling is not None:
            return spelling.template
    return ""
