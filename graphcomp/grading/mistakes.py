"""The kinds of mistakes that a hand derivation can hold, and what is said of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mistake(StrEnum):
    """What is wrong with a line."""

    SIGN = "sign"
    RECIPROCAL_SIGN = "sign of 1/x"
    MISSING_TERM = "missing term"
    EXTRA_TERM = "extra term"
    MISSING_FACTOR = "missing factor"
    EXTRA_FACTOR = "extra factor"
    MISSING_ADJOINT = "local partial alone"
    MISSING_PARTIAL = "chain rule stopped early"
    MISSING_MASK = "missing mask"
    WRONG_MASK = "wrong mask"
    MASK_AT_KINK = "mask at the kink"
    VALUE_FOR_DERIVATIVE = "value instead of derivative"
    WRONG_POINT = "derivative at the wrong step"
    WRONG_STEP = "wrong step"
    WRONG_ADJOINT = "adjoint of the wrong step"
    PRODUCT_RULE = "product rule"
    QUOTIENT_RULE = "quotient rule"
    INVERTED = "divided instead of multiplied"
    EXPONENT = "wrong exponent"
    FACTOR_SQUARED = "factor squared"
    TRANSPOSED = "transposed"
    OUTER_SWAPPED = "outer product swapped"
    FORWARD_FOR_REVERSE = "J instead of its transpose"
    MATRIX_PRODUCT = "elementwise instead of matrix product"
    MISSING_SUM = "missing sum"
    EXTRA_SUM = "sum too many"
    WRONG_AXIS = "wrong axis"
    MEAN_FOR_SUM = "mean instead of sum"
    SUM_FOR_MEAN = "sum instead of mean"
    WRONG_SHAPE = "wrong shape"
    NOT_FINITE = "not finite"
    ARITHMETIC = "value"
    DIFFERENT = "different"
    FAILED = "failed"
    UNKNOWN = "unknown name"
    REPEATED = "given twice"


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosis: the kind of mistake, and a sentence or two about it."""

    mistake: Mistake
    text: str
