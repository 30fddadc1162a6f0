"""The package as a stranger gets it: built, installed in clean environments, used from there."""

import email
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import graphcomp as gc

ROOT = Path(__file__).parent.parent

# One worker takes them all, so that wheel and environments are made once.
pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging")]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from this source tree; its output, standard error included."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def python(environment: Path, code: str, cwd: Path) -> str:
    """Run Python code in an environment; a warning is an error there too."""
    interpreter = environment / "bin" / "python"
    return run(interpreter, "-I", "-W", "error", "-c", textwrap.dedent(code), cwd=cwd)


def environment_with(folder: Path, *requirements: str | Path) -> Path:
    run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    pip = (folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", *requirements, cwd=folder.parent)
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, so that the latter is known to be complete."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def with_graphcomp(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel and what it depends on."""
    return environment_with(tmp_path_factory.mktemp("clean") / "graphcomp", wheel)


@pytest.fixture(scope="module")
def with_numpy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with NumPy alone."""
    return environment_with(tmp_path_factory.mktemp("clean") / "numpy", "numpy")


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata_name,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(metadata_name))
    assert "graphcomp/py.typed" in names
    packaged = {name for name in names if name.startswith("graphcomp/")}
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "graphcomp").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packaged == sources
    assert {name.partition("/")[0] for name in names} - {"graphcomp"} == {
        f"graphcomp-{gc.__version__}.dist-info"
    }
    assert metadata["Version"] == gc.__version__
    assert metadata["License-Expression"] == "MIT"
    required = {
        re.split(r"[^\w-]", line)[0]
        for line in metadata.get_all("Requires-Dist", [])
        if "extra ==" not in line
    }
    assert required == {"graphviz", "numpy", "pygraphviz", "sympy"}


def test_installed_package_draws(with_graphcomp: Path, tmp_path: Path) -> None:
    command = with_graphcomp / "bin" / "graphcomp"
    assert run(command, "--version", cwd=tmp_path).split() == ["graphcomp", gc.__version__]
    python(
        with_graphcomp,
        """
        import graphcomp as gc
        gc.from_string("y = 1/(1 + exp(-a*x))").draw("sigmoid.svg", mode="reverse")
        """,
        cwd=tmp_path,
    )
    assert "<svg" in (tmp_path / "sigmoid.svg").read_text(encoding="utf-8")


def test_importing_loads_no_drawing_library(with_graphcomp: Path, tmp_path: Path) -> None:
    loaded = python(
        with_graphcomp,
        "import sys, graphcomp; print('pygraphviz' in sys.modules)",
        cwd=tmp_path,
    )
    assert loaded.strip() == "False"


def test_generated_module_needs_numpy_alone(
    with_graphcomp: Path, with_numpy: Path, tmp_path: Path
) -> None:
    python(
        with_graphcomp,
        """
        import graphcomp as gc
        x, y = gc.array("x", "n"), gc.array("y", "k")
        W1, W2 = gc.array("W1", "m n"), gc.array("W2", "k m")
        loss = 0.5 * ((W2 @ gc.relu(W1 @ x) - y) ** 2).sum()
        graph = gc.Graph([x, y, W1, W2], {"loss": loss}, name="loss")
        functions = ["value", "value_and_grad", "vjp", "jvp", "hvp"]
        graph.write("loss_grad.py", functions=functions, wrt=["W1", "W2"])
        """,
        cwd=tmp_path,
    )
    printed = python(
        with_numpy,
        """
        import importlib.util, sys
        sys.path.insert(0, ".")
        assert importlib.util.find_spec("graphcomp") is None
        import numpy as np
        from loss_grad import loss_value_and_grad, loss_vjp

        random = np.random.default_rng(0)
        for n, m, k in (3, 4, 2), (1, 1, 1), (5, 2, 7):
            x, y = random.normal(size=n), random.normal(size=k)
            W1, W2 = random.normal(size=(m, n)), random.normal(size=(k, m))
            value, (d_W1, d_W2) = loss_value_and_grad(x, y, W1, W2)
            hidden = np.maximum(W1 @ x, 0)
            residual = W2 @ hidden - y
            np.testing.assert_allclose(value, residual @ residual / 2)
            np.testing.assert_allclose(d_W2, np.outer(residual, hidden))
            np.testing.assert_allclose(d_W1, np.outer((residual @ W2) * (hidden > 0), x))
        try:
            loss_value_and_grad(x[:-1], y, W1, W2)
        except ValueError as error:
            print("refused:", error)
        """,
        cwd=tmp_path,
    )
    assert printed.startswith("refused:")
    assert "n" in printed
