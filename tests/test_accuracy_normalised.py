"""logsumexp, softmax and log_softmax keep their digits, and warn of nothing (a warning is an error here)."""

from typing import Any

import mpmath
import numpy as np
import pytest

import graphcomp as gc

mp = mpmath.mp
inf, nan = np.inf, np.nan

#: The largest entry is about 0, and the others add little: log of their sum has no digits left.
NEAR_ZERO = [
    [0.0, -40.0],
    [0.0, -700.0],
    [0.0, -1e-17],
    [-1e-17, 0.0],
    [-1e-16, -37.0],
    [1e-9, -20.0],
    [0.001, -7.0],
    [-1e-5, -11.5],
    [0.0, -2.4, -30.0],
]
USUAL = [[0.3, -0.2, 0.1], [5.0, 5.0], [1000.0, -1000.0], [3e200, 1.0], [-750.0, -751.0]]
#: Entries, logsumexp, softmax.
SPECIAL: list[tuple[list[float], float, list[float]]] = [
    ([-inf, -inf], -inf, [0.5, 0.5]),
    ([inf, 0.0], inf, [1.0, 0.0]),
    ([inf, inf], inf, [0.5, 0.5]),
    ([inf, -inf], inf, [1.0, 0.0]),
    ([-inf, 0.0], 0.0, [0.0, 1.0]),
    ([nan, 0.0], nan, [nan, nan]),
    ([nan, -inf], nan, [nan, nan]),
]


def together(x: Any) -> tuple[np.ndarray, ...]:
    """All three of one array, from one generated function."""
    z = gc.array("z", np.shape(x), dtype=np.asarray(x).dtype.name)
    outputs = {
        "total": gc.logsumexp(z, axis=1),
        "shares": gc.softmax(z, axis=1),
        "logs": gc.log_softmax(z, axis=1),
    }
    return gc.Graph([z], outputs).compile("value")(x)


def alone(x: Any) -> tuple[np.ndarray, ...]:
    """Each from a function of its own."""
    z = gc.array("z", np.shape(x), dtype=np.asarray(x).dtype.name)
    functions = (gc.logsumexp, gc.softmax, gc.log_softmax)
    return tuple(gc.Graph([z], {"y": f(z, axis=1)}).compile("value")(x) for f in functions)


both = pytest.mark.parametrize("computed", [together, alone])


@both
@pytest.mark.parametrize("row", [*NEAR_ZERO, *USUAL], ids=str)
def test_digits(computed: Any, row: list[float]):
    """Beside a row that has none of these difficulties, too."""
    found = computed(np.array([row, [3.0] * len(row)]))
    with mp.workdps(400):
        total = mp.log(mp.fsum(mp.exp(mp.mpf(x)) for x in row))
        assert float(abs(found[0][0] - total)) <= 1e-12 * float(abs(total))
        for x, share, log in zip(row, found[1][0], found[2][0], strict=True):
            exact = mp.mpf(x) - total
            assert float(abs(share - mp.exp(exact))) <= 1e-12 * float(mp.exp(exact))
            assert float(abs(log - exact)) <= 1e-12 * float(abs(exact))


@both
@pytest.mark.parametrize(("row", "total", "shares"), SPECIAL, ids=str)
def test_infinities(computed: Any, row: list[float], total: float, shares: list[float]):
    found = computed(np.array([row, [0.0, -40.0]]))
    np.testing.assert_equal(found[0][0], total)
    np.testing.assert_equal(found[1][0], shares)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(found[2][0], np.log(shares), rtol=1e-15)
    assert found[0][1] == np.exp(-40.0)


@both
@pytest.mark.parametrize("shape", [(2, 0), (0, 2), (0, 0)])
def test_no_entries(computed: Any, shape: tuple[int, int]):
    total, shares, logs = computed(np.zeros(shape))
    assert total.tolist() == [-inf] * shape[0]
    assert shares.shape == logs.shape == shape


@both
def test_single_precision(computed: Any):
    found = computed(np.array([[0.0, -18.0], [1.0, 2.0]], np.float32))
    assert {part.dtype for part in found} == {np.dtype(np.float32)}
    assert found[0][0] == pytest.approx(np.exp(-18.0), rel=1e-6)
    assert found[2][0][0] == pytest.approx(-np.exp(-18.0), rel=1e-6)


@both
def test_a_row_does_not_depend_on_the_others(computed: Any):
    """Which way is taken is decided row by row: results are the same bits whatever the blocks."""
    rows = np.random.default_rng(0).standard_normal((50, 4)) * 3.0
    rows[::7] -= rows[::7].max(axis=1, keepdims=True)
    whole = computed(rows)
    for i, row in enumerate(rows):
        for one, part in zip(computed(row[None]), whole, strict=True):
            np.testing.assert_array_equal(one[0], part[i])
