"""What to write instead of what can't be traced, by the name that its users write."""

from __future__ import annotations

_SIZE = "the size of its result depends on values, which are not known yet; "
_MASK = f"{_SIZE}use gc.where(condition, x, y), or a mask of numbers: x[mask]"
_SORTED = f"{_SIZE}use gc.sort, which keeps all entries"
_COUNT = "count with conditions: np.sum((x >= low) & (x < high))"
_ENTRIES = "nodes are immutable: write y = x.at[i].set(v), or gc.where(condition, v, x)"
_MASKED = "nodes have no mask: use gc.where, np.nansum, np.nanmean"
_COMPLEX = "complex numbers are not supported"
_WAVES = f"{_COMPLEX}: write sums of np.cos and np.sin, for example np.cos(angles) @ x"
_BITS = "nodes have no bits; write x * 2**n, or x // 2**n"
_SQUARES = "use np.linalg.pinv(a) @ b, or np.linalg.solve(a.T @ a, a.T @ b)"
_WHOLE = "call the function on the whole array: NumPy's functions work on every entry"
_DRAW = "draw the random numbers outside, and pass them as an argument"
_CENTRED = "write it out: d = x - x.mean(1, keepdims=True), d @ d.T / (n - 1)"
_FLOATS = "it looks at how floats are stored, which a graph does not know"
_POLYNOMIAL = "use np.polyval(coefficients, x), or products and sums"
_FILLED = "gc.numpy.{name} makes arrays from nodes, and of symbolic sizes"

#: By name: "np.unique"; one that ends with a dot is for all names that begin so.
_REMEDIES = {
    "np.where": _MASK,
    "np.nonzero": _MASK,
    "np.flatnonzero": _MASK,
    "np.argwhere": _MASK,
    "np.extract": _MASK,
    "np.compress": _MASK,
    "np.unique": _SORTED,
    "np.unique_values": _SORTED,
    "np.unique_counts": _SORTED,
    "np.unique_inverse": _SORTED,
    "np.unique_all": _SORTED,
    "np.union1d": _SORTED,
    "np.intersect1d": _SORTED,
    "np.setdiff1d": _SORTED,
    "np.setxor1d": _SORTED,
    "np.trim_zeros": f"{_SIZE}cut at known places: x[a:b]",
    "np.isin": "compare with every value: np.any(np.equal(x[..., None], values), axis=-1)",
    "np.histogram": _COUNT,
    "np.histogram2d": _COUNT,
    "np.histogramdd": _COUNT,
    "np.histogram_bin_edges": _COUNT,
    "np.bincount": f"{_SIZE}count with gc.numpy.zeros(n).at[i].add(1)",
    "np.searchsorted": "count the smaller ones: np.sum(a < v[..., None], axis=-1)",
    "np.digitize": "count the smaller ones: np.sum(bins <= x[..., None], axis=-1)",
    "np.vectorize": _WHOLE,
    "np.frompyfunc": _WHOLE,
    "np.apply_along_axis": (
        "call the function with axis=, or gc.stack([f(x[i]) for i in range(n)])"
    ),
    "np.apply_over_axes": "call the function with a tuple of axes: axis=(0, 1)",
    "np.fft.": _WAVES,
    "scipy.fft.": _WAVES,
    "np.imag": f"{_COMPLEX}: it would be 0",
    "np.angle": f"{_COMPLEX}; the angle of a point is np.arctan2(y, x)",
    "np.roots": f"{_COMPLEX}, and roots may be; for those of a quadratic write the formula",
    "np.linalg.eig": f"{_COMPLEX}, and eigenvalues may be; use np.linalg.eigh if a is symmetric",
    "np.linalg.eigvals": (
        f"{_COMPLEX}, and eigenvalues may be; use np.linalg.eigvalsh if a is symmetric"
    ),
    "np.linalg.lstsq": _SQUARES,
    "np.polyfit": _SQUARES,
    "np.linalg.cond": "use s = np.linalg.svdvals(a), then s[0] / s[-1]",
    "np.linalg.matrix_rank": "use np.count_nonzero(np.linalg.svdvals(a) > tolerance)",
    "np.linalg.tensorinv": "reshape to a square matrix and use np.linalg.inv",
    "np.linalg.tensorsolve": "reshape to a square matrix and use np.linalg.solve",
    "np.poly1d": _POLYNOMIAL,
    "np.polynomial.": _POLYNOMIAL,
    "np.poly": _POLYNOMIAL,
    "np.cov": _CENTRED,
    "np.corrcoef": _CENTRED,
    "np.choose": "use gc.where or np.select",
    "np.put": _ENTRIES,
    "np.place": _ENTRIES,
    "np.putmask": _ENTRIES,
    "np.put_along_axis": _ENTRIES,
    "np.copyto": _ENTRIES,
    "np.fill_diagonal": "nodes are immutable: write x - np.diag(np.diag(x)) + np.diag(v)",
    "np.delete": "join what stays: np.concatenate([x[:i], x[i + 1:]])",
    "np.insert": "join the parts: np.concatenate([x[:i], v, x[i:]])",
    "np.ix_": "write the indices so that they broadcast: x[i[:, None], j]",
    "np.resize": "use np.tile, and cut: np.tile(x, k)[:n]",
    "np.partition": "use gc.sort, or np.quantile",
    "np.argpartition": "use gc.argsort",
    "np.nanmedian": "use np.median on arrays without NaN",
    "np.nanquantile": "use np.quantile on arrays without NaN",
    "np.nanpercentile": "use np.percentile on arrays without NaN",
    "np.result_type": "ask for the dtype of the nodes: x.dtype",
    "np.can_cast": "ask for the dtype of the nodes: x.dtype",
    "np.may_share_memory": "nodes have no memory",
    "np.shares_memory": "nodes have no memory",
    "np.left_shift": _BITS,
    "np.right_shift": _BITS,
    "np.bitwise_count": _BITS,
    "np.gcd": "it takes integers that are known: compute it outside",
    "np.lcm": "it takes integers that are known: compute it outside",
    "np.ldexp": "write x * 2.0**n",
    "np.frexp": _FLOATS,
    "np.spacing": _FLOATS,
    "np.nextafter": _FLOATS,
    "np.i0": "there is no Bessel function here; write its series",
    "np.unwrap": "add multiples of 2*np.pi by np.where and np.cumsum",
    "np.random.": _DRAW,
    "np.ma.": _MASKED,
    "np.full": _FILLED.format(name="full"),
    "np.fromfunction": _FILLED.format(name="array"),
    "np.matrix": "use plain arrays, and @",
    "scipy.special.logsumexp": "use gc.logsumexp",
    "scipy.special.softmax": "use gc.softmax",
    "scipy.special.log_softmax": "use gc.log_softmax",
    "scipy.special.": "gc has expit, logit, erf, erfc, gammaln, digamma, xlogy and logsumexp",
    "scipy.linalg.": "use np.linalg, whose solve, inv, cholesky, eigh, svd and qr can be traced",
    "scipy.": "SciPy's functions can't be traced; write it with NumPy's",
    "statistics.": "use np.mean, np.median, np.var, np.std",
}
_OTHER = "this function can't be traced; those that can be are listed in docs/ops.md"


def remedy(name: str) -> str:
    """What to write instead of a function, by the longest entry that fits its name.

    >>> remedy("np.fft.rfft")[:34]
    'complex numbers are not supported:'
    """
    if name in _REMEDIES:
        return _REMEDIES[name]
    prefixes = [key for key in _REMEDIES if key.endswith(".") and name.startswith(key)]
    return _REMEDIES[max(prefixes, key=len)] if prefixes else _OTHER


def is_known(name: str) -> bool:
    """Whether the table says what to write instead of this function.

    >>> is_known("np.vectorize"), is_known("mine.f")
    (True, False)
    """
    return remedy(name) is not _OTHER
