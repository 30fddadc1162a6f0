"""The benchmarks at tiny sizes: what is compared there is right, and whatever runs is reported."""

import contextlib
import doctest
import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from scipy import special

from benchmarks import __main__ as command
from benchmarks import (
    agreement,
    environment,
    graph_size,
    measure,
    memory,
    publish,
    report,
    scaling,
    spellings,
)
from benchmarks.agreement import difference, flatten
from benchmarks.case import LeftOut
from benchmarks.measure import Row
from benchmarks.peers import EXPERT, graphcomp
from benchmarks.peers.namespaces import Namespace
from benchmarks.timing import QUICK, Timing
from benchmarks.workloads import TINY, rosenbrock, sigmoid

CASES = [make() for makes in TINY.values() for make in makes]
NUMPY = Namespace(
    np,
    relu=lambda z: np.maximum(z, 0.0),
    softplus=lambda z: np.logaddexp(0.0, z),
    logsumexp=special.logsumexp,
)

BY_HAND = [(case, peer) for case in CASES for peer in case.by_hand]
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@every_case
def test_the_expert_agrees_with_finite_differences(case):
    rng = np.random.default_rng(1)
    model = case.model(NUMPY)
    result = case.by_expert()()
    if case.task in {"hvp", "hessian"}:
        (x,) = case.values
        v = rng.standard_normal(x.shape) if case.direction is None else case.direction
        step = 1e-5 * v
        slopes = [rosenbrock.expert(point)[1] for point in (x + step, x - step)]
        found = result if case.task == "hvp" else result @ v
        np.testing.assert_allclose(found, (slopes[0] - slopes[1]) / 2e-5, rtol=1e-6, atol=1e-5)
        return
    value, slopes = result
    np.testing.assert_allclose(value, model(*case.values), rtol=1e-12)
    rows = slopes if case.task == "blocks" else (slopes,)
    for k, name in enumerate(case.wrt):
        v = rng.standard_normal(np.shape(case.arguments[name]))
        step = 1e-6 * v
        above, below = (
            model(*{**case.arguments, name: case.arguments[name] + s}.values())
            for s in (step, -step)
        )
        for i, row in enumerate(rows):
            slope = row[k] if isinstance(row, tuple) else row
            rise = (above - below) / 2e-6
            expected = rise[i].sum() if case.task == "blocks" else rise
            size = np.abs(slope * v).sum()
            np.testing.assert_allclose(np.sum(slope * v), expected, rtol=1e-6, atol=1e-7 * size)


@every_case
def test_graphcomp_agrees_with_the_expert(case):
    (call,) = graphcomp.build(case).values()
    assert difference(call(), case.by_expert()()) < 1e-12


@pytest.mark.parametrize(
    ("case", "peer"), BY_HAND, ids=[f"{case.name}-{peer}" for case, peer in BY_HAND]
)
def test_the_loops_agree_with_the_expert(case, peer):
    assert difference(case.by_hand[peer](*case.operands), case.by_expert()()) < 1e-12


def test_an_expert_does_not_write_to_the_arguments_and_returns_new_arrays():
    for case in CASES:
        before = [np.array(value) for value in case.operands]
        first = [array.copy() for array in flatten(case.by_expert()())]
        case.by_expert()()
        for value, old in zip(case.operands, before, strict=True):
            np.testing.assert_array_equal(value, old)
        assert difference(tuple(first), tuple(flatten(case.by_expert()()))) == 0


def test_a_peer_that_is_wrong_or_missing_or_fails_is_reported_and_not_timed(monkeypatch):
    def wrong(case):
        value, slopes = case.by_expert()()
        return {"JAX jit": lambda: (value, (slopes[0], slopes[1] * (1 + 1e-6)))}

    def fails(case):
        msg = "no such thing"
        raise ValueError(msg)

    def missing():
        msg = "not installed"
        raise LeftOut(msg)

    peers = {"jax": lambda: wrong, "torch": lambda: fails, "casadi": missing}
    monkeypatch.setattr(measure, "builder", lambda name: peers[name]())
    row = measure.measure(sigmoid.make(), list(peers), QUICK, 10.0)
    assert list(row.times) == [EXPERT]
    assert row.notes["JAX jit"].startswith("wrong: differs from the expert by ")
    assert row.notes["PyTorch"] == "failed: ValueError: no such thing"
    assert row.notes["CasADi"] == row.notes["CasADi, buffers"] == "not installed"
    assert "- CasADi: not installed (sigmoid, Python floats)" in report.notes([row])


def test_a_peer_that_is_never_ready_is_left_out(monkeypatch):
    def never(case):
        while True:
            with contextlib.suppress(Exception):  # as compilers do
                sum(range(1000))

    monkeypatch.setattr(measure, "builder", lambda name: never)
    row = measure.measure(sigmoid.make(), ["jax"], QUICK, 0.1)
    assert row.notes == {"JAX jit": "not ready after 0.1 s"}


def test_differences_in_shape_and_nan_are_differences():
    assert difference((1.0, np.ones(3)), (1.0, np.ones(2))) == np.inf
    assert difference(1.0, (1.0, 1.0)) == np.inf
    assert not difference(np.array([np.nan, 1.0]), np.ones(2)) <= agreement.RELATIVE
    assert difference((np.ones((2, 1)), 0.0), (np.ones(2), 0.0)) == 0


def test_a_scalar_graph_of_any_size_has_the_gradient_of_its_loop():
    measured = graph_size.run("graphcomp", 300)
    assert measured["ready"] > 0
    assert measured["call"] > 0


def test_memory_counts_results_and_what_is_held_besides():
    case = rosenbrock.make(100_000)
    found = memory.measure(case)
    assert found["results"] == 8 + 800_000
    assert found["results"] < found["expert"] < found["graphcomp"]
    assert case.name in memory.report({case.name: found})


def test_the_command_writes_tables_numbers_and_no_more(tmp_path, capsys):
    names = ["sigmoid", "memory"]
    command.main(["--quick", "--peers", "graphcomp", "--only", *names, "--out", str(tmp_path)])
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() == text.strip()
    assert "| sigmoid, Python floats |" in text
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert set(found) == {"machine", "libraries", "quick", "cases", "memory"}
    assert found["quick"]
    assert set(found["cases"][0]["times"]) == {EXPERT, "graphcomp"}
    assert found["cases"][0]["notes"] == {}


@pytest.mark.parametrize("group", spellings.GROUPS, ids=lambda group: group.about)
def test_spellings_that_are_compared_compute_the_same(group):
    values = [eval(text, spellings.variables()) for text in group.spellings]
    for value in values[1:]:
        np.testing.assert_allclose(value, values[0], rtol=1e-12)
    timed = spellings.measure(group, rounds=1, seconds=1e-6)
    assert list(timed) == list(group.spellings)
    assert min(timed.values()) > 0


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """What a run writes, all parts at sizes that take no time."""
    folder = tmp_path_factory.mktemp("run")
    case = rosenbrock.make(1000)
    result = {
        "machine": environment.machine(),
        "libraries": environment.libraries(["numpy", "no_such_library"]),
        "quick": True,
        "cases": [asdict(measure.measure(case, ["graphcomp"], QUICK, 10.0))],
        "graph_size": graph_size.measure(["graphcomp"], (100,), (), 60.0),
        "memory": {case.name: memory.measure(case)},
        "scaling": {50: scaling.measure(50)},
    }
    (folder / "results.json").write_text(json.dumps(result), encoding="utf-8")
    return folder


def test_the_results_of_a_run_go_between_the_marks_of_the_pages(whole_run, tmp_path):
    for name in publish.PAGES:
        page = tmp_path / name
        page.parent.mkdir(exist_ok=True)
        page.write_text((publish.ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    publish.main([str(whole_run), "--root", str(tmp_path), "--even-quick"])
    parts = publish.parts_of(publish.read(whole_run, even_quick=True))
    pages = [(tmp_path / name).read_text(encoding="utf-8") for name in publish.PAGES]
    for part in parts.values():
        assert not part or any(f"\n\n{part}\n\n<!-- end -->" in page for page in pages)
    for page in pages:
        assert publish.filled(page, parts) == page  # a second time changes nothing
        assert page.count("<!-- benchmarks: ") == page.count("<!-- end -->") > 0
    for suffix in (".png", ".svg"):
        picture = (tmp_path / publish.PICTURE).with_suffix(suffix)
        assert 1000 < picture.stat().st_size < 300_000
    assert "| Rosenbrock, n = 1,000 |" in parts["overview"]
    assert "numpy: " in parts["machine"]
    assert "no_such_library" not in parts["machine"]


def test_a_run_that_says_nothing_is_not_published(whole_run, tmp_path):
    with pytest.raises(SystemExit, match="--quick, whose sizes say nothing: run `make bench`"):
        publish.main([str(whole_run), "--root", str(tmp_path)])
    with pytest.raises(SystemExit, match="is not there: run `make bench` first"):
        publish.main([str(tmp_path)])
    (tmp_path / "results.json").write_text('{"cases": [], "memory": {}}', encoding="utf-8")
    with pytest.raises(SystemExit, match="no graph_size, scaling: run `make bench` without --only"):
        publish.main([str(tmp_path)])
    with pytest.raises(SystemExit, match="a mark names 'others'"):
        publish.filled("<!-- benchmarks: others -->\n<!-- end -->", {"memory": "..."})


def test_the_pages_have_marks_for_all_that_is_published():
    marks = {
        name
        for page in publish.PAGES
        for name in re.findall(
            r"<!-- benchmarks: (\w+) -->", (publish.ROOT / page).read_text(encoding="utf-8")
        )
    }
    assert marks == {
        *("machine", "overview", "timings", "best", "notes", "memory", "sizes", "scaling")
    }


def test_the_overview_names_the_fastest_of_the_others():
    times = {
        label: Timing(seconds, seconds)
        for label, seconds in (
            (EXPERT, 2e-6),
            ("graphcomp", 3e-6),
            ("JAX jit", 1e-6),
            ("autograd", 9e-6),
            ("CasADi", 8e-6),
        )
    }
    text = report.overview([Row("a case", times), Row("alone", {EXPERT: times[EXPERT]})])
    _, _, first, second = [[c.strip() for c in line.split("|")[1:-1]] for line in text.split("\n")]
    assert first == ["a case", "2.00", "3.00", "–", "1.00", "–", "8.00 (CasADi)", "1.50", "–"]
    assert second == ["alone", "2.00", "–", "–", "–", "–", "–", "–", "–"]


def test_a_machine_says_what_its_figures_depend_on(tmp_path):
    found = environment.machine()
    assert {"processor", "cores", "system", "Python", "NumPy", "BLAS"} <= set(found)
    assert all(found.values())
    for i, (level, kind, size) in enumerate([(1, "Data", "32K"), (1, "Instruction", "32K")]):
        (tmp_path / f"index{i}").mkdir()
        for name, text in (("level", str(level)), ("type", kind), ("size", size)):
            (tmp_path / f"index{i}" / name).write_text(text + "\n")
    assert environment._caches(tmp_path) == "L1 32 KiB"


def test_the_stages_of_a_chain_are_measured():
    stages = scaling.measure(50)
    assert list(stages) == ["build", "reverse", "program", "trace", "compile", "call"]
    assert "| 50 " in scaling.report({50: stages})


@pytest.mark.parametrize("module", [agreement, environment, publish, report])
def test_the_examples_of_the_benchmarks_hold(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
