"""Long lines of generated code: what they mean, how wide they are, and what a formatter says."""

import ast
import random
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen.layout import WIDTH, layout

NAMES = ["t1", "w6_bar", "C1", "a_rather_long_name", "d2_likelihood_d_log_scale_d_mean"]


def expression(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.25:
        return rng.choice(NAMES)
    a, b, name = expression(rng, depth - 1), expression(rng, depth - 1), rng.choice(NAMES)
    factors = [f"({text})" if {"+", "-"} & set(text) else text for text in (a, b)]
    return rng.choice(
        [
            f"np.exp({a})",
            f"{name}.dot({a})",
            f"np.outer({a}, {b})",
            f"({a} + {name}).T",
            f"{factors[0]} * {factors[1]}",
            f"{factors[0]} / {factors[1]}",
            f"{a} + {factors[1]}",
            f"{a} - {factors[1]}",
        ]
    )


def statements(seed: int, count: int) -> list[str]:
    """Statements somewhat too long for a line, as renamed variables make them."""
    rng, found = random.Random(seed), list[str]()
    while len(found) < count:
        text = f"{rng.choice(NAMES)}{rng.choice([' = ', ' += ', ' *= '])}{expression(rng, 4)}"
        if WIDTH - 6 < len(text) < WIDTH + 40 and "((" not in text:
            found.append(text)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_breaking_a_line_changes_neither_its_meaning_nor_what_a_formatter_makes_of_it(seed: int):
    lines = ["def f():"]
    for text in statements(seed, 200):
        broken = layout(text, 1)
        source = textwrap.dedent("\n".join(broken))
        assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(text)), source
        assert max(map(len, broken)) <= WIDTH, source
        lines += broken
    module = "\n".join([*lines, ""])
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    formatted = subprocess.run(command, input=module, capture_output=True, text=True, check=True)
    assert formatted.stdout == module


def test_a_long_sum_in_parentheses_is_no_tuple():
    weights = np.array([1.0, 2.0, -0.5])

    def contracted(*args):  # the names args_0, ... fill the line once buffers are renamed
        return np.sum(weights * np.logaddexp2(*args))

    x, y = np.array([0.1, 0.5, -1.0]), np.array([0.3, -0.2, 2.0])
    s = 1 / (1 + 2 ** (y - x))
    curved = np.diag(weights * np.log(2) * s * (1 - s))
    (xx, xy), (yx, yy) = gc.hessian(contracted, argnums=(0, 1))(x, y)
    for found, expected in [(xx, curved), (xy, -curved), (yx, -curved), (yy, curved)]:
        np.testing.assert_allclose(found, expected, rtol=1e-13)
