"""Everything of the vocabulary is tested and documented: what is on the list can't silently go missing."""

from typing import Any

import pytest

import graphcomp as gc
from docs import make_ops_table
from graphcomp import ops
from graphcomp.numpy_protocol import NUMPY, OPS_BY_NUMPY, SCIPY
from graphcomp.op import Kind, Op
from tests.conformance.array_calls import KEYS, MASKS
from tests.conformance.calls import CALLS
from tests.conformance.cases import CASES
from tests.conformance.vocabulary import FUNCTIONS, INDEXING, NUMPY_NAMES, OWN_NAMES, SCIPY_NAMES
from tests.test_array_vocabulary import UPDATES

#: Where indexing is tested: the cases of each kind.
INDEXING_CASES: dict[str, Any] = {
    "basic": [case for case in CASES if case.op.name == "getitem"],
    "advanced": KEYS,
    "mask": MASKS,
    "at.set": UPDATES,
    "at.add": UPDATES,
}


def is_covered(function: Any) -> bool:
    """Whether the conformance suite calls it, or takes it from the record of an op."""
    recorded = any(function in case.op.numpy for case in CASES)
    return bool(CALLS.get(function)) or recorded


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_the_vocabulary_is_in_the_conformance_suite(name: str):
    assert is_covered(FUNCTIONS[name])


@pytest.mark.parametrize("name", INDEXING)
def test_every_kind_of_indexing_is_in_the_conformance_suite(name: str):
    assert INDEXING_CASES[name]


@pytest.mark.parametrize("name", OWN_NAMES)
def test_the_functions_that_scipy_keeps_to_itself_are_ops(name: str):
    assert ops.BY_NAME[name].kind is not Kind.DISCRETE
    assert any(case.op.name == name for case in CASES)


def test_every_function_of_the_vocabulary_stands_for_something():
    for name in NUMPY_NAMES:
        function = FUNCTIONS[f"np.{name}"]
        assert function in NUMPY or function in OPS_BY_NUMPY, name
    assert set(SCIPY_NAMES) <= set(SCIPY)


@pytest.mark.parametrize("name", [*NUMPY_NAMES, *SCIPY_NAMES, *OWN_NAMES])
def test_every_function_of_the_vocabulary_has_a_name_here(name: str):
    assert callable(getattr(gc, name.rpartition(".")[2]))


def test_every_registered_function_is_tested():
    assert [function for function in NUMPY if not CALLS.get(function)] == []


def test_the_page_lists_the_vocabulary():
    page = make_ops_table.PAGE.read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"`{name}`" not in page] == []
    assert [name for name in OWN_NAMES if f"`{name}`" not in page] == []


@pytest.mark.parametrize("op", ops.ALL, ids=lambda op: op.name)
def test_every_op_with_a_derivative_says_by_which_rule(op: Op):
    passes = op.kind not in {Kind.LEAF, Kind.DISCRETE}
    assert bool(op.why) == passes
    assert len(op.why_constant) in {0, op.arity}
    for text in (op.why, *op.why_constant, op.why_reverse):
        assert text.isascii()  # signs are the printers' business
        assert text == text.strip(" .")
        assert len(text) <= 100
