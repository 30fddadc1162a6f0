"""Large constant arrays: in a file beside the module, or handed over in memory."""

import importlib.util
import io
import os
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.check import check_module
from graphcomp.cli.main import main
from graphcomp.codegen.constants import LARGEST, packed_arrays
from graphcomp.errors import OutputError

TABLE = np.random.default_rng(0).normal(size=(40, 50))


def model(scale: float = 1.0) -> gc.Graph:
    x = gc.array("x", "50")
    small = np.arange(40.0)
    return gc.Graph([x], {"y": gc.let("h", (TABLE * scale) @ x + small).sum()}, name="model")


def imported(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def expected(x):
    return float(np.sum(TABLE @ x + np.arange(40.0)))


def test_a_written_module_reads_its_constants(tmp_path):
    path = model().write(tmp_path / "model.py", ["value", "grad"])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.npz", "model.py"]
    source = path.read_text()
    assert len(source) < 8000
    assert 'C1 = _STORED["C1"]  # (40, 50) float64' in source
    assert "Large constants are in the .npz file" in source
    module = imported(path)
    x = np.linspace(0, 1, 50)
    assert module.model(x) == pytest.approx(expected(x))
    np.testing.assert_allclose(module.model_grad(x)[0], TABLE.sum(axis=0))
    assert check_module(path).passed


def test_a_written_module_runs_without_graphcomp(tmp_path):
    model().write(tmp_path / "model.py", ["value"])
    code = (
        "import sys; sys.modules['graphcomp'] = None; import model; print(model.model([0.0] * 50))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == 780.0


def test_exact_bits_of_every_dtype(tmp_path):
    odd = np.tile(np.array([np.nan, np.inf, -0.0, 5e-324]), 300)
    whole, mask = np.arange(1200), np.arange(1200) % 3 == 0
    single = TABLE.astype(np.float32)
    x = gc.scalar("x")
    outputs = {
        "a": gc.constant(odd) * x,
        "b": gc.constant(whole),
        "c": gc.constant(mask),
        "d": gc.constant(single),
    }
    path = gc.Graph([x], outputs, name="f").write(tmp_path / "f.py", ["value"])
    found = imported(path).f(1.0)
    for array, wanted in zip(found, (odd, whole, mask, single), strict=True):
        assert array.dtype == wanted.dtype
        assert array.tobytes() == wanted.tobytes()


def test_compiled_functions_need_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function = model().compile("value_and_grad")
    x = np.ones(50)
    value, (d_x,) = function(x)
    assert value == pytest.approx(expected(x))
    np.testing.assert_allclose(d_x, TABLE.sum(axis=0))
    assert "_STORED = _stored(" in function.source
    assert list(tmp_path.iterdir()) == []


def test_transforms_of_functions_with_large_closures():
    big = np.random.default_rng(1).normal(size=(400, 250))
    x = np.ones(250)
    slope = gc.grad(lambda v: np.sum(np.tanh(big @ v)))
    found = slope(x)
    np.testing.assert_allclose(found, (1 - np.tanh(big @ x) ** 2) @ big)
    assert len(slope.source) < 10_000
    for transform in (gc.jacobian, gc.hessian, gc.value_and_grad):
        other = transform(lambda v: np.sum(np.tanh(big[:10] @ v)))
        other(x)
        assert len(other.source) < 10_000
    _, pull = gc.vjp(lambda v: big @ v, x)
    (d_v,) = pull(np.ones(400))
    np.testing.assert_allclose(d_v, big.sum(axis=0))


@pytest.mark.parametrize(("size", "names"), [(LARGEST, ["m.py"]), (LARGEST + 1, ["m.npz", "m.py"])])
def test_the_limit(size, names, tmp_path):
    x = gc.scalar("x")
    graph = gc.Graph([x], {"y": x * np.linspace(0, 1, size)})
    graph.write(tmp_path / "m.py", ["value"])
    assert sorted(file.name for file in tmp_path.iterdir()) == names


def test_the_same_bytes_every_time(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        model().write(folder / "model.py")
        os.utime(folder / "model.npz", (0, 0))
    for name in ("model.py", "model.npz"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    with zipfile.ZipFile(first / "model.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.create_system for entry in archive.infolist()} == {3}


class TestMissingOrStale:
    def test_a_missing_file(self, tmp_path):
        path = model().write(tmp_path / "model.py")
        (tmp_path / "model.npz").unlink()
        with pytest.raises(ImportError, match=r"can't read .*model\.npz: No such file.*copy both"):
            imported(path)

    def test_the_file_of_another_version(self, tmp_path):
        path = model().write(tmp_path / "model.py")
        old = (tmp_path / "model.npz").read_bytes()
        model(2.0).write(path)
        (tmp_path / "model.npz").write_bytes(old)
        with pytest.raises(ImportError, match=r"is not that of this version of the module.*write"):
            imported(path)

    def test_a_damaged_file(self, tmp_path):
        path = model().write(tmp_path / "model.py")
        (tmp_path / "model.npz").write_bytes(b"PK")
        with pytest.raises(ImportError, match="is not that of this version"):
            imported(path)

    def test_a_renamed_pair(self, tmp_path):
        path = model().write(tmp_path / "model.py")
        (tmp_path / "model.npz").rename(tmp_path / "other.npz")
        module = imported(path.rename(tmp_path / "other.py"))
        assert module.model(np.zeros(50)) == 780.0


class TestBothOrNeither:
    def test_a_foreign_file_of_constants_stops_both(self, tmp_path):
        np.savez(tmp_path / "model.npz", mine=np.arange(3))
        before = (tmp_path / "model.npz").read_bytes()
        with pytest.raises(OutputError, match=r"model\.npz' exists and was not generated"):
            model().write(tmp_path / "model.py")
        assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]
        assert (tmp_path / "model.npz").read_bytes() == before
        model().write(tmp_path / "model.py", force=True)
        assert imported(tmp_path / "model.py").model(np.zeros(50)) == 780.0

    def test_a_foreign_module_stops_both(self, tmp_path):
        (tmp_path / "model.py").write_text("mine = 1\n")
        with pytest.raises(OutputError, match=r"model\.py' exists and was not generated"):
            model().write(tmp_path / "model.py")
        assert [file.name for file in tmp_path.iterdir()] == ["model.py"]

    @pytest.mark.parametrize("failing", [0, 1])
    @pytest.mark.parametrize("exists", [False, True])
    def test_a_failure_on_the_way_leaves_what_was_there(
        self, failing, exists, tmp_path, monkeypatch
    ):
        if exists:
            model().write(tmp_path / "model.py")
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        calls = []
        replace = Path.replace

        def fails(self, target):
            calls.append(target)
            if len(calls) == failing + 1:
                raise OSError(28, "No space left on device")
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", fails)
        with pytest.raises(OutputError, match="disk is full"):
            model(3.0).write(tmp_path / "model.py")
        monkeypatch.undo()
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before

    def test_a_replaced_pair_keeps_its_permissions(self, tmp_path):
        path = model().write(tmp_path / "model.py")
        (tmp_path / "model.npz").chmod(0o600)
        model(2.0).write(path)
        assert stat.S_IMODE((tmp_path / "model.npz").stat().st_mode) == 0o600


class TestCommandLine:
    SOURCE = (
        "import numpy as np\n"
        "TABLE = np.random.default_rng(0).normal(size=(40, 50))\n"
        "def model(x):\n"
        "    return np.sum(TABLE @ x)\n"
    )

    def test_both_files_are_written(self, tmp_path, capsys):
        (tmp_path / "source.py").write_text(self.SOURCE)
        out = tmp_path / "out.py"
        assert (
            main(["compile", f"{tmp_path / 'source.py'}:model", "--shape", "x=50", "-o", str(out)])
            == 0
        )
        reports = capsys.readouterr().err
        assert "out.py" in reports
        assert "out.npz" in reports
        np.testing.assert_allclose(imported(out).model(np.ones(50)), TABLE.sum())
        assert main(["check", str(out)]) == 0

    def test_the_terminal_can_not_hold_the_file(self, tmp_path, capsys):
        (tmp_path / "source.py").write_text(self.SOURCE)
        assert main(["compile", f"{tmp_path / 'source.py'}:model", "--shape", "x=50"]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert re.search(r"too large to be printed \(C1 \(40, 50\)\).*-o NAME\.py", captured.err)


def test_the_file_is_an_ordinary_npz():
    with np.load(io.BytesIO(packed_arrays({"C1": TABLE})), allow_pickle=False) as file:
        assert file.files == ["C1"]
        np.testing.assert_array_equal(file["C1"], TABLE)
    assert packed_arrays({}) == b""
