"""Bundle adjustment, from ADBench: reprojection errors and their 2 x 15 blocks of derivatives.

One column is one observation, its camera (rotation, centre, focal length, principal point,
radial distortion: 11 numbers), point and weight already looked up, as in ADBench's blocks.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case

TILE = 1024


def model(xp: Any) -> Any:
    """Errors of shape (2, n), as their user writes them."""

    def reprojection(cam: Any, X: Any, w: Any, feat: Any) -> Any:
        r0, r1, r2 = cam[0], cam[1], cam[2]
        p0, p1, p2 = X[0] - cam[3], X[1] - cam[4], X[2] - cam[5]
        square = r0**2 + r1**2 + r2**2
        theta = xp.sqrt(square)
        c, s = xp.cos(theta), xp.sin(theta)
        n0, n1, n2 = r0 / theta, r1 / theta, r2 / theta
        along = (n0 * p0 + n1 * p1 + n2 * p2) * (1.0 - c)
        y0 = p0 * c + (n1 * p2 - n2 * p1) * s + n0 * along
        y1 = p1 * c + (n2 * p0 - n0 * p2) * s + n1 * along
        y2 = p2 * c + (n0 * p1 - n1 * p0) * s + n2 * along
        u, v = y0 / y2, y1 / y2
        q = u**2 + v**2
        distortion = 1.0 + cam[9] * q + cam[10] * q**2
        e0 = w * (cam[6] * u * distortion + cam[7] - feat[0])
        e1 = w * (cam[6] * v * distortion + cam[8] - feat[1])
        return xp.stack([e0, e1])

    return reprojection


def expert(cam: Any, X: Any, w: Any, feat: Any) -> Any:
    """In tiles that stay in cache; each gradient is one pull through projection and rotation."""
    n = len(w)
    error = np.empty((2, n))
    cams, points, weights = np.empty((2, 11, n)), np.empty((2, 3, n)), np.empty((2, n))
    for start in range(0, n, TILE):
        part = slice(start, start + TILE)
        _tile(
            (cam[:, part], X[:, part], w[part], feat[:, part]),
            (error[:, part], cams[:, :, part], points[:, :, part], weights[:, part]),
        )
    return error, tuple((cams[i], points[i], weights[i]) for i in range(2))


def _tile(arguments: tuple[Any, ...], results: tuple[Any, ...]) -> None:
    """Rotation by c*P + A*(r x P) + B*(r . P)*r, A = sin(t)/t, B = (1 - cos(t))/t**2."""
    cam, X, w, feat = arguments
    error, cams, points, weights = results
    r, focal, k1, k2 = cam[:3], cam[6], cam[9], cam[10]
    P = X - cam[3:6]
    square = np.einsum("in,in->n", r, r)
    theta = np.sqrt(square)
    c = np.cos(theta)
    A = np.sin(theta)
    A /= theta
    B = (1.0 - c) / square
    dot = np.einsum("in,in->n", r, P)
    crossed = _cross(r, P)
    B_dot = B * dot
    y = c * P
    y += A * crossed
    y += B_dot * r
    inverse = 1.0 / y[2]
    uv = y[:2] * inverse
    u, v = uv
    q = u * u
    q += v * v
    distortion = (k2 * q + k1) * q
    distortion += 1.0
    # the derivative of the rotated point by r[j] is r[j]*S + A*(e_j x P) + B*(P[j]*r + dot*e_j)
    S = ((c - A) / square) * crossed
    S -= A * P
    S += ((A - 2.0 * B) / square * dot) * r
    np.multiply(uv, distortion, error)
    error *= focal
    error += cam[7:9]
    error -= feat
    weights[:] = error
    error *= w
    wf = w * focal
    straight = wf * distortion
    bend = (2.0 * wf) * (k1 + 2.0 * k2 * q)
    both = bend * u * v
    g = np.empty_like(y)
    wfq = wf * q
    for i in range(2):
        g[1 - i] = both
        np.multiply(bend, uv[i], g[i])
        g[i] *= uv[i]
        g[i] += straight
        g[2] = -(g[0] * u + g[1] * v)
        g *= inverse
        block, point = cams[i], points[i]
        rg_B = np.einsum("in,in->n", r, g) * B
        np.multiply(c, g, point)
        point += A * _cross(g, r)
        point += rg_B * r
        np.negative(point, block[3:6])
        turn = block[:3]
        np.multiply(A, _cross(P, g), turn)
        turn += r * np.einsum("in,in->n", g, S)
        turn += P * rg_B
        turn += B_dot * g
        np.multiply(uv[i], distortion, block[6])
        block[6] *= w
        block[7 + i] = w
        block[8 - i] = 0.0
        np.multiply(wfq, uv[i], block[9])
        np.multiply(block[9], q, block[10])


def _cross(a: Any, b: Any) -> Any:
    """The cross product of columns."""
    result = np.empty_like(a)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.multiply(a[j], b[k], result[i])
        result[i] -= a[k] * b[j]
    return result


def loop(cam: Any, X: Any, w: Any, feat: Any) -> Any:
    """One observation after the other, as a compiler of loops likes it."""
    n = len(w)
    error, weights = np.empty((2, n)), np.empty((2, n))
    cams, points = np.zeros((2, 11, n)), np.empty((2, 3, n))
    g = np.empty(3)
    uv = np.empty(2)
    for o in range(n):
        a, b, d = cam[0, o], cam[1, o], cam[2, o]
        p0, p1, p2 = X[0, o] - cam[3, o], X[1, o] - cam[4, o], X[2, o] - cam[5, o]
        square = a * a + b * b + d * d
        theta = math.sqrt(square)
        c = math.cos(theta)
        A, B = math.sin(theta) / theta, (1.0 - c) / square
        dot = a * p0 + b * p1 + d * p2
        x0, x1, x2 = b * p2 - d * p1, d * p0 - a * p2, a * p1 - b * p0
        y0, y1, y2 = c * p0 + A * x0, c * p1 + A * x1, c * p2 + A * x2
        inverse = 1.0 / (y2 + B * dot * d)
        uv[0], uv[1] = (y0 + B * dot * a) * inverse, (y1 + B * dot * b) * inverse
        q = uv[0] * uv[0] + uv[1] * uv[1]
        f, k1, k2 = cam[6, o], cam[9, o], cam[10, o]
        distortion = 1.0 + k1 * q + k2 * q * q
        A1, B1 = (c - A) / square, (A - 2.0 * B) / square * dot
        s0, s1, s2 = A1 * x0 - A * p0 + B1 * a, A1 * x1 - A * p1 + B1 * b, A1 * x2 - A * p2 + B1 * d
        bend = 2.0 * w[o] * f * (k1 + 2.0 * k2 * q)
        for i in range(2):
            weights[i, o] = f * uv[i] * distortion + cam[7 + i, o] - feat[i, o]
            error[i, o] = w[o] * weights[i, o]
            g[i] = (bend * uv[i] * uv[i] + w[o] * f * distortion) * inverse
            g[1 - i] = bend * uv[0] * uv[1] * inverse
            g[2] = -(g[0] * uv[0] + g[1] * uv[1])
            rg = B * (a * g[0] + b * g[1] + d * g[2])
            gs = g[0] * s0 + g[1] * s1 + g[2] * s2
            points[i, 0, o] = c * g[0] + A * (g[1] * d - g[2] * b) + rg * a
            points[i, 1, o] = c * g[1] + A * (g[2] * a - g[0] * d) + rg * b
            points[i, 2, o] = c * g[2] + A * (g[0] * b - g[1] * a) + rg * d
            cams[i, 0, o] = a * gs + A * (p1 * g[2] - p2 * g[1]) + rg * p0 + B * dot * g[0]
            cams[i, 1, o] = b * gs + A * (p2 * g[0] - p0 * g[2]) + rg * p1 + B * dot * g[1]
            cams[i, 2, o] = d * gs + A * (p0 * g[1] - p1 * g[0]) + rg * p2 + B * dot * g[2]
            for j in range(3):
                cams[i, 3 + j, o] = -points[i, j, o]
            cams[i, 6, o] = w[o] * uv[i] * distortion
            cams[i, 7 + i, o] = w[o]
            cams[i, 9, o] = w[o] * f * uv[i] * q
            cams[i, 10, o] = cams[i, 9, o] * q
    return error, ((cams[0], points[0], weights[0]), (cams[1], points[1], weights[1]))


def make(n: int) -> Case:
    """At random cameras and points."""
    rng = np.random.default_rng(0)
    scale = np.array([0.3, 0.3, 0.3, 1, 1, 1, 1, 1, 1, 0.05, 0.02])[:, None]
    shift = np.array([0, 0, 0, 0, 0, -8, 3, 0, 0, 0, 0])[:, None]
    arguments = {
        "cam": shift + scale * rng.standard_normal((11, n)),
        "X": rng.standard_normal((3, n)),
        "w": 0.5 + rng.random(n),
        "feat": rng.standard_normal((2, n)),
    }
    return Case(
        name=f"bundle adjustment, {n:,} observations",
        model=model,
        arguments=arguments,
        shapes={"cam": "11 n", "X": "3 n", "w": "n", "feat": "2 n"},
        wrt=("cam", "X", "w"),
        expert=expert,
        task="blocks",
        by_hand={"numba": loop},
    )


CASES = (partial(make, 300), partial(make, 30_000))
TINY = (partial(make, 4), partial(make, TILE + 3))
