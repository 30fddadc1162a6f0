"""The log-likelihood of a Gaussian mixture, from ADBench, by all parameters.

The k-th precision factor is lower triangular, with exp(q[k]) on its diagonal and the lower
triangle of L[k] below. Constants and the prior's degrees of freedom, 0 in ADBench, are left out.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case

TILE_ENTRIES = 65_536  # of rows times components times dimensions
GAMMA = 1.0


def model(xp: Any) -> Any:
    """The objective, as its user writes it: every row with every component."""

    def likelihood(alphas: Any, means: Any, q: Any, L: Any, x: Any) -> Any:
        lower = xp.tril(L, -1)
        apart = x[:, None, :] - means
        z = xp.exp(q) * apart + xp.einsum("kij,nkj->nki", lower, apart)
        terms = alphas + xp.sum(q, axis=1) - 0.5 * xp.sum(z**2, axis=2)
        fit = xp.sum(xp.logsumexp(terms, axis=1) - xp.logsumexp(alphas, axis=0))
        prior = 0.5 * GAMMA**2 * (xp.sum(xp.exp(2.0 * q)) + xp.sum(lower**2))
        return fit - prior

    return likelihood


def expert(alphas: Any, means: Any, q: Any, L: Any, x: Any) -> Any:
    """All components at once in two products a tile of rows; no array of all n*k*d entries.

    With factors Q, z = Q (x - mean) = Q x - Q mean, and the gradient by Q is a product of
    weighted z with x, once the means' part is taken off.
    """
    n, d = x.shape
    k = len(alphas)
    diagonal = np.exp(q)
    Q = np.tril(L, -1)
    lower_squares = np.vdot(Q, Q)
    Q[:, range(d), range(d)] = diagonal
    flat = Q.reshape(k * d, d)
    centres = np.matmul(Q, means[:, :, None]).reshape(k * d)
    offsets = alphas + q.sum(axis=1)
    tile = max(1, TILE_ENTRIES // (k * d))
    scratch = np.empty((min(tile, n), k * d))
    total = 0.0
    weight = np.zeros(k)
    z_sum = np.zeros((k, d))
    Q_bar = np.zeros((k * d, d))
    for start in range(0, n, tile):
        rows = x[start : start + tile]
        z = scratch[: len(rows)]
        np.dot(rows, flat.T, z)
        z -= centres
        blocks = z.reshape(len(rows), k, d)
        terms = np.einsum("nkd,nkd->nk", blocks, blocks)
        terms *= -0.5
        terms += offsets
        top = terms.max(axis=1, keepdims=True)
        terms -= top
        np.exp(terms, terms)
        sums = np.add.reduce(terms, 1, keepdims=True)
        terms /= sums
        total += np.add.reduce(np.log(sums), None) + np.add.reduce(top, None)
        weight += np.add.reduce(terms, 0)
        blocks *= terms[:, :, None]
        z_sum += np.add.reduce(blocks, 0)
        Q_bar -= z.T.dot(rows)
    top = alphas.max()
    shares = np.exp(alphas - top)
    size = shares.sum()
    value = total - n * (top + np.log(size))
    value -= 0.5 * GAMMA**2 * (np.vdot(diagonal, diagonal) + lower_squares)
    means_bar = np.matmul(z_sum[:, None, :], Q)[:, 0, :]
    L_bar = Q_bar.reshape(k, d, d)
    L_bar += z_sum[:, :, None] * means[:, None, :]
    L_bar -= GAMMA**2 * Q
    q_bar = np.einsum("kii->ki", L_bar) * diagonal + weight[:, None]
    alphas_bar = weight - shares * (n / size)
    return float(value), (alphas_bar, means_bar, q_bar, np.tril(L_bar, -1))


def loop(alphas: Any, means: Any, q: Any, L: Any, x: Any) -> Any:
    """One row after the other, as a compiler of loops likes it."""
    n, d = x.shape
    k = len(alphas)
    diagonal = np.exp(q)
    offsets = alphas + q.sum(axis=1)
    alphas_bar, means_bar = np.zeros(k), np.zeros((k, d))
    q_bar, L_bar = np.zeros((k, d)), np.zeros((k, d, d))
    apart, z, terms = np.empty((k, d)), np.empty((k, d)), np.empty(k)
    total = 0.0
    for row in range(n):
        for c in range(k):
            square = 0.0
            for i in range(d):
                apart[c, i] = x[row, i] - means[c, i]
                entry = diagonal[c, i] * apart[c, i]
                for j in range(i):
                    entry += L[c, i, j] * apart[c, j]
                z[c, i] = entry
                square += entry * entry
            terms[c] = offsets[c] - 0.5 * square
        top = terms.max()
        size = 0.0
        for c in range(k):
            terms[c] = np.exp(terms[c] - top)
            size += terms[c]
        total += top + np.log(size)
        for c in range(k):
            weight = terms[c] / size
            alphas_bar[c] += weight
            for i in range(d):
                pull = weight * z[c, i]
                means_bar[c, i] += pull * diagonal[c, i]
                q_bar[c, i] -= pull * diagonal[c, i] * apart[c, i]
                for j in range(i):
                    means_bar[c, j] += pull * L[c, i, j]
                    L_bar[c, i, j] -= pull * apart[c, j]
    top = alphas.max()
    shares = np.exp(alphas - top)
    size = shares.sum()
    total -= n * (top + np.log(size))
    for c in range(k):
        for i in range(d):
            q_bar[c, i] += alphas_bar[c] - GAMMA**2 * diagonal[c, i] ** 2
            total -= 0.5 * GAMMA**2 * diagonal[c, i] ** 2
            for j in range(i):
                L_bar[c, i, j] -= GAMMA**2 * L[c, i, j]
                total -= 0.5 * GAMMA**2 * L[c, i, j] ** 2
    return total, (alphas_bar - shares * (n / size), means_bar, q_bar, L_bar)


def make(d: int, k: int, n: int) -> Case:
    """At random parameters."""
    rng = np.random.default_rng(0)
    arguments = {
        "alphas": rng.standard_normal(k),
        "means": rng.random((k, d)),
        "q": 0.3 * rng.standard_normal((k, d)),
        "L": 0.3 * rng.standard_normal((k, d, d)),
        "x": rng.standard_normal((n, d)),
    }
    return Case(
        name=f"Gaussian mixture, d = {d}, k = {k}, n = {n:,}",
        model=model,
        arguments=arguments,
        shapes={"alphas": "k", "means": "k d", "q": "k d", "L": "k d d", "x": "n d"},
        wrt=("alphas", "means", "q", "L"),
        expert=expert,
        by_hand={"numba": loop},
        left_out={"casadi": "no arrays of three axes"},
    )


CASES = (
    partial(make, 10, 25, 1_000),
    partial(make, 10, 25, 10_000),
    partial(make, 32, 50, 10_000),
)
TINY = (partial(make, 2, 3, 5),)
