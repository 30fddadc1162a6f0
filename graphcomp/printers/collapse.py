"""Which steps a drawing shows: all, one of equal blocks, scopes folded, or both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import takewhile
from typing import TypeAlias

from graphcomp.errors import InputError
from graphcomp.names import fresh_name
from graphcomp.printers.formula import UNICODE
from graphcomp.printers.repeats import Block, copies_of, find_repeats, stand_ins
from graphcomp.program import Program, Step

Path: TypeAlias = tuple[str, ...]

#: Equal blocks that save less than this part of the drawing are not worth the distraction.
FEW = 5
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
        each: the steps without those that repeat others.
    """

    name: str
    scope: Path
    steps: tuple[Step, ...]
    folded: Path | None = None
    omitted: bool = False
    each: tuple[Step, ...] = ()

    @property
    def step(self) -> Step | None:
        """The step, if it is shown as such."""
        return None if self.omitted or self.folded is not None else self.steps[0]


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn.

    Attributes:
        places: in the order of the steps.
        place_of: the place of every step.
        total: how many steps there are.
        blocks: that come several times, and are drawn once.
        copies: by step, which copy of which block it belongs to.
    """

    places: tuple[Place, ...]
    place_of: Mapping[str, Place]
    total: int
    blocks: tuple[Block, ...] = ()
    copies: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def carried(self, earlier: str, later: str) -> bool:
        """Whether one copy of a block hands a step over to another copy."""
        ours, theirs = self.copies.get(earlier, {}), self.copies.get(later, {})
        return any(theirs.get(number, copy) != copy for number, copy in ours.items())

    @property
    def folded(self) -> list[str]:
        """The scopes that are folded, as paths."""
        return ["/".join(place.folded) for place in self.places if place.folded is not None]


def view(
    program: Program,
    max_nodes: int,
    *,
    expand: Collection[str] = (),
    collapse: Collection[str] = (),
    repeats: bool | None = None,
    whole: int | None = None,
    most: int = 200,
    follows: Collection[str] = (),
    kinds: Mapping[str, Hashable] | None = None,
) -> View:
    """Choose what to draw of a program: at most `max_nodes` vertices.

    Of equal blocks in a row the first is drawn. Scopes are folded as far as needed, the innermost
    and largest first. If that is not enough, the first and the last steps are kept.

    Args:
        program: the program.
        max_nodes: larger programs are collapsed.
        expand: scopes ("encoder/layer1") that stay open, up to `most` vertices in all.
        collapse: scopes that are folded in any case.
        repeats: whether equal blocks are drawn once: always, never, or (None) as far as needed.
        whole: up to so many steps are drawn without looking for equal blocks; `max_nodes` by default.
        most: see there.
        follows: input steps that are drawn in the scope of the steps that read them.
        kinds: by input step, what inputs of equal blocks must have in common.

    Raises:
        InputError: there is no such scope, or it is to be folded and to stay open.
    """
    homes = _homes(program, set(follows))
    opened = _scopes(expand, homes, "expand")
    closed = {_path(scope) for scope in _listed(collapse)}
    _scopes(collapse, homes, "collapse")
    for path in sorted(opened & closed):
        raise InputError(f"scope {'/'.join(path)!r} is both in expand and in collapse")
    apart = {name for name, home in homes.items() if home in opened | closed}
    blocks: list[Block] = []
    limit = 0 if repeats else max_nodes if whole is None else whole
    if repeats is not False and len(homes) > limit:
        blocks = find_repeats(
            program, kinds or {}, apart=apart, enough=lambda saved: len(homes) - saved <= limit
        )
        if repeats is None and len(stand_ins(blocks)) < len(homes) // FEW:
            blocks = []
    stands = stand_ins(blocks)
    _frame(blocks, homes)
    shown = {name: home for name, home in homes.items() if name not in stands}
    folded = _folds(shown, max_nodes, opened, closed)
    places = _places(program, shown, folded, stands)
    limit = max(most, max_nodes) if opened else max_nodes
    if len(places) > limit:
        places = _both_ends(places, limit, {step.name for step in program.inputs})
    place_of = {step.name: place for place in places for step in place.steps}
    copies = copies_of(blocks, stands)
    return View(tuple(places), place_of, len(program.steps), tuple(blocks), copies)


def _frame(blocks: Sequence[Block], homes: dict[str, Path]) -> None:
    """Put the first copy of every block into a scope that says how often it comes."""
    for block in blocks:
        first = [homes[name] for name in block.first]
        last = [homes[name] for name in block.copies[-1]]
        count = f"× {len(block.copies):,}"
        common = reduce(_common, first)
        depth = next(
            (i for i, (a, b) in enumerate(zip(common, last[0], strict=False)) if a != b), -1
        )
        if depth >= 0:
            label, rest = f"{common[depth]} … {last[0][depth]}  {count}", depth + 1
        else:
            depth = rest = len(common)
            label = f"{count}  ({_range(block)})"
        for name, home in zip(block.first, first, strict=True):
            homes[name] = (*home[:depth], label, *home[rest:])


def _range(block: Block) -> str:
    """The first and the last step: ``w₂ … w₁₀₀₀₁``."""
    steps = (block.first[0], block.copies[-1][0])
    return " … ".join(UNICODE.symbol(name) for name in steps)


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


def _listed(scopes: Collection[str]) -> Collection[str]:
    return (scopes,) if isinstance(scopes, str) else scopes


def _scopes(given: Collection[str], homes: Mapping[str, Path], option: str) -> set[Path]:
    """The scopes, and those around them."""
    known = {home[:depth] for home in homes.values() for depth in range(1, len(home) + 1)}
    opened: set[Path] = set()
    for scope in _listed(given):
        path = _path(scope)
        if path not in known:
            listed = ", ".join(sorted("/".join(p) for p in known)[:20]) or "none"
            raise InputError(f"{option}: there is no scope {scope!r}; there are: {listed}")
        opened.update(path[:depth] for depth in range(1, len(path) + 1))
    return opened


def _folds(
    homes: Mapping[str, Path],
    max_nodes: int,
    opened: Collection[Path],
    closed: Collection[Path],
) -> set[Path]:
    """The scopes to fold: the innermost first, of those the largest, until the rest fits.

    Scopes of the same depth and size are folded together, so that equal layers look equal.
    """
    members = Counter(home[:depth] for home in homes.values() for depth in range(1, len(home) + 1))
    folded = set(closed)
    shown = len(homes) - sum(max(members[path] - 1, 0) for path in closed)
    weight = dict(members)  # how many places a scope takes now
    groups: dict[tuple[int, int], list[Path]] = {}
    for path in members:
        groups.setdefault((len(path), members[path]), []).append(path)
    for depth, size in sorted(groups, reverse=True):
        if shown <= max_nodes:
            break
        for path in groups[depth, size]:
            saved = weight[path] - 1
            if saved < 1 or path in opened or path in folded:
                continue
            folded.add(path)
            shown -= saved
            for around in range(1, depth + 1):
                weight[path[:around]] -= saved
    return folded


def _places(
    program: Program,
    homes: Mapping[str, Path],
    folded: Collection[Path],
    stands: Mapping[str, str],
) -> list[Place]:
    """Every step, or the outermost folded scope around it; inputs first, then by first operation.

    Steps that repeat others are with these.
    """
    taken = {step.name for step in program.steps}
    inside: dict[Path, list[Step]] = {}
    computing: set[Path] = set()
    repeating: dict[str, list[Step]] = {}
    for step in program.steps:
        repeating.setdefault(_first(step.name, stands), []).append(step)
    steps = [step for step in program.steps if step.name in homes]
    for step in steps:
        path = _outermost(homes[step.name], folded)
        if path is not None:
            inside.setdefault(path, []).append(step)
            if step.label is None:
                computing.add(path)
    places: list[Place] = []
    for step in steps:
        path = _outermost(homes[step.name], folded)
        if path is None:
            together = tuple(repeating[step.name])
            places.append(Place(step.name, homes[step.name], together, each=(step,)))
        elif path in inside and (step.label is None or path not in computing):
            name = fresh_name(f"scope{len(places) + 1}", taken)
            each = tuple(inside.pop(path))
            together = tuple(s for one in each for s in repeating[one.name])
            places.append(Place(name, path[:-1], together, path, each=each))
            taken.add(name)
    return places


def _first(name: str, stands: Mapping[str, str]) -> str:
    while name in stands:
        name = stands[name]
    return name


def _outermost(home: Path, folded: Collection[Path]) -> Path | None:
    if not folded:
        return None
    return next((home[:n] for n in range(1, len(home) + 1) if home[:n] in folded), None)


def _both_ends(places: Sequence[Place], max_nodes: int, inputs: Collection[str]) -> list[Place]:
    """The first and last computing places with the inputs that they read, and one for the rest."""
    leaves = {place.name for place in places if place.step and place.step.name in inputs}
    reads = {
        place.name: {name: None for s in place.each for name in s.operands if name in leaves}
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
