"""graphcomp as its user has it: the model traced, compiled with default options."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

import graphcomp as gc
from benchmarks.case import Call, Case, LeftOut
from benchmarks.peers.namespaces import Namespace

XP = Namespace(np, relu=gc.relu, softplus=gc.softplus, logsumexp=gc.logsumexp)


def build(case: Case) -> Mapping[str, Call]:
    """A call of the generated function."""
    return {"graphcomp": call(case, "math" if case.scalar else "numpy")}


def call(case: Case, target: str) -> Call:
    """A call of what is generated for a target."""
    compiled = compile_case(case, target)
    operands = case.operands
    if case.task != "blocks":
        return lambda: compiled(*operands)

    def blocks() -> Any:
        value, found = compiled(*operands)
        return value, tuple(zip(*found, strict=True))  # row by row

    return blocks


def compile_case(case: Case, target: str) -> Any:
    """The generated function.

    Raises:
        LeftOut: graphcomp cannot do it yet; with its own message.
    """
    kind = {"gradient": "value_and_grad"}.get(case.task, case.task)
    wrt = case.wrt[0] if len(case.wrt) == 1 else list(case.wrt)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gc.DerivativeWarning)
            graph = gc.from_function(case.model(XP), shapes=case.shapes)
            return graph.compile(kind, wrt=wrt, target=target, checks=case.checks)
    except gc.GraphcompError as error:
        raise LeftOut(str(error)) from error
