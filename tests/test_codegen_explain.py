"""What is said of the passes: rules, memory, blocks."""

import graphcomp as gc
from graphcomp.cli import main
from tests.test_codegen_rows import MIXTURE, mixture


def test_what_blocks_save():
    text = gc.from_function(mixture, **MIXTURE).explain(["value_and_grad"])
    assert text.startswith("mixture_value_and_grad\n")
    assert "d*k*n" in text  # without blocks
    blocks = next(line for line in text.splitlines() if line.startswith("  blocks"))
    assert "along n" in blocks
    assert "d*k*n" not in blocks


def test_rules_are_named_with_their_number():
    x = gc.scalar("x")
    y = gc.log(1 + gc.exp(x)) + gc.log(1 + gc.exp(2 * x))
    lines = gc.Graph([x], {"y": y}).explain(["value"], target="math").splitlines()
    assert lines[0] == "y"
    assert any("softplus 2" in line for line in lines if line.startswith("  stability"))
    assert not any("arrays" in line for line in lines)


def test_every_function_has_its_own_lines():
    text = gc.from_string("y = x*a").explain(["value", "grad", "vjp"])
    assert [line for line in text.splitlines() if not line.startswith(" ")] == [
        "y",
        "y_grad",
        "y_vjp",
    ]


def test_explain_on_the_command_line(tmp_path, capsys):
    assert main(["compile", "y = x*a", "--explain"]) == 0
    assert "operations" in capsys.readouterr().out
    path = tmp_path / "product.py"
    assert main(["compile", "y = x*a", "--explain", "-o", str(path)]) == 0
    assert "operations" in capsys.readouterr().out
    assert "def y(" in path.read_text()
