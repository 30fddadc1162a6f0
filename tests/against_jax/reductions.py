"""Reductions, statistics, running sums, differences."""

from __future__ import annotations

from tests.against_jax.cases import case, positive, real, spread

REDUCTIONS = [
    case("sum", lambda xp, x: xp.sum(x**2), real(2, 3)),
    case("sum axis", lambda xp, x: xp.sum(x**2, axis=0), real(2, 3)),
    case("sum axes", lambda xp, x: xp.sum(x**3, axis=(0, 2)), real(2, 3, 2)),
    case("sum keepdims", lambda xp, x: x * xp.sum(x, axis=-1, keepdims=True), real(2, 3)),
    case("mean", lambda xp, x: xp.mean(x) * x, real(2, 3)),
    case("mean axes", lambda xp, x: xp.mean(xp.exp(x), axis=(1, 2)), real(2, 3, 2)),
    case("mean keepdims", lambda xp, x: (x - x.mean(axis=1, keepdims=True)) ** 3, real(2, 3)),
    case("prod", lambda xp, x: xp.prod(x), real(5)),
    case("prod axis", lambda xp, x: xp.prod(x, axis=1), real(2, 4)),
    case("prod axes", lambda xp, x: xp.prod(x, axis=(0, 2), keepdims=True), real(2, 3, 2)),
    case("max", lambda xp, x: xp.max(x) ** 2, spread(5)),
    case("max axis", lambda xp, x: xp.max(x, axis=1) * xp.sum(x), spread(2, 4)),
    case("max axes", lambda xp, x: xp.max(x, axis=(0, 2), keepdims=True) * x, spread(2, 3, 2)),
    case("min", lambda xp, x: xp.exp(xp.min(x)), spread(5)),
    case("min axis", lambda xp, x: x / (3 + xp.min(x, axis=0)), spread(3, 4)),
    case("min axes", lambda xp, x: xp.min(x, axis=(1, 2)) ** 3, spread(2, 3, 2)),
    case("ptp", lambda xp, x: xp.ptp(x, axis=1) ** 2, spread(2, 4)),
    case("ptp keepdims", lambda xp, x: x / xp.ptp(x, axis=0, keepdims=True), spread(3, 2)),
    case("all entries of methods", lambda xp, x: x.sum() * x.max() + x.prod(), spread(4)),
]

STATISTICS = [
    case("var", lambda xp, x: xp.var(x), real(5)),
    case("var axis", lambda xp, x: xp.var(x, axis=0), real(3, 2)),
    case("var ddof", lambda xp, x: xp.var(x, axis=1, ddof=1), real(2, 4)),
    case("var axes", lambda xp, x: xp.var(x, axis=(0, 2), keepdims=True), real(2, 3, 2)),
    case("std", lambda xp, x: xp.std(x), real(5)),
    case("std ddof", lambda xp, x: xp.std(x, axis=1, ddof=1), real(2, 4)),
    case("std axes", lambda xp, x: x / xp.std(x, axis=(0, 1), keepdims=True), real(2, 3)),
    case("median odd", lambda xp, x: xp.median(x) ** 2, spread(5)),
    case("median even", lambda xp, x: xp.median(x, axis=1) * x[:, 0], spread(2, 4)),
    case("average", lambda xp, x: xp.average(x, axis=0) ** 2, real(3, 2)),
    case("average weighted", lambda xp, x, w: xp.average(x, weights=w), real(5), positive(5)),
    case(
        "average of rows weighted",
        lambda xp, x, w: xp.average(x, axis=1, weights=w),
        real(2, 4),
        positive(4),
    ),
    case("nansum", lambda xp, x: xp.nansum(x**2, axis=0), real(3, 2)),
    case("nanmean", lambda xp, x: xp.nanmean(x**3, axis=1), real(2, 3)),
    case("norm", lambda xp, x: xp.linalg.norm(x), real(4)),
    case("norm axis", lambda xp, x: xp.linalg.norm(x, axis=1), real(2, 3)),
    case("norm keepdims", lambda xp, x: x / xp.linalg.norm(x, axis=0, keepdims=True), real(3, 2)),
    case("norm 1", lambda xp, x: xp.linalg.norm(x, 1) ** 2, real(4)),
    case("norm inf", lambda xp, x: xp.linalg.norm(x, xp.inf) ** 2, spread(4)),
    case("norm 3", lambda xp, x: xp.linalg.norm(x, 3), real(4)),
    case("norm of Frobenius", lambda xp, x: xp.linalg.norm(x, "fro"), real(2, 3)),
    case("norm 1 of a matrix", lambda xp, x: xp.linalg.norm(x, 1) ** 2, real(3, 3)),
    case("logsumexp", lambda xp, x: xp.logsumexp(x), real(5)),
    case("logsumexp axis", lambda xp, x: xp.logsumexp(x, axis=1), real(2, 3)),
    case(
        "logsumexp keepdims",
        lambda xp, x: x * xp.logsumexp(x, axis=(0, 1), keepdims=True),
        real(2, 3),
    ),
    case("logsumexp as written", lambda xp, x: xp.log(xp.sum(xp.exp(x), axis=0)), real(3, 2)),
]

RUNNING = [
    case("cumsum", lambda xp, x: xp.cumsum(x) ** 2, real(5)),
    case("cumsum axis", lambda xp, x: xp.exp(xp.cumsum(x, axis=0)), real(3, 2)),
    case("cumprod", lambda xp, x: xp.cumprod(x), real(5)),
    case("cumprod axis", lambda xp, x: xp.cumprod(x, axis=1), real(2, 4)),
    case("diff", lambda xp, x: xp.diff(x) ** 2, real(5)),
    case("diff twice", lambda xp, x: xp.diff(x**2, n=2, axis=0), real(4, 2)),
    case("gradient", lambda xp, x: xp.gradient(x**2), real(5)),
    case("gradient spacing", lambda xp, x: xp.gradient(xp.sin(x), 0.5, axis=1), real(2, 4)),
    case("convolve", lambda xp, x, k: xp.convolve(x, k), real(5), real(3)),
    case("convolve same", lambda xp, x, k: xp.convolve(x, k, mode="same"), real(5), real(3)),
    case("convolve valid", lambda xp, x, k: xp.convolve(x, k, mode="valid"), real(5), real(3)),
]

CASES = [*REDUCTIONS, *STATISTICS, *RUNNING]
