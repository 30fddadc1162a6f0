"""The public face: complete, documented, and clean to import."""

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import graphcomp as gc
from docs import make_ops_table, make_rewrites
from graphcomp.ops import ALL

ROOT = Path(__file__).parent.parent
NAMES = [name for name in gc.__all__ if name != "__version__"]
OBJECTS = {name: getattr(gc, name) for name in NAMES}
METHODS = [name for name in vars(gc.Graph) if not name.startswith("_")]
COMMANDS = ("draw", "explore", "trace", "compile", "check")
NEED_NO_EXAMPLE = {name for name, value in OBJECTS.items() if isinstance(value, (type, ModuleType))}


def test_names_are_listed_once_and_exist() -> None:
    assert len(set(gc.__all__)) == len(gc.__all__)
    namespace: dict[str, object] = {}
    exec("from graphcomp import *", namespace)
    assert set(gc.__all__) <= set(namespace)


def test_nothing_public_is_left_out() -> None:
    modules = {name for name, value in vars(gc).items() if inspect.ismodule(value)}
    found = {name for name in vars(gc) if not name.startswith("_")} - modules - {"annotations"}
    assert found <= set(gc.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented(name: str) -> None:
    text = inspect.getdoc(OBJECTS[name])
    assert text, f"{name} has no docstring"
    if not isinstance(OBJECTS[name], type) and callable(OBJECTS[name]):
        signature = inspect.signature(OBJECTS[name])
        assert signature.return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_a_graph_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(gc.Graph, name))


def without_example() -> list[str]:
    parser = doctest.DocTestParser()
    return [
        name
        for name, value in OBJECTS.items()
        if name not in NEED_NO_EXAMPLE and not parser.get_examples(inspect.getdoc(value) or "")
    ]


def test_public_functions_have_an_example() -> None:
    assert without_example() == []


def python(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_import_is_clean_and_loads_nothing_that_draws() -> None:
    heavy = ("pygraphviz", "scipy", "matplotlib")
    code = f"import sys, graphcomp; print([m for m in {heavy!r} if m in sys.modules])"
    assert python(code) == "[]\n"


def test_import_star_and_the_command_line_are_clean() -> None:
    assert python("from graphcomp import *; import graphcomp.cli, graphcomp.check") == ""


def test_errors_are_of_one_family() -> None:
    errors = [
        value
        for value in OBJECTS.values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert all(issubclass(e, (gc.GraphcompError, Warning)) for e in errors)


def test_the_table_of_operations_is_up_to_date() -> None:
    written = make_ops_table.PAGE.read_text(encoding="utf-8")
    assert written == make_ops_table.page(), "run: python -m docs.make_ops_table"


def test_the_table_of_operations_is_complete() -> None:
    page = make_ops_table.page()
    assert [op.name for op in ALL if f"| `{op.name}` |" not in page] == []


def test_the_page_of_rewrites_is_up_to_date() -> None:
    written = make_rewrites.PAGE.read_text(encoding="utf-8")
    assert written == make_rewrites.page(), "run: python -m docs.make_rewrites"


def test_every_option_of_the_command_line_is_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    helps = [python(f"from graphcomp.cli import main; main([{c!r}, '--help'])") for c in COMMANDS]
    options = set(re.findall(r"--[a-z][a-z-]*", "".join(helps))) - {"--help"}
    assert [option for option in sorted(options) if f"`{option}" not in page] == []
