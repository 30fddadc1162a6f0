"""Source text laid out as formatters set it, at most 88 columns wide.

Brackets are opened only where a line is too long; then their content stands on a line of its own,
or, if that is too long as well, each element on its own line with a comma behind it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH = 88
INDENT = "    "

_OPEN, _CLOSE = "([{", ")]}"
_STRING = r"'[^']*'|\"(?:[^\"\\]|\\.)*\""  # passes as one
_MARKERS = re.compile(rf"{_STRING}|[\[\](){{}},]")
_RANKS = (("<", ">", "<=", ">=", "==", "!="), ("+", "-"), ("*", "/", "//", "%", "@"), ("**",))
_OPERATORS = re.compile(rf"{_STRING}|[\[\](){{}}]| (?:[<>]=?|[=!]=|[-+%@]|\*\*?|//?)(?= )")
_ASSIGNED = re.compile(r"[\w.]+(?:: \w+)? (?:[-+*/@%]|//|\*\*)?= ")


def layout(text: str, indent: int = 0) -> list[str]:
    """One logical line of source as lines.

    >>> for line in layout("total = function(" + "argument, " * 7 + "last)"):
    ...     print(line)
    total = function(
        argument, argument, argument, argument, argument, argument, argument, last
    )
    """
    line = INDENT * indent + text
    if len(line) <= WIDTH:
        return [line]
    target, value = _assigned(text)
    margin = INDENT * indent
    room = WIDTH - len(margin)
    found = _last_bracket(text, room)
    if target and (found is None or found[0] >= room or _takes_parentheses(value)):
        return [f"{margin}{target}(", *_expression(value, indent + 1), f"{margin})"]
    if found is None:
        return [line]
    start, stop = found
    head, body, tail = text[: start + 1], text[start + 1 : stop], text[stop:]
    if not body:
        return [line]
    parts = split_commas(body)
    called = start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_)]")
    if not called and text[start] == "(" and parts == [body.strip()]:  # a comma makes a tuple of it
        return [margin + head, *_expression(body, indent + 1), margin + tail]
    if called and len(margin) + len(INDENT) + len(body) <= WIDTH:
        return [margin + head, margin + INDENT + body, margin + tail]
    lines = [margin + head]
    for part in parts:
        lines += _expression(f"{part},", indent + 1)
    return [*lines, margin + tail]


def _assigned(text: str) -> tuple[str, str]:
    """The target of an assignment with its equals sign, and the value; no target elsewhere."""
    found = _ASSIGNED.match(text)
    return (found.group(), text[found.end() :]) if found else ("", text)


def _takes_parentheses(value: str) -> bool:
    """Whether a formatter puts a long value into parentheses, rather than open its last bracket."""
    count = len(_terms(value))
    return count > 2 or (count == 2 and not value.startswith("(") and not value.endswith(")"))


def _expression(text: str, indent: int) -> list[str]:
    """An expression inside parentheses: split at its outermost operators where it is too long.

    >>> for line in _expression("first_factor * (" + "a + " * 20 + "b) - 1", 0):
    ...     print(line)
    first_factor
    * (a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + a + b)
    - 1
    """
    line = INDENT * indent + text
    if len(line) <= WIDTH:
        return [line]
    terms = _terms(text)
    if len(terms) == 1:
        return layout(text, indent)
    return [line for term in terms for line in _expression(term, indent)]


def _terms(text: str) -> list[str]:
    """The operands of the outermost operators, each behind its operator."""
    depth, places = 0, dict[int, list[int]]()
    for match in _OPERATORS.finditer(text):
        mark = match.group()
        if mark in _OPEN:
            depth += 1
        elif mark in _CLOSE:
            depth -= 1
        elif depth == 0 and match.start() > 0 and mark[0] == " ":
            rank = next(i for i, kin in enumerate(_RANKS) if mark.strip() in kin)
            places.setdefault(rank, []).append(match.start())
    cuts = [-1, *places[min(places)], len(text)] if places else [-1, len(text)]
    return [text[start + 1 : stop] for start, stop in pairwise(cuts)]


def _last_bracket(text: str, room: int) -> tuple[int, int] | None:
    """Where the last outermost bracket opens and closes before which there is room, if any."""
    depth, start, found = 0, 0, None
    for match in _MARKERS.finditer(text):
        mark = match.group()
        if mark in _OPEN:
            if depth == 0:
                start = match.start()
            depth += 1
        elif mark in _CLOSE:
            depth -= 1
            if depth == 0 and (found is None or start < room):
                found = (start, match.start())
    return found


def closing_bracket(text: str) -> int:
    """Where the bracket that a text starts with is closed."""
    depth = 0
    for match in _MARKERS.finditer(text):
        depth += (match.group() in _OPEN) - (match.group() in _CLOSE)
        if depth == 0:
            return match.start()
    return len(text)


def split_commas(text: str) -> list[str]:
    """The parts between outermost commas."""
    parts, depth, start = [], 0, 0
    for match in _MARKERS.finditer(text):
        mark = match.group()
        if mark in _OPEN:
            depth += 1
        elif mark in _CLOSE:
            depth -= 1
        elif mark == "," and depth == 0:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts


def words(lines: Iterable[str]) -> set[str]:
    """The names and numbers in some lines."""
    return set(re.findall(r"\w+", "\n".join(lines)))


@dataclass(frozen=True, slots=True)
class Call:
    """A call with keyword arguments, which are structures of texts."""

    name: str
    keys: tuple[str, ...]
    items: list[Any]


def returned(tree: Any, indent: int) -> list[str]:
    """A return statement for texts in nested tuples, lists, dicts and calls."""
    line = f"{INDENT * indent}return {_texts(tree, top=True)}"
    if len(line) <= WIDTH or isinstance(tree, str):
        return [line] if len(line) <= WIDTH else layout(line.strip(), indent)
    return _opened(tree, indent, "return ", "")


def _brackets(tree: Any) -> tuple[str, str]:
    if isinstance(tree, Call):
        return f"{tree.name}(", ")"
    if isinstance(tree, list):
        return "[", "]"
    return ("{", "}") if isinstance(tree, dict) else ("(", ")")


def _items(tree: Any) -> list[tuple[str, Any]]:
    """The items of a structure, each with what is written before it."""
    if isinstance(tree, Call):
        return [(f"{key}=", item) for key, item in zip(tree.keys, tree.items, strict=True)]
    if isinstance(tree, dict):
        return [(f"{_inline(key)}: ", item) for key, item in tree.items()]
    return [("", item) for item in tree]


def _texts(tree: Any, *, top: bool = False) -> str:
    if tree is None or isinstance(tree, str):
        return str(tree)
    text = ", ".join(f"{prefix}{_texts(item)}" for prefix, item in _items(tree))
    alone = isinstance(tree, tuple)
    text += "," if alone and len(tree) == 1 else ""
    opening, closing = _brackets(tree)
    return text if alone and top and len(tree) > 1 else f"{opening}{text}{closing}"


def _opened(tree: Any, indent: int, prefix: str, suffix: str) -> list[str]:
    margin = INDENT * indent
    line = f"{margin}{prefix}{_texts(tree)}{suffix}"
    if tree is None or isinstance(tree, str) or (len(line) <= WIDTH and prefix != "return "):
        return [line]
    opening, closing = _brackets(tree)
    items = _items(tree)
    body = ", ".join(f"{before}{_texts(item)}" for before, item in items)
    if isinstance(tree, Call) and len(margin) + len(INDENT) + len(body) <= WIDTH:
        inner = [margin + INDENT + body]
    else:
        inner = [row for before, item in items for row in _opened(item, indent + 1, before, ",")]
    return [f"{margin}{prefix}{opening}", *inner, f"{margin}{closing}{suffix}"]


def literal(value: Any, prefix: str, indent: int = 0, suffix: str = "") -> list[str]:
    """A nested dict, list or tuple of plain values as source, after a prefix such as ``X = ``."""
    margin = INDENT * indent
    line = f"{margin}{prefix}{_inline(value)}{suffix}"
    if len(line) <= WIDTH or not isinstance(value, (dict, list, tuple)) or not value:
        return [line]
    opening, closing = {dict: ("{", "}"), list: ("[", "]"), tuple: ("(", ")")}[type(value)]
    lines = [f"{margin}{prefix}{opening}"]
    if isinstance(value, dict):
        for key, item in value.items():
            lines += literal(item, f"{_inline(key)}: ", indent + 1, ",")
    else:
        for item in value:
            lines += literal(item, "", indent + 1, ",")
    return [*lines, f"{margin}{closing}{suffix}"]


def quoted(text: str) -> str:
    """A string literal in double quotes."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in shown else shown


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inline(k)}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_inline, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def docstring(summary: str, details: Sequence[str] = (), indent: int = 0) -> list[str]:
    """A docstring, the summary wrapped, the details as they are."""
    margin = INDENT * indent
    room = WIDTH - len(margin)
    if not details and len(summary) + 6 <= room:
        return [f'{margin}"""{summary}"""']
    glued = re.sub(r"\([^()]*\)", lambda match: match.group().replace(" ", "\0"), summary)
    width = room - (3 if details else 6)  # a formatter puts closing quotes behind a single line
    wrapped = textwrap.wrap(glued, width, break_long_words=False) or [""]
    first, *rest = [line.replace("\0", " ") for line in wrapped]
    lines = [f'{margin}"""{first}', *(margin + line for line in rest)]
    if details:
        lines += ["", *(margin + line if line else "" for line in details)]
    return [*lines, f'{margin}"""']


def comment(text: str, indent: int = 0) -> list[str]:
    """A comment, wrapped."""
    margin = INDENT * indent + "# "
    return [margin + line for line in textwrap.wrap(text, WIDTH - len(margin))]


def definition(name: str, params: Sequence[str], result: str, indent: int = 0) -> list[str]:
    """The first line of a function, or its lines."""
    margin = INDENT * indent
    head, tail = f"{margin}def {name}(", f") -> {result}:"
    body = ", ".join(params)
    if len(head) + len(body) + len(tail) <= WIDTH:
        return [head + body + tail]
    lines = [head]
    if len(params) > 1 and len(margin) + len(INDENT) + len(body) <= WIDTH:
        lines.append(margin + INDENT + body)
    else:  # formatters set one parameter with a comma behind it
        lines += [f"{margin}{INDENT}{param}," for param in params]
    if len(margin) + len(tail) <= WIDTH:
        return [*lines, margin + tail]
    start, stop = tail.index("[") + 1, tail.rindex("]")
    items = split_commas(tail[start:stop])
    lines.append(margin + tail[:start])
    if len(margin) + len(INDENT) + len(", ".join(items)) <= WIDTH:
        lines.append(margin + INDENT + ", ".join(items))
    else:
        lines += [f"{margin}{INDENT}{item}," for item in items]
    return [*lines, margin + tail[stop:]]


def unpacked(targets: Sequence[str], call: str, indent: int) -> list[str]:
    """``a, b = call(...)``, or the name of what is taken apart in place of the call."""
    text = f"{', '.join(targets)} = {call}"
    margin = INDENT * indent
    opening = text.index("(") + 1 if "(" in text else len(text)
    if len(margin) + opening <= WIDTH:
        return layout(text, indent)
    lines = [f"{margin}(", *(f"{margin}{INDENT}{target}," for target in targets)]
    first, *rest = layout(f"_ = {call}", indent)
    return [*lines, f"{margin}){first.removeprefix(margin)[1:]}", *rest]
