"""Functions with derivative rules of their own: both modes, any order, modules, and what is refused."""

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ad
from graphcomp.codegen import generate
from graphcomp.graph import GraphData
from tests.generated import KINDS, agree


@gc.custom_jvp
def wave(x, a):
    return np.sin(a * x)


@wave.defjvp
def _wave_rule(primals, tangents):
    x, a = primals
    dx, da = tangents
    return wave(x, a), np.cos(a * x) * (a * dx + x * da)


@gc.custom_vjp
def log1pexp(x):
    return np.log(1 + np.exp(x))


def _fwd(x):
    return log1pexp(x), x


def _bwd(x, ct):
    return (ct * (1 - 1 / (1 + np.exp(x))),)


log1pexp.defvjp(_fwd, _bwd)


@gc.custom_vjp
def polar(p):
    return {"r": np.sqrt(p["x"] ** 2 + p["y"] ** 2), "t": np.arctan2(p["y"], p["x"])}


def _polar_fwd(p):
    out = polar(p)
    return out, (p, out["r"])


def _polar_bwd(residuals, ct):
    p, r = residuals
    x, y = p["x"] / r, p["y"] / r
    return ({"x": ct["r"] * x - ct["t"] * y / r, "y": ct["r"] * y + ct["t"] * x / r},)


polar.defvjp(_polar_fwd, _polar_bwd)


@gc.custom_jvp
def quadratic(A, x):
    return x @ A @ x


@quadratic.defjvp
def _quadratic_rule(primals, tangents):
    (A, x), (dA, dx) = primals, tangents
    return quadratic(A, x), x @ dA @ x + dx @ (A + A.T) @ x


@gc.custom_vjp(check=False)
def rounded(x):
    """Straight through."""
    return np.round(x)


rounded.defvjp(lambda x: (rounded(x), None), lambda _none, ct: (ct,))


@gc.custom_vjp(check=False)
def clipped(x):
    return 1.0 * x


clipped.defvjp(lambda x: (x, None), lambda _none, ct: (np.clip(ct, -1, 1),))


def of_polar(x, y):
    both = polar({"x": x, "y": y})
    return np.sum(both["r"] * both["t"])


FUNCTIONS: dict[str, tuple[Any, dict[str, str]]] = {
    "wave": (lambda x, a: np.sum(wave(x, a) ** 2), {"x": "n", "a": ""}),
    "log1pexp": (lambda x: np.sum(log1pexp(2 * x)), {"x": "m n"}),
    "polar": (of_polar, {"x": "n", "y": "n"}),
    "quadratic": (lambda A, x: quadratic(A, np.tanh(x)), {"A": "n n", "x": "n"}),
    "nested": (
        lambda x, a: log1pexp(wave(a, a)) * np.sum(wave(x, log1pexp(a))),
        {"x": "n", "a": ""},
    ),
}
EACH = pytest.mark.parametrize("name", FUNCTIONS)


def graph_of(name) -> gc.Graph:
    function, shapes = FUNCTIONS[name]
    return gc.from_function(function, name=name, shapes=shapes)


def values_of(name):
    rng = np.random.default_rng(3)
    sizes = {"n": 3, "m": 2}
    return {
        arg: rng.uniform(0.3, 1.2, [sizes[dim] for dim in shape.split()])
        for arg, shape in FUNCTIONS[name][1].items()
    }


# ---------------------------------------------------------------- both modes, any order


@EACH
def test_both_modes_and_second_order_agree_with_differences(name):
    function, _ = FUNCTIONS[name]
    first, second = gc.check_grads(function, list(values_of(name).values()), order=2)
    assert first.passed
    assert second.passed
    methods = {row.method for row in second.rows}
    assert {"central differences", "reverse against forward"} <= methods


@EACH
@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
def test_generated_code_agrees_with_the_interpreter(name):
    agree(graph_of(name), values_of(name), rtol=1e-10)


@EACH
def test_jacobians_of_both_modes_are_equal(name):
    graph, values = graph_of(name), values_of(name)
    forward = ad.jacobian(graph, mode="forward").evaluate(**values)
    reverse = ad.jacobian(graph, mode="reverse").evaluate(**values)
    for key in (node for node in forward if node.startswith("d_")):
        np.testing.assert_allclose(forward[key], reverse[key], rtol=1e-12, atol=1e-14)


def test_the_jacobian_of_several_values():
    for mode in ("forward", "reverse", "auto"):
        found = gc.jacobian(log1pexp, mode=mode)(np.array([0.0, 1.0]))
        np.testing.assert_allclose(found, np.diag([0.5, 1 / (1 + np.exp(-1))]), rtol=1e-14)


def test_the_rule_is_used_and_not_the_function():
    @gc.custom_vjp(check=False)
    def f(x):
        return x * x

    f.defvjp(lambda x: (f(x), x), lambda x, ct: (ct * 7.0 * x,))
    assert gc.grad(f)(2.0) == 14.0
    assert gc.jvp(f, (2.0,), (10.0,)) == (4.0, 140.0)
    assert gc.grad(gc.grad(f))(2.0) == 7.0


def test_values_and_rules_are_computed_in_their_stable_forms():
    assert gc.value_and_grad(log1pexp)(800.0) == (800.0, 1.0)
    assert gc.grad(gc.grad(log1pexp))(800.0) == 0.0


def test_the_derivative_of_the_rule_is_that_of_the_rule():
    """A rule that is no derivative shows that the second order is that of the rule."""

    @gc.custom_jvp(check=False)
    def odd(x):
        return x * x

    odd.defjvp(lambda p, t: (odd(p[0]), p[0] * odd(p[0]) * t[0]))
    assert gc.grad(odd)(2.0) == 8.0  # x*odd
    assert gc.grad(gc.grad(odd))(2.0) == 4.0 + 2.0 * 8.0  # odd + x*(x*odd)
    assert gc.jvp(gc.grad(odd), (2.0,), (1.0,))[1] == 20.0


def test_straight_through_and_clipping():
    x = np.array([1.2, 2.7])
    assert gc.grad(lambda v: np.sum(rounded(v) ** 2))(x).tolist() == [2.0, 6.0]
    assert gc.jvp(rounded, (1.2,), (3.0,)) == (1.0, 3.0)
    assert gc.grad(lambda v: np.sum(np.array([0.5, -7.0]) * clipped(v)))(x).tolist() == [0.5, -1.0]
    with pytest.raises(
        gc.DerivativeError, match="clipped has no forward mode: its bwd is not linear"
    ):
        gc.jvp(clipped, (1.2,), (1.0,))


def test_a_clipped_cotangent_is_the_sum_of_all_uses():
    assert gc.grad(lambda v: 0.8 * clipped(v) + 0.7 * clipped(v))(1.0) == 1.0


def test_other_transforms():
    x = np.array([0.2, 0.4])
    value, pull = gc.vjp(log1pexp, x)
    np.testing.assert_allclose(value, np.log(1 + np.exp(x)))
    np.testing.assert_allclose(pull(np.ones(2))[0], 1 / (1 + np.exp(-x)))
    hessian = gc.hessian(lambda v: np.sum(log1pexp(v)))(x)
    s = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(hessian, np.diag(s * (1 - s)), rtol=1e-12)
    np.testing.assert_allclose(
        gc.hvp(lambda v: np.sum(log1pexp(v)))(x, np.ones(2)), s * (1 - s), rtol=1e-12
    )
    _, linear = gc.linearize(log1pexp, x)
    np.testing.assert_allclose(linear(np.ones(2)), s, rtol=1e-12)


def test_float32_stays_float32():
    x = np.array([0.5, 1.5], np.float32)
    assert gc.grad(lambda v: np.sum(log1pexp(v)))(x).dtype == np.float32
    mixed = gc.grad(lambda v: np.sum(wave(v, 2.0)))(x)
    assert mixed.dtype == np.float32


def test_arrays_without_entries():
    assert gc.grad(lambda v: np.sum(log1pexp(v)))(np.zeros((0, 2))).shape == (0, 2)


# ---------------------------------------------------------------- use


def test_on_arrays_it_computes():
    assert wave(0.5, 2.0) == np.sin(1.0)
    assert type(log1pexp(np.zeros(2))) is np.ndarray
    assert polar({"x": 3.0, "y": 4.0})["r"] == 5.0
    assert wave.__name__ == "wave"
    assert rounded.__doc__ == "Straight through."


def test_keywords_and_defaults():
    @gc.custom_vjp
    def scaled(x, factor=3.0):
        return factor * x

    scaled.defvjp(
        lambda x, factor: (factor * x, (x, factor)), lambda res, ct: (ct * res[1], ct * res[0])
    )
    assert gc.grad(scaled)(2.0) == 3.0
    assert gc.grad(lambda v: scaled(factor=v, x=5.0))(2.0) == 5.0


def test_arguments_without_derivative():
    @gc.custom_jvp(nondiff_argnums=(0,))
    def power(n, x):
        return x**n

    power.defjvp(lambda n, p, t: (power(n, p[0]), n * p[0] ** (n - 1) * t[0]))
    assert gc.grad(lambda v: power(3, v))(2.0) == 12.0
    assert gc.hessian(lambda v: power(4, v))(2.0) == 48.0
    with pytest.raises(gc.InputError, match="argument 'n' is among nondiff_argnums"):
        gc.grad(lambda v: power(v, v))(2.0)


def test_whole_numbers_have_no_cotangent():
    @gc.custom_vjp
    def pick(x, i):
        return x[i]

    pick.defvjp(
        lambda x, i: (x[i], (x, i)), lambda r, ct: (np.zeros_like(r[0]).at[r[1]].add(ct), None)
    )
    assert gc.grad(lambda v: pick(v, 1))(np.ones(3)).tolist() == [0.0, 1.0, 0.0]
    picked = gc.grad(lambda v, i: np.sum(pick(v, i)))(np.ones(6), np.array([1, 1]))
    assert picked.tolist() == [0.0, 2.0, 0.0, 0.0, 0.0, 0.0]


def test_whole_numbers_may_be_among_the_values():
    @gc.custom_jvp
    def largest(x):
        return 2 * x, np.argmax(x)

    largest.defjvp(lambda p, t: ((2 * p[0], np.argmax(p[0])), (2 * t[0], 0)))

    @gc.custom_vjp
    def other(x):
        return 2 * x, np.argmax(x)

    other.defvjp(lambda x: ((2 * x, np.argmax(x)), None), lambda _none, ct: (2 * ct[0],))
    x = np.array([1.0, 3.0])
    for f in (largest, other):
        assert gc.grad(lambda v, f=f: np.sum(f(v)[0]) * f(v)[1])(x).tolist() == [2.0, 2.0]
        assert gc.jvp(lambda v, f=f: np.sum(f(v)[0]), (x,), (x,)) == (8.0, 8.0)


def test_a_rule_may_use_transforms():
    @gc.custom_vjp
    def f(x):
        return x * np.sin(x)

    slope = gc.grad(lambda v: v * np.sin(v))
    f.defvjp(lambda x: (f(x), x), lambda x, ct: (ct * slope(x),))
    assert gc.grad(f)(1.0) == pytest.approx(np.sin(1) + np.cos(1))
    assert gc.grad(gc.grad(f))(1.0) == pytest.approx(2 * np.cos(1) - np.sin(1))


def test_a_linear_function_may_be_its_own_rule():
    @gc.custom_jvp
    def triple(x):
        return 3 * x

    triple.defjvp(lambda p, t: (triple(p[0]), triple(t[0])))
    assert gc.grad(triple)(2.0) == 3.0
    assert gc.jvp(triple, (1.0,), (2.0,)) == (3.0, 6.0)


def test_rules_may_apply_other_such_functions_to_what_they_are_given():
    @gc.custom_jvp
    def triple(x):
        return 3 * x

    triple.defjvp(lambda p, t: (triple(p[0]), 3 * t[0]))

    @gc.custom_jvp
    def cube(x):
        return x**3

    cube.defjvp(lambda p, t: (p[0] ** 3, triple(t[0]) * p[0] ** 2))
    x = np.array([1.0, 2.0])
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(gc.jacobian(cube, mode=mode)(x), np.diag(3 * x**2))
    np.testing.assert_allclose(gc.hessian(lambda v: np.sum(cube(v)))(x), np.diag(6 * x))


def test_a_long_chain_works():
    x = gc.scalar("x")
    node = x
    for _ in range(3000):
        node = log1pexp(node)
    graph = GraphData([x], {"y": node})
    assert ad.gradient(graph, "x").outputs[0].is_real
    assert len(generate(graph)) > 3000


def test_the_same_call_twice_is_one_node():
    x, a = gc.array("x", "n"), gc.scalar("a")
    assert wave(x, a) is wave(x, a)
    assert wave(x, a) is not wave(2 * x, a)


# ---------------------------------------------------------------- what is shown


def test_it_is_one_step_by_its_name():
    trace = str(graph_of("wave").derivation("both", at=values_of("wave")))
    assert "w₁ = wave(x, a)" in trace
    assert "x̄ = a w̄₁ ⊙ cos(a x)" in trace
    assert "polar(x, y)[1]" in str(graph_of("polar").derivation("reverse", at=values_of("polar")))


def test_a_rule_in_terms_of_the_value_reads_the_step():
    @gc.custom_vjp
    def root(x):
        return np.sqrt(x)

    def fwd(x):
        out = root(x)
        return out, out

    root.defvjp(fwd, lambda out, ct: (ct / (2 * out),))
    x = gc.array("x", "n")
    trace = str(
        gc.Graph([x], {"y": np.sum(root(x) ** 2)}).derivation("reverse", at={"x": np.ones(2)})
    )
    assert "x̄ = w̄₁/(2 w₁)" in trace


def test_it_can_be_drawn(tmp_path):
    path = graph_of("polar").draw(tmp_path / "polar.dot", mode="reverse", at=values_of("polar"))
    assert "polar(x, y)[0]" in path.read_text()


def test_a_check_passes_and_passes_modules_on():
    assert graph_of("nested").check().passed


# ---------------------------------------------------------------- modules


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("rules")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in FUNCTIONS:
            (place / f"{name}_module.py").write_text(generate(graph_of(name), [*KINDS]))
    return place


@pytest.mark.parametrize(
    "command", ["ruff check --isolated", "ruff format --isolated --check --quiet", "mypy --strict"]
)
def test_modules_are_clean(folder, command):
    program, *options = command.split()
    files = sorted(map(str, folder.glob("*.py"))) if program == "mypy" else [str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", program, *options, *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_run_without_graphcomp(folder):
    code = (
        "import sys; sys.modules['graphcomp'] = None\n"
        f"sys.path.insert(0, {str(folder)!r})\n"
        "import numpy as np, polar_module, nested_module\n"
        "print(polar_module.polar([3.0], [4.0]) > 0, nested_module.nested_grad([0.5], 1.0)[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    function = FUNCTIONS["nested"][0]
    slope = gc.grad(function, argnums=1)(np.array([0.5]), 1.0)
    assert done.stdout.split() == ["True", str(float(slope))]


def test_modules_are_the_same_in_every_process_and_others_for_other_rules():
    code = "from graphcomp.codegen import generate; from tests.test_custom_rules import *\n"
    code += "print(generate(graph_of('nested'), ['value', 'vjp']))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert "inside" not in runs[0]
    x = gc.array("x", "n")
    sources = set()
    for factor in (1.0, 2.0):

        @gc.custom_vjp(check=False)
        def f(x):
            return 1.0 * x

        f.defvjp(lambda x: (x, None), lambda _r, ct, factor=factor: (factor * ct,))
        sources.add(generate(GraphData([x], {"y": f(x)}), ["value"]).split("sha256")[1][:70])
    assert len(sources) == 2


# ---------------------------------------------------------------- what is refused


def product(fwd=None, bwd=None, **options):
    """The error of a gradient through x*y with a rule that is wrong somewhere."""

    @gc.custom_vjp(**options)
    def prod(x, y):
        return x * y

    prod.defvjp(
        fwd or (lambda x, y: (x * y, (x, y))), bwd or (lambda r, ct: (ct * r[1], ct * r[0]))
    )
    with pytest.raises(gc.GraphcompError) as caught:
        gc.grad(lambda x, y: np.sum(prod(x, y)), argnums=(0, 1))(np.ones(3), np.ones(3))
    assert "test_custom_rules.py:" in str(caught.value)
    return str(caught.value)


EXPECTED = "a tuple of 2, one for each argument (x, y)"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"bwd": lambda r, ct: (ct * r[1],)}, f"bwd of prod returns a tuple of 1 cotangents, expected {EXPECTED}"),
        ({"bwd": lambda r, ct: ct * r[1]}, f"bwd of prod must return cotangents as {EXPECTED}, not Node"),
        ({"bwd": lambda r, ct: (np.sum(ct), ct)}, "bwd of prod: the cotangent of 'x' has shape (), expected (3,)"),
        ({"bwd": lambda r, ct: (ct, [ct])}, "bwd of prod: the cotangent of 'y' is arranged as [*], expected *"),
        ({"bwd": lambda r, ct: (ct * r[1], "no")}, "bwd of prod: the cotangent of 'y' returns str"),
        ({"bwd": lambda r, ct: (ct * ct * r[1], ct * r[0])}, "bwd of prod is not linear in the cotangent"),
        ({"bwd": lambda r, ct: (ct * r[1] + 1, ct * r[0])}, "bwd of prod is not linear in the cotangent"),
        ({"bwd": lambda r, ct: (np.abs(ct) * r[1], ct * r[0])}, "bwd of prod is not linear in the cotangent"),
        ({"bwd": lambda r, ct: (ct * r[1], ct * r[1])}, "the rule of prod is not its derivative by 'y' (central"),
        ({"bwd": lambda r, ct: (None, ct * r[0])}, "the rule of prod is not its derivative by 'x'"),
        ({"fwd": lambda x, y: x * y}, "fwd of prod must return (out, residuals), not Node"),
        ({"fwd": lambda x, y: (np.sum(x * y), (x, y))}, "fwd of prod: out has shape (), expected (3,)"),
        ({"fwd": lambda x, y: ((x, y), (x, y))}, "fwd of prod: out is arranged as (*, *), but prod returns *"),
        ({"fwd": lambda x, y: (x + y, (x, y))}, "the value that the rule of prod gives is not that of prod"),
    ],
)  # fmt: skip
def test_wrong_rules_for_cotangents(rules, message):
    assert message in product(**rules)


def test_none_is_a_cotangent_of_zeros():
    @gc.custom_vjp(check=False)
    def prod(x, y):
        return x * y

    prod.defvjp(lambda x, y: (x * y, x), lambda x, ct: (None, ct * x))
    assert gc.grad(lambda x, y: prod(x, y) + x, argnums=(0, 1))(2.0, 3.0) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda p, t: 3 * t[0], "the jvp rule of f must return (out, tangent_out), not Node"),
        (lambda p, t: (3 * p[0], 3 * t[0] + 1), "the jvp rule of f is not linear in the tangents"),
        (lambda p, t: (3 * p[0], t[0] * t[0]), "the jvp rule of f is not linear in the tangents"),
        (lambda p, t: (3 * p[0], np.abs(t[0])), "the jvp rule of f is not linear in the tangents"),
        (lambda p, t: (3 * p[0], np.sum(t[0])), "the jvp rule of f: tangent_out has shape (), expected (3,)"),
        (lambda p, t: (3 * p[0], (t[0],)), "the jvp rule of f: tangent_out is arranged as (*,), but f returns *"),
        (lambda p, t: (3 * p[0], 2 * t[0]), "the rule of f is not its derivative by 'x'"),
        (lambda p, t: (2 * p[0], 3 * t[0]), "the value that the rule of f gives is not that of f"),
    ],
)  # fmt: skip
def test_wrong_rules_for_tangents(rule, message):
    @gc.custom_jvp
    def f(x):
        return 3 * x

    f.defjvp(rule)
    with pytest.raises(gc.GraphcompError) as caught:
        gc.grad(lambda x: np.sum(f(x)))(np.ones(3))
    assert message in str(caught.value)


def test_a_function_without_rule_and_what_is_no_function():
    @gc.custom_vjp
    def f(x):
        return x

    assert f(2.0) == 2.0
    with pytest.raises(gc.InputError, match=r"f has no rule yet: call f.defvjp\(fwd, bwd\)"):
        gc.grad(f)(1.0)
    with pytest.raises(gc.InputError, match=r"custom_jvp needs a function, not 3"):
        gc.custom_jvp(3)  # type: ignore[call-overload]
    with pytest.raises(gc.InputError, match="defvjp needs a function"):
        f.defvjp(lambda x: (x, None), None)  # type: ignore[arg-type]


def test_values_of_a_function_around_it_must_be_arguments():
    def outer(x, w):
        @gc.custom_jvp
        def h(x):
            return x * w

        h.defjvp(lambda p, t: (p[0] * w, t[0] * w))
        return h(x)

    with pytest.raises(
        gc.InputError, match="h uses 'w' of a function around it: pass it as an arg"
    ):
        gc.grad(outer)(1.0, 2.0)


def test_a_function_that_calls_itself_and_keyword_only_arguments():
    @gc.custom_jvp
    def endless(x):
        return endless(x)

    endless.defjvp(lambda p, t: (p[0], t[0]))
    with pytest.raises(gc.InputError, match="endless calls itself"):
        gc.grad(endless)(1.0)

    @gc.custom_jvp
    def keyed(x, *, a=1.0):
        return a * x

    keyed.defjvp(lambda p, t: (p[0], t[0]))
    with pytest.raises(gc.InputError, match="positional arguments only, not a"):
        gc.grad(lambda x: keyed(x, a=2.0))(1.0)


def test_a_function_that_is_finite_nowhere_can_not_be_checked():
    @gc.custom_vjp
    def nowhere(x):
        return np.log(-1 - x * x)

    nowhere.defvjp(lambda x: (nowhere(x), x), lambda x, ct: (ct * nowhere(x),))
    with pytest.raises(gc.InputError, match=r"could not be checked.*check=False"):
        gc.grad(nowhere)(1.0)
