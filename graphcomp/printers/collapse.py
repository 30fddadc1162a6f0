"""Which steps a drawing shows: all of them, scopes folded into one vertex each, or both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias

from graphcomp.errors import InputError
from graphcomp.names import fresh_name
from graphcomp.program import Program, Step

Path: TypeAlias = tuple[str, ...]

#: Scopes nested deeper are drawn as if they ended here.
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A vertex of the drawing.

    Attributes:
        name: unique in the drawing, an identifier.
        scope: the scopes around it, outermost first.
        steps: the steps that it stands for, in order; one, unless it is folded or left out.
        folded: the scope that it stands for, if it does.
        omitted: whether it stands for what there was no room for.
    """

    name: str
    scope: Path
    steps: tuple[Step, ...]
    folded: Path | None = None
    omitted: bool = False

    @property
    def step(self) -> Step | None:
        """The step, if it is shown as such."""
        return None if self.omitted or self.folded is not None else self.steps[0]


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn: the places in the order of the steps, and the place of every step."""

    places: tuple[Place, ...]
    place_of: Mapping[str, Place]
    total: int

    @property
    def folded(self) -> list[str]:
        """The scopes that are folded, as paths."""
        return ["/".join(place.folded) for place in self.places if place.folded is not None]


def view(
    program: Program,
    max_nodes: int,
    *,
    expand: Collection[str] = (),
    most: int = 200,
    follows: Collection[str] = (),
) -> View:
    """Choose what to draw of a program: at most `max_nodes` vertices.

    Scopes are folded as far as needed, the innermost and largest first. If that is not enough, the
    first and the last steps are kept.

    Args:
        program: the program.
        max_nodes: larger programs are collapsed.
        expand: scopes ("encoder/layer1") that stay open, up to `most` vertices in all.
        most: see there.
        follows: input steps that are drawn in the scope of the steps that read them.

    Raises:
        InputError: there is no such scope.
    """
    homes = _homes(program, set(follows))
    opened = _opened(expand, homes)
    places = _places(program, homes, _folds(homes, max_nodes, opened))
    limit = max(most, max_nodes) if opened else max_nodes
    if len(places) > limit:
        places = _both_ends(places, limit, {step.name for step in program.inputs})
    place_of = {step.name: place for place in places for step in place.steps}
    return View(tuple(places), place_of, len(program.steps))


def _homes(program: Program, follows: Collection[str]) -> dict[str, Path]:
    """The scope of every step."""
    homes = {step.name: _path(step.node.scope) for step in program.steps}
    around: dict[str, Path] = {}
    for step in program.steps:
        for operand in step.operands:
            if operand in follows and not homes[operand]:
                home = homes[step.name]
                around[operand] = _common(around[operand], home) if operand in around else home
    return homes | around


def _path(scope: str) -> Path:
    return tuple(part for part in scope.split("/") if part)[:MAX_DEPTH]


def _common(a: Path, b: Path) -> Path:
    """The scopes around both."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    return tuple(part for part, _ in pairs)


def _opened(expand: Collection[str], homes: Mapping[str, Path]) -> set[Path]:
    known = {home[:depth] for home in homes.values() for depth in range(1, len(home) + 1)}
    opened: set[Path] = set()
    for scope in (expand,) if isinstance(expand, str) else expand:
        path = _path(scope)
        if path not in known:
            listed = ", ".join(sorted("/".join(p) for p in known)[:20]) or "none"
            raise InputError(f"expand: there is no scope {scope!r}; there are: {listed}")
        opened.update(path[:depth] for depth in range(1, len(path) + 1))
    return opened


def _folds(homes: Mapping[str, Path], max_nodes: int, opened: Collection[Path]) -> set[Path]:
    """The scopes to fold: the innermost first, of those the largest, until the rest fits.

    Scopes of the same depth and size are folded together, so that equal layers look equal.
    """
    members = Counter(home[:depth] for home in homes.values() for depth in range(1, len(home) + 1))
    folded: set[Path] = set()
    shown = len(homes)
    weight = dict(members)  # how many places a scope takes now
    groups: dict[tuple[int, int], list[Path]] = {}
    for path in members:
        groups.setdefault((len(path), members[path]), []).append(path)
    for depth, size in sorted(groups, reverse=True):
        if shown <= max_nodes:
            break
        for path in groups[depth, size]:
            saved = weight[path] - 1
            if saved < 1 or path in opened:
                continue
            folded.add(path)
            shown -= saved
            for around in range(1, depth + 1):
                weight[path[:around]] -= saved
    return folded


def _places(program: Program, homes: Mapping[str, Path], folded: Collection[Path]) -> list[Place]:
    """Every step, or the outermost folded scope around it; inputs first, then by first operation."""
    taken = {step.name for step in program.steps}
    inside: dict[Path, list[Step]] = {}
    computing: set[Path] = set()
    for step in program.steps:
        path = _outermost(homes[step.name], folded)
        if path is not None:
            inside.setdefault(path, []).append(step)
            if step.label is None:
                computing.add(path)
    places: list[Place] = []
    for step in program.steps:
        path = _outermost(homes[step.name], folded)
        if path is None:
            places.append(Place(step.name, homes[step.name], (step,)))
        elif path in inside and (step.label is None or path not in computing):
            name = fresh_name(f"scope{len(places) + 1}", taken)
            places.append(Place(name, path[:-1], tuple(inside.pop(path)), path))
            taken.add(name)
    return places


def _outermost(home: Path, folded: Collection[Path]) -> Path | None:
    if not folded:
        return None
    return next((home[:n] for n in range(1, len(home) + 1) if home[:n] in folded), None)


def _both_ends(places: Sequence[Place], max_nodes: int, inputs: Collection[str]) -> list[Place]:
    """The first and last computing places with the inputs that they read, and one for the rest."""
    leaves = {place.name for place in places if place.step and place.step.name in inputs}
    reads = {
        place.name: {name: None for s in place.steps for name in s.operands if name in leaves}
        for place in places
    }
    computing = [place.name for place in places if place.name not in leaves]
    shown: list[str] = []
    read: dict[str, None] = {}
    for count in range(min(max(max_nodes - 1, 2), len(computing)), 0, -1):
        shown = [*computing[: (count + 1) // 2], *computing[len(computing) - count // 2 :]]
        read = {name: None for place in shown for name in reads[place]}
        if count + len(read) < max_nodes:
            break
    room = max(1, max_nodes - 1 - len(shown))
    kept = {*shown, *list(read)[:room]}
    left_out = tuple(step for place in places if place.name not in kept for step in place.steps)
    rest = Place(fresh_name("more", {place.name for place in places}), (), left_out, omitted=True)
    result: list[Place] = []
    for place in places:
        if place.name in kept:
            result.append(place)
        elif not any(found is rest for found in result):
            result.append(rest)
    return result
