"""What notebooks show: several formats, of which each front end takes the best that it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def bundle(formats: Mapping[str, Callable[[], str]], *, plain: str) -> dict[str, str]:
    """The formats that can be made, and text in any case.

    To look at a value must not fail: a drawing that is too large, or Graphviz missing, leaves the
    other formats.

    Args:
        formats: what makes each format, by its media type.
        plain: the text, if none of them is one.

    >>> bundle({"text/html": lambda: "<p>1</p>", "image/svg+xml": lambda: str(1 / 0)}, plain="1")
    {'text/plain': '1', 'text/html': '<p>1</p>'}
    """
    found = {"text/plain": plain}
    for name, make in formats.items():
        try:
            found[name] = make()
        except Exception:  # noqa: BLE001, S112  (whatever it is, the other formats say something)
            continue
    return found
