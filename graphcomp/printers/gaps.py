"""Long lists, cut in the middle."""

from __future__ import annotations

from collections.abc import Sequence


def gapped(items: Sequence[int], most: int | None) -> tuple[list[int | None], int]:
    """The items that are shown, None for those in the middle that are not, and how many these are.

    Args:
        items: all of them.
        most: how many are shown; None: all.

    >>> shown, left_out = gapped(range(100), 40)
    >>> shown[18:23], left_out
    ([18, 19, None, 80, 81], 60)
    """
    if most is None or len(items) <= most:
        return list(items), 0
    half = max(1, most // 2)
    return [*items[:half], None, *items[len(items) - half :]], len(items) - 2 * half
