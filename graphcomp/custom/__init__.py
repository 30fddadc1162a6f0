"""Operations and derivative rules that users bring along."""

from __future__ import annotations

from graphcomp.custom.elementwise import ElementwiseOp, elementwise_op
from graphcomp.custom.functions import CustomJvp, CustomVjp, custom_jvp, custom_vjp

__all__ = [
    "CustomJvp",
    "CustomVjp",
    "ElementwiseOp",
    "custom_jvp",
    "custom_vjp",
    "elementwise_op",
]
