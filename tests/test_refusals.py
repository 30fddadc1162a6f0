"""What can't be traced says so: one error that names the thing, the user's own line, and the remedy."""

import math
import statistics
import sys
import types
from typing import Any

import numpy as np
import pytest
from scipy import special

import graphcomp as gc
from graphcomp import refusals
from graphcomp.errors import GraphcompError, TracingError, _public_name, library_call
from graphcomp.numpy_protocol import NUMPY, OPS_BY_NUMPY

#: NumPy's annotations know arrays alone.
numpy: Any = np

x, s, X = gc.array("x", 3), gc.scalar("s"), gc.array("X", (3, 3))

#: What is called, and what the error says.
CALLS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "vectorize": (lambda: np.vectorize(abs)(x), ("np.vectorize", "whole array")),
    "frompyfunc": (lambda: np.frompyfunc(abs, 1, 1)(x), ("np.frompyfunc", "whole array")),
    "apply_along_axis": (lambda: np.apply_along_axis(sum, 0, x), ("axis=", "gc.stack")),
    "fft": (lambda: np.fft.rfft(x), ("np.fft.rfft", "complex numbers")),
    "nonzero": (lambda: np.nonzero(x), ("np.nonzero", "size", "gc.where")),
    "argwhere": (lambda: np.argwhere(x > 0), ("np.argwhere", "size")),
    "extract": (lambda: np.extract(x > 0, x), ("np.extract", "size")),
    "where alone": (lambda: np.where(x > 0), ("np.where", "size", "gc.where(condition, x, y)")),
    "unique": (lambda: np.unique(x), ("np.unique", "size", "gc.sort")),
    "lstsq": (lambda: np.linalg.lstsq(X, x), ("np.linalg.lstsq", "pinv")),
    "eig": (lambda: np.linalg.eig(X), ("np.linalg.eig", "eigh")),
    "imag": (lambda: np.imag(x), ("np.imag", "complex")),
    "result_type": (lambda: np.result_type(x), ("x.dtype",)),
    "full": (lambda: np.full(3, s), ("np.full", "gc.numpy.full")),
    "array": (lambda: np.array([s, s]), ("gc.stack", "gc.numpy.array")),
    "masked": (lambda: np.ma.array(x), ("np.ma.array", "gc.where")),
    "put": (lambda: numpy.put(x, 0, 1), ("np.put", ".at[i].set(v)")),
    "unknown": (lambda: numpy.busday_count(x, x), ("np.busday_count", "docs/ops.md")),
    "logsumexp": (lambda: special.logsumexp(x), ("scipy.special.logsumexp", "gc.logsumexp")),
    "softmax": (lambda: special.softmax(x), ("scipy.special.softmax", "gc.softmax")),
    "log_softmax": (lambda: special.log_softmax(x), ("gc.log_softmax",)),
    "bessel": (lambda: special.jv(0, x), ("scipy.special.jv", "expit")),
    "where=": (lambda: np.exp(x, where=np.ones(3, bool)), ("where=", "gc.where")),
    "dtype=": (lambda: np.exp(x, dtype="float32"), ("dtype=", "astype")),
    "reduce dtype=": (lambda: np.add.reduce(x, dtype="float32"), ("np.add.reduce", "dtype=")),
    "reduceat": (lambda: np.add.reduceat(x, [0, 1]), ("np.add.reduceat",)),
    "max where": (lambda: np.max(x, where=x > 0), ("initial=",)),
    "bits": (lambda: x & 1, ("conditions", "(x > 0) & (y > 0)")),
    "math": (lambda: math.exp(s), ("float()", "np.exp")),
    "python's library": (
        lambda: statistics.median([numpy.add(s, 1), numpy.add(s, 2)]),
        ("bool()", "where"),
    ),
    "quantile": (lambda: np.quantile(x, 1.5), ("between 0 and 1",)),
    "quantile of names": (lambda: np.quantile(gc.array("v", "n"), 0.5), ("known number",)),
    "method": (lambda: np.quantile(x, 0.5, method="hazen"), ("method=",)),
    "linspace": (lambda: np.linspace(0, s, 3, retstep=True), ("retstep=",)),
    "block": (lambda: np.block([[x], x]), ("equally deep",)),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_error_names_the_thing_the_remedy_and_the_users_line(name: str):
    call, words = CALLS[name]
    with pytest.raises(GraphcompError) as caught:
        call()
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert message.count("\n  at ") == 1
    assert "\n  at test_refusals.py:" in message


@pytest.mark.parametrize(
    ("name", "remedy"),
    {
        "sort": "gc.sort",
        "partition": "gc.sort",
        "fill": "gc.full_like",
        "put": ".at[i].set",
        "itemset": ".at[i].set",
        "resize": "reshape",
        "item": "evaluate",
        "tolist": "evaluate",
        "tobytes": "evaluate",
        "nonzero": "gc.where",
        "view": "astype",
    }.items(),
)
def test_methods_of_arrays_that_nodes_can_not_have_are_refused(name: str, remedy: str):
    with pytest.raises(TracingError, match=rf"\.{name}\(\)") as caught:
        getattr(x, name)(0)
    assert remedy in str(caught.value)
    assert "at test_refusals.py:" in str(caught.value)


def test_methods_that_arrays_do_not_have_are_no_attributes():
    assert not hasattr(x, "arrange")


# ---------------------------------------------------------------- arrays of numbers, written to


def fill_by_entries(x: Any) -> Any:
    a = np.ones(3)
    a[0] = x[1]
    return a


def fill_by_slices(x: Any) -> Any:
    a = np.ones(3)
    a[1:] = x[1:]
    return a


def fill_integers(x: Any) -> Any:
    a = np.arange(3)
    a[0] = x[1]
    return a


@pytest.mark.parametrize("function", [fill_by_entries, fill_by_slices, fill_integers])
@pytest.mark.parametrize(
    "trace", [lambda f: gc.from_function(f, x=3), lambda f: gc.jacobian(f)(np.ones(3))]
)
def test_a_node_stored_in_an_array_of_numbers(function: Any, trace: Any):
    with pytest.raises(TracingError) as caught:
        trace(function)
    message = str(caught.value)
    for words in ("entry of a NumPy array", "gc.stack", ".at[i].set(v)", "gc.numpy.zeros"):
        assert words in message
    assert "at test_refusals.py:" in message
    assert "a[" in message.rpartition("\n")[2]


def test_outside_of_tracing_the_cause_says_it():
    with pytest.raises(ValueError, match="setting an array element") as caught:
        np.ones(3)[0] = s
    assert isinstance(caught.value.__cause__, TracingError)
    assert "gc.stack" in str(caught.value.__cause__)


def test_other_errors_of_a_traced_function_stay_what_they_are():
    def wrong(x: Any) -> Any:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        gc.from_function(wrong, x=3)


# ---------------------------------------------------------------- whose line it is


def test_the_library_function_that_the_users_line_called():
    assert library_call() == ""
    assert _public_name("numpy.lib._function_base_impl", "vectorize.__call__") == "np.vectorize"
    assert _public_name("numpy.ma.core", "MaskedArray.__new__") == "np.ma.MaskedArray"
    assert _public_name("scipy.special._logsumexp", "softmax") == "scipy.special.softmax"
    assert _public_name("numpy.fft._pocketfft", "rfft") == "np.fft.rfft"


# ---------------------------------------------------------------- SciPy's ufuncs


def test_a_ufunc_that_is_not_scipys_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch):
    assert special.expit(x) is gc.expit(x)
    for other in (types.SimpleNamespace(expit=special.logit), types.SimpleNamespace()):
        monkeypatch.setitem(sys.modules, "scipy.special", other)
        with pytest.raises(TracingError, match="expit"):
            special.expit(x)
    monkeypatch.delitem(sys.modules, "scipy.special")
    with pytest.raises(TracingError, match="expit"):
        special.expit(x)


# ---------------------------------------------------------------- the table


def numpys(name: str) -> Any:
    place: Any = np
    for part in name.split(".")[1:]:
        place = getattr(place, part, None)
    return place


@pytest.mark.parametrize("name", sorted(refusals._REMEDIES))
def test_remedies_are_for_functions_that_exist_and_can_not_be_traced(name: str):
    if not name.startswith("np."):
        return
    function = numpys(name.removesuffix("."))
    if function is None:
        assert name in {
            "np.unique_values",
            "np.unique_counts",
            "np.unique_inverse",
            "np.unique_all",
        }
    assert name == "np.where" or function not in {*NUMPY, *OPS_BY_NUMPY}


def test_remedies_name_functions_that_exist():
    for remedy in refusals._REMEDIES.values():
        for word in remedy.replace("(", " ").replace(",", " ").replace(":", " ").split():
            if word.startswith(("gc.", "np.")) and word.strip(".)]") not in {"np.pi", "2*np.pi"}:
                place: Any = gc if word.startswith("gc.") else np
                for part in word.strip(".)];").split(".")[1:]:
                    place = getattr(place, part)
                assert callable(place) or isinstance(place, types.ModuleType), word
