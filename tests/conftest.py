"""Fixtures and settings for all tests."""

import difflib
from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden"

# The same examples in every run, so that a failure is somebody's change and not somebody's luck.
# `--hypothesis-profile=search` looks further.
hypothesis.settings.register_profile(
    "default", deadline=None, derandomize=True, max_examples=50, print_blob=True
)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile("default")


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of random numbers with a fixed seed."""
    return np.random.default_rng(20)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file in tests/golden/; `--update-golden` writes the file instead.

    As in `golden("sigmoid_reverse.txt", trace)`.
    """

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
            return
        if not path.exists():
            pytest.fail(f"there is no tests/golden/{name}; --update-golden writes it")
        # newline="": a stray carriage return is a difference too
        with path.open(encoding="utf-8", newline="") as file:
            expected = file.read()
        if text != expected:
            diff = difflib.unified_diff(
                expected.splitlines(), text.splitlines(), f"tests/golden/{name}", "now", lineterm=""
            )
            lines = "\n".join(diff) or "(only the ends of lines differ)"
            pytest.fail(f"{lines}\n--update-golden accepts this", pytrace=False)

    return compare
