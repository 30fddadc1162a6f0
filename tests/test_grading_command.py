"""``graphcomp grade``: what it reads, what it prints, how it ends."""

import json
import signal
import time
from pathlib import Path

import pytest

from examples import e6_named_derivatives
from tests.test_cli import Run, start

SIGMOID = "y(x, a) = 1/(1+exp(-a*x))"
MODEL = """
import numpy as np


def loss(x, y, W):
    r = W @ x - y
    return 0.5 * np.sum(r**2)
"""
ANSWERS = """
import numpy as np


def helper(r):
    return 2 * r


def d_loss_d_r(r):
    print("from the answers")
    return r


def d_loss_d_W(d_loss_d_r, x):
    return np.outer(x, d_loss_d_r)
"""
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(MODEL)
    Path("answers.py").write_text(ANSWERS)
    Path("right.txt").write_text("dx = a*y*(1 - y)\nda = x*y*(1 - y)\n")
    Path("wrong.txt").write_text("w5_bar = 1\nw4_bar = 1/w4**2\n")
    return Run(capsys)


def test_right_answers_end_with_0_and_wrong_ones_with_1(run: Run) -> None:
    right = run(f"grade '{SIGMOID}' right.txt")
    assert right.status == 0
    assert "all 2 lines are right" in right.out
    wrong = run(f"grade '{SIGMOID}' wrong.txt --at x=1,a=2")
    assert wrong.status == 1
    assert "the first wrong one is line 2, w4_bar" in wrong.out
    assert wrong.err == ""
    assert run(f"grade '{SIGMOID}' right.txt --wrt x,a --seed 3 --tolerance 1e-6").status == 0


def test_a_missing_derivative_that_was_asked_for_ends_with_1(run: Run) -> None:
    missing = run(f"grade '{SIGMOID}' wrong.txt --wrt x")
    assert missing.status == 1
    assert "missing: x" in missing.out


def test_a_file_of_functions_is_graded_against_the_only_function_of_a_file(run: Run) -> None:
    done = run("grade model.py answers.py --shape x=n,y=m,W=m:n")
    assert done.status == 1
    assert "The operands of the outer product are swapped" in done.out
    assert "def d_loss_d_W(d_loss_d_r, x)" in done.out
    assert "helper" not in done.out
    assert "from the answers" not in done.out, "what answers print is no data"
    assert "from the answers" in done.err
    assert run("grade model.py:loss answers.py --shape x=n,y=m,W=m:n").out == done.out


def test_the_report_as_json(run: Run) -> None:
    done = run(f"grade '{SIGMOID}' wrong.txt --format json")
    data = json.loads(done.out)
    assert done.status == 1
    assert [line["verdict"] for line in data["lines"]] == ["right", "wrong"]
    assert data["first_wrong"] == "w4_bar"


def test_the_example_finds_its_mistake(run: Run) -> None:
    model, answers = EXAMPLES / "e6_model.txt", EXAMPLES / "answers_e6.py"
    done = run(f"grade '{model}' '{answers}' --shape x=,W0=3,W1=3:3,W2=3")
    assert done.status == 1
    assert "the first wrong one is line 45, d_loss_d_h0; 2 are wrong only because" in done.out
    assert e6_named_derivatives.graph().name == "loss"


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        (f"grade '{SIGMOID}'", 2, "ANSWERS"),
        (f"grade '{SIGMOID}' right.txt --tolerance 2", 2, "between 0 and 1"),
        (f"grade '{SIGMOID}' right.txt --seed -1", 2, "negative"),
        (f"grade '{SIGMOID}' right.txt --format xml", 2, "invalid choice"),
        (f"grade '{SIGMOID}' none.txt", 1, "no such file"),
        (f"grade '{SIGMOID}' none.py", 1, "no such file"),
        (f"grade '{SIGMOID}' .", 1, "can't be read"),
        (f"grade '{SIGMOID}' raises.py", 1, "raises.py:1: ValueError: boom"),
        (f"grade '{SIGMOID}' syntax.py", 1, "syntax.py:1: SyntaxError"),
        (f"grade '{SIGMOID}' empty.py", 1, "defines no function"),
        (f"grade '{SIGMOID}' empty.txt", 1, "no line to grade"),
        (f"grade '{SIGMOID}' helpers.py", 1, "no function is named like a derivative (d_y_d_x)"),
        (f"grade '{SIGMOID}' right.txt --at q=1", 1, "'q'"),
        (f"grade '{SIGMOID}' right.txt --wrt q", 1, "'q'"),
        ("grade 'log(-1 - x**2)' right.txt", 1, "no point"),
        ("grade model.py answers.py", 1, "matmul"),
    ],
)
def test_what_can_not_be_graded_gets_one_message(
    run: Run, command: str, status: int, says: str
) -> None:
    Path("raises.py").write_text("raise ValueError('boom')\n")
    Path("syntax.py").write_text("def f(:\n")
    Path("empty.py").write_text("")
    Path("empty.txt").write_text("")
    Path("helpers.py").write_text("def helper(p):\n    return p\n")
    done = run(command)
    assert done.status == status
    assert done.out == ""
    assert says in done.err
    assert "Traceback" not in done.err


def test_an_endless_answer_can_be_interrupted(tmp_path: Path) -> None:
    text = "def d_y_d_x(x):\n    open('started', 'w').close()\n    while True:\n        pass\n"
    (tmp_path / "answers.py").write_text(text)
    process = start("grade", "y = x**2", "answers.py", cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
