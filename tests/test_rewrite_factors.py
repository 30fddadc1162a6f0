"""Numbers go to the value that several products with them share; values keep every bit."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.evaluate import evaluate
from graphcomp.node import Node
from graphcomp.ops.arithmetic import MUL
from graphcomp.rewrite import Report, factors_at_source, simplify
from graphcomp.traversal import topological

X, Y, Z = (gc.array(name, "n") for name in "xyz")
S = gc.sin(X)


def moved(nodes: list[Node]) -> tuple[list[Node], list[Node], Report]:
    """Nodes in normal form, what they become, and the report."""
    before, report = simplify(nodes), Report()
    found = factors_at_source(topological(before), before, report)
    return before, [found.get(node, node) for node in before], report


def products_with_numbers(nodes: list[Node]) -> int:
    order = topological(nodes)
    return sum(n.op is MUL and n.args[0].constant is not None for n in order)


#: Nodes, and how many products with numbers there are before and after.
TABLE = {
    "one value in three products": ([2 * (S * Y), 2 * (S * Z), 2 * S], 3, 1),
    "with signs, in sums": ([2 * (S * Y) + Z, Z - 2 * (S * Z)], 2, 1),
    "further inside": ([2 * (Y * (Z * S)), 2 * (Y / Z * S) + 1.0], 2, 1),
    "in quotients": ([2 * (S / Y), 2 * (S / Z)], 2, 1),
    "through a value that only they read": ([0.5 * (X * Y * Z), 0.5 * (X * Y / Z)], 2, 1),
    "into a number": ([2 * (0.5 / X * Y), 2 * (0.5 / X * Z)], 2, 0),
    "through two values": ([2 * (S * X * Y), 2 * (S * X * Z), 2 * S + X], 3, 1),
    "into one of a kind": ([2 * (S * Y), 2 * (S * Z), 4 * (S * gc.cos(Y))], 3, 2),
    "of what is read elsewhere too": ([2 * (S * Y), 2 * (S * Z), gc.exp(S)], 2, 1),
}


@pytest.mark.parametrize(("nodes", "count", "left"), TABLE.values(), ids=TABLE)
def test_numbers_go_to_what_is_shared(nodes: list[Node], count: int, left: int):
    before, after, report = moved(nodes)
    assert products_with_numbers(before) == count
    assert products_with_numbers(after) == left
    assert report.counts["factors"]["factors_at_source"] >= 1


@pytest.mark.parametrize(
    "nodes",
    [
        [2 * (S * Y)],
        [2 * (S * Y), 4 * (S * Z)],
        [3 * (S * Y), 3 * (S * Z)],
        [1024 * (S * Y), 1024 * (S * Z)],
        [gc.exp(-2 * (S * Y)), gc.exp(-2 * (S * Z))],
        [2 * (S * S * Y)],
        [S * Y, S * Z],
    ],
    ids=["single", "different", "rounded", "large", "sign to be paid", "square", "no number"],
)
def test_what_stays(nodes: list[Node]):
    before, after, report = moved(nodes)
    assert after == before
    assert report.counts == {}


@pytest.mark.parametrize("seed", range(30))
def test_values_keep_every_bit(seed: int):
    rng = np.random.default_rng(seed)
    pool = [X, Y, Z, S]
    for _ in range(40):
        a, b = (pool[i] for i in rng.integers(max(0, len(pool) - 8), len(pool), 2))
        number = rng.choice([1.0, 2.0, -2.0, 0.5, 3.0, -0.25, 4.0])
        made = [number * (a * b), number * (a / (2 + gc.cos(b))), number * a - b, a + number * b]
        pool.append(made[rng.integers(4)])
    before, after, _ = moved(pool[-6:])
    arrays = {node: rng.uniform(0.5, 1.5, 20) for node in (X, Y, Z)}
    with np.errstate(all="ignore"):
        old, new = (evaluate(nodes, arrays, {"n": 20}) for nodes in (before, after))
    for one, other in zip(before, after, strict=True):
        scale = np.abs(old[one])
        kept = (scale < 1e250) & (scale > 1e-250)
        np.testing.assert_array_equal(new[other][kept], old[one][kept])


def test_long_products_and_many_of_them_take_linear_time():
    product = S
    for _ in range(20_000):
        product = product * Y
    sums: Node = X
    for i in range(5_000):
        sums = sums + 2.0 * (S * gc.array(f"x{i}", "n"))
    _, after, report = moved([2.0 * product, sums])
    assert products_with_numbers(after) == 1
    assert report.counts == {"factors": {"factors_at_source": 1}}


def test_generated_code_has_them_in_the_shared_value():
    def f(x, y):
        s = gc.sin(x) * 2.0
        return gc.sum(s * y) + gc.sum(s * gc.exp(y) * y)

    source = gc.from_function(f, shapes={"x": "n", "y": "n"}).compile("value_and_grad").source
    assert source.count("_2 * ") <= 2
