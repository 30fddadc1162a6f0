"""The example `train_mlp`: model, generated gradient, optimisers, training, study, comparison."""

import doctest
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import examples.mlp
import graphcomp as gc
from examples import train_mlp
from examples.loading import load
from examples.mlp import model
from examples.mlp.comparison import TOLERANCE, Comparison
from examples.mlp.data import prepare
from examples.mlp.friedman import friedman
from examples.mlp.model import GeneratedLoss, initial_weights, loss, mlp
from examples.mlp.optimisers import SGD, Adam
from examples.mlp.plots import loss_curves, loss_grid
from examples.mlp.study import Result, Settings, Shape, mean_losses, shapes, study, table
from examples.mlp.tables import read_table
from examples.mlp.training import History, Network, batches, train
from graphcomp.check import check_module
from graphcomp.errors import ShapeError

SETTINGS = Settings(epochs=20, batch=32, rate=0.02, optimiser="sgd", seed=0)


@pytest.fixture(scope="module")
def data():
    """A small data set of known formula."""
    return prepare(friedman(300, seed=0), None, seed=0)


MODULES = sorted(path.stem for path in Path(examples.mlp.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", [name for name in MODULES if name != "torch_network"])
def test_the_docstrings_of_the_example_are_right(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(f"examples.mlp.{name}")).failed == 0


# ---------------------------------------------------------------- model


# x, y and weights of the two-layer loss that examples.e3_vjps computes for column vectors
X, Y = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])
WS = [np.array([[1.0, 4.0], [2.0, 1.0]]), np.array([[1.0, 0.0], [2.0, -3.0]])]


def test_value_and_gradients_are_those_worked_out_by_hand(tmp_path):
    value, gradients = GeneratedLoss(2, tmp_path).value_and_grad(X, Y, WS)
    # there the loss is the sum over the two outputs, here it is their mean
    assert value == 104 / 2
    np.testing.assert_allclose(gradients[0], np.array([[8, 0], [52, 0]]).T / 2, rtol=1e-14)
    np.testing.assert_allclose(gradients[1], np.array([[8, 32], [-12, -48]]).T / 2, rtol=1e-14)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_generated_value_is_that_of_the_plain_function(depth, tmp_path, rng):
    generated = GeneratedLoss(depth, tmp_path)
    for rows, features, width in ((7, 3, 4), (1, 5, 2)):
        x, y = rng.standard_normal((rows, features)), rng.standard_normal((rows, 1))
        Ws = initial_weights(features, depth, width, seed=1)
        assert generated.value(x, y, Ws) == pytest.approx(loss(x, y, Ws), rel=1e-13)
    assert check_module(generated.path).passed


def test_one_example_and_a_batch_go_through_the_same_model(rng):
    Ws = initial_weights(6, 3, 5, seed=0)
    x = rng.standard_normal((4, 6))
    for row, expected in zip(x, mlp(x, Ws), strict=True):
        np.testing.assert_allclose(mlp(row, Ws), expected, rtol=1e-13)


def test_a_wrong_dimension_is_an_error_when_the_graph_is_built():
    with pytest.raises(ShapeError) as error:
        gc.from_function(loss, x="b n", y="b k", Ws=["n m", "p k"])
    message = str(error.value)
    for part in ("matmul", "(b, m)", "(p, k)", "model.py", "@ W"):
        assert part in message


def test_initial_weights_have_the_variance_of_he():
    Ws = initial_weights(300, 3, 400, seed=0)
    for W, variance in zip(Ws, (2 / 300, 2 / 400, 1 / 400), strict=True):
        assert W.var() == pytest.approx(variance, rel=0.3 if W.shape[1] == 1 else 0.03)


def test_the_gradient_is_generated_and_imported_once_for_each_depth(data, tmp_path, monkeypatch):
    built: list[object] = []
    imported: list[Path] = []
    from_function = gc.from_function

    def counted(function, /, **shapes):
        built.append(function)
        return from_function(function, **shapes)

    def noted(path):
        imported.append(path)
        return load(path)

    monkeypatch.setattr(gc, "from_function", counted)
    monkeypatch.setattr(model, "load", noted)
    study(data, SETTINGS._replace(epochs=2), shapes([1, 2, 3], [2, 3, 4]), tmp_path)
    assert [path.name for path in imported] == [f"mlp_loss_depth_{d}.py" for d in (1, 2, 3)]
    assert len(built) == 3


def test_the_module_runs_without_graphcomp(tmp_path):
    GeneratedLoss(2, tmp_path)
    code = (
        "import sys; sys.modules['graphcomp'] = None; sys.path.insert(0, '.')\n"
        "import numpy as np, mlp_loss_depth_2 as m\n"
        "print(m.loss(np.eye(2), np.ones((2, 1)), [np.eye(2), np.ones((2, 1))]))"
    )
    command = [sys.executable, "-I", "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("0.0", "")


# ---------------------------------------------------------------- optimisers


def test_gradient_steps_by_hand():
    Ws = [np.array([[1.0, -2.0]]), np.array([0.5])]
    new = SGD(0.1).step(Ws, [np.array([[10.0, -1.0]]), np.array([2.0])])
    np.testing.assert_allclose(new[0], [[0.0, -1.9]], atol=1e-16)
    np.testing.assert_allclose(new[1], [0.3])
    assert Ws[0].tolist() == [[1.0, -2.0]]


def test_two_steps_of_adam_by_hand():
    adam = Adam(0.1)
    [first] = adam.step([np.array([1.0])], [np.array([2.0])])
    # m = 0.2, s = 0.004; corrected 2 and 4
    assert first[0] == pytest.approx(1 - 0.1 * 2 / (2 + 1e-8), rel=1e-15)
    [second] = adam.step([first], [np.array([-1.0])])
    # m = 0.9*0.2 - 0.1 = 0.08, s = 0.999*0.004 + 0.001 = 0.004996
    step = 0.1 * (0.08 / 0.19) / (np.sqrt(0.004996 / 0.001999) + 1e-8)
    assert second[0] == pytest.approx(first[0] - step, rel=1e-14)


# ---------------------------------------------------------------- training


def test_each_row_is_seen_once_an_epoch_and_in_a_new_order():
    epochs = [list(batches(10, 4, seed=0, epoch=epoch)) for epoch in (1, 2)]
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == [4, 4, 2]
        assert sorted(np.concatenate(epoch)) == list(range(10))
    assert np.concatenate(epochs[0]).tolist() != np.concatenate(epochs[1]).tolist()


@pytest.mark.parametrize(("optimiser", "rate"), [("sgd", 0.02), ("adam", 0.01)])
def test_every_network_learns_friedmans_formula(data, tmp_path, optimiser, rate):
    settings = SETTINGS._replace(optimiser=optimiser, rate=rate, epochs=50)
    results = study(data, settings, shapes([1, 2, 3], [4, 16]), tmp_path)
    assert len(results) == 5
    for _, _, history in results:
        assert len(history.train) == len(history.test) == 51
        assert history.train[-1] < 0.5 * history.train[0]
        assert history.test[-1] < 0.5 * mean_losses(data)[1]
    # the formula is not linear, and a hidden layer sees that
    assert results[2].history.test[-1] < results[0].history.test[-1]


def test_a_linear_network_ends_at_least_squares(data, tmp_path):
    [result] = study(data, SETTINGS._replace(epochs=200, rate=0.01), [Shape(1, 0)], tmp_path)
    best, *_ = np.linalg.lstsq(data.x_train, data.y_train)
    expected = loss(data.x_train, data.y_train, [best])
    assert expected <= result.history.train[-1] < 1.01 * expected


def test_the_same_seed_trains_the_same_network(data, tmp_path):
    first, again, other = (
        study(data, SETTINGS._replace(seed=seed, epochs=2), [Shape(2, 3)], tmp_path)[0].history
        for seed in (5, 5, 6)
    )
    assert first.train == again.train
    assert first.train != other.train


def test_training_stops_when_the_losses_have_no_bounds(data, tmp_path):
    network = Network(initial_weights(10, 2, 16, 0), GeneratedLoss(2, tmp_path), SGD(10.0))
    history = train(network, data, epochs=50, batch=8, seed=0)
    assert history.diverged
    assert len(history.seconds) < 50


# ---------------------------------------------------------------- study


def results_of_a_study() -> list[Result]:
    return [
        Result(Shape(1, 0), 10, History([9.0, 2.0], [9.0, 3.0], [0.1])),
        Result(Shape(2, 4), 44, History([9.0, 1.0], [9.0, 1.5], [0.1])),
        Result(Shape(2, 16), 176, History([9.0, np.inf], [9.0, np.nan], [0.1])),
    ]


def test_the_table_begins_with_the_mean(data):
    head, mean, *rows = table(results_of_a_study(), data).splitlines()
    assert head.split()[:3] == ["depth", "width", "weights"]
    train_loss, test_loss = mean_losses(data)
    assert mean.split() == ["mean", f"{train_loss:.5g}", f"{test_loss:.5g}"]
    assert rows[0].split() == ["1", "-", "10", "2", "3", f"{1 - 3 / test_loss:.1%}"]
    assert rows[2].split() == ["2", "16", "176", "diverged", "in", "epoch", "1"]
    half = np.mean((data.y_test - 0.0) ** 2) / 2
    assert test_loss == pytest.approx(half)


def test_plots_are_pictures(data, tmp_path):
    for path in (
        loss_curves(results_of_a_study(), data, tmp_path / "curves.png"),
        loss_grid(results_of_a_study(), tmp_path / "grid.png"),
        loss_curves(results_of_a_study()[2:], data, tmp_path / "none_left.png"),
        loss_grid(results_of_a_study()[2:], tmp_path / "no_loss.png"),
    ):
        assert path.read_bytes().startswith(b"\x89PNG")


WINE = os.environ.get("GRAPHCOMP_WINE_CSV", "")


@pytest.mark.skipif(not WINE, reason="GRAPHCOMP_WINE_CSV names no copy of winequality-red.csv")
def test_every_network_beats_the_mean_on_red_wine(tmp_path):
    wine = read_table(Path(WINE))
    assert wine.values.shape == (1599, 12)
    data = prepare(wine, "quality", seed=0)
    assert (len(data.x_train), len(data.x_test)) == (1071, 528)
    results = study(data, SETTINGS._replace(epochs=100), shapes([1, 2, 3], [4, 16, 64]), tmp_path)
    for shape, _, history in results:
        assert history.test[-1] < 0.8 * mean_losses(data)[1], shape


# ---------------------------------------------------------------- PyTorch


@pytest.fixture
def torch():
    """PyTorch on one thread: several wait for each other where other tests run at the same time."""
    found = pytest.importorskip("torch", reason="PyTorch is not installed")
    threads = found.get_num_threads()
    found.set_num_threads(1)
    yield found
    found.set_num_threads(threads)


@pytest.mark.parametrize(("optimiser", "rate"), [("sgd", 0.02), ("adam", 0.003)])
def test_pytorch_trains_the_same_network(data, tmp_path, torch, optimiser, rate):
    torch_network = importlib.import_module("examples.mlp.torch_network")
    settings = SETTINGS._replace(optimiser=optimiser, rate=rate, epochs=5)
    for result in study(data, settings, shapes([1, 3], [8]), tmp_path):
        Ws = initial_weights(10, *result.shape, settings.seed)

        def theirs(rate, Ws=Ws):
            twin = torch_network.TorchNetwork(Ws, optimiser, rate)
            history = train(twin, data, epochs=5, batch=32, seed=0)
            return Comparison("torch", result.history, history)  # noqa: B023  (called at once)

        comparison = theirs(rate)
        assert comparison.difference <= TOLERANCE == 1e-8
        assert comparison.agrees
        assert len(str(comparison).splitlines()) == 2 + 6 + 1
        assert not theirs(rate * (1 + 1e-6)).agrees  # what is compared can differ


def test_pytorch_side_by_side_on_the_command_line(torch, tmp_path, capsys):
    quick = ("--depth", "1,2", "--width", "3", "--epochs", "3", "--batch", "100")
    assert train_mlp.main([*quick, "--compare", "torch", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert len(re.findall(r"^ +\d  ( *[\d.e+-]+){4}$", out, re.MULTILINE)) == 2 * 4
    found = re.findall(r"difference (\S+); time per epoch: graphcomp \S+ ms, torch \S+ ms", out)
    assert len(found) == 2
    assert all(float(difference) <= 1e-8 for difference in found)
    assert "differ" not in err
    assert "PyTorch uses 1 thread\n" in err


def test_losses_that_are_not_finite_never_agree():
    history = History([1.0, np.inf], [1.0, 1.0], [0.1])
    assert not Comparison("itself", history, history).agrees
    longer = History([1.0, 1.0], [1.0, 1.0], [0.1])
    assert not Comparison("other", History([1.0], [1.0]), longer).agrees
