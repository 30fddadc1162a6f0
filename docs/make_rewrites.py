"""Write docs/rewrites.md anew from the records of the rules: ``python -m docs.make_rewrites``."""

from __future__ import annotations

from pathlib import Path

from graphcomp.ops import ALL
from graphcomp.rewrite import PASSES, Pass

TARGETS = ("numpy", "math")
PAGE = Path(__file__).parent / "rewrites.md"

HEAD = """# Rewrites

<!-- Written by `python -m docs.make_rewrites` from the rules in graphcomp/rewrite; do not edit. -->

Before a formula becomes code, it is rewritten. Each rule below is an equation, read from left to right; it has a name,
a reason why both sides are the same, and a test. What was applied is reported by name and number, and generated code
says at a step which rule it was rewritten by, if that is for accuracy.

Three things hold for all of them:

- **Traces and drawings show what you wrote.** They are made from the graph as it is; rewriting is for code.
- **Steps that you named are computed as you wrote them, unless that loses the result.** A rule ends at a name. But the
  rules marked † look through names, where the steps as written, or their derivatives, would be infinite, NaN or without
  digits though the result is a plain number: in `e = exp(z); s = sum(e); p = e/s`, p is computed as softmax(z), from z.
  The other steps stay what they are if anything reads them; so does `y = 1/w` after `w = 1 + exp(-x)`, where only w
  overflows. A derivative by a named step is by that step. The rules under *slopes* look at named steps, but change
  their derivatives only.
- **Values stay.** Nothing is done that changes what happens at infinities and NaN: no `0*x` to 0, no `x/x` to 1. The
  exceptions make values better, as a table of magnitudes from 1e-300 to 1e300 shows against 800 digits: where a formula
  as written overflows or cancels, the rewritten one has a relative error below 1e-12, and so has its derivative.

Sums are added in another order where they become matrix products, so the last digits may differ.

```python
>>> import graphcomp as gc
>>> from graphcomp.rewrite import Roots, run_passes
>>> x = gc.scalar("x")
>>> roots, report = run_passes(Roots((gc.log(1 + gc.exp(x)) + x**3,)))
>>> roots.results
(<node softplus(x) + x**2*x float64 ()>,)
>>> print("\\n".join(report.lines()))
stability: softplus 1
arithmetic: power_as_products 1

```

The passes run in the order in which they stand here; those from *slopes* on are repeated until none of them changes
anything, so that running them again would not either. *stability* runs before differentiation too, and only there looks
through names: then the derivative is that of the stable form. Each pass looks at every node a bounded number of times.
"""

SHARING = """
## sharing

After all passes, ops that have work in common are written out, so that it is done once: in a graph with `softmax(x)`
and `logsumexp(x)`, the exponentials of `x - max(x)` and their total; with `sigmoid(x)` and `softplus(x)`, or the slope
of the sigmoid, `exp(-|x|)`. An op that stands alone stays a call. Compiled loops share such work by themselves.
"""

FACTORS = """
## factors

Last, numbers that several products with one value have in front go to the value: `2*(s*x)`, `2*(s*y)` and `2*(s*z)` are
`t*x`, `t*y` and `t*z` with `t = 2*s`. Only powers of two between 1/16 and 16 are moved: a product with one is exact.
"""

STACKING = """
## stacking

Last of all, for the target `numpy`: steps of one kind that do not need each other are computed together, as one step on
a stack of their arguments, where a graph has many steps on arrays (a loop that was unrolled, the same formula for each
of many arrays). Results are rows of the result, arguments that are rows of one stack are a slice of it, sums of many
terms are sums along an axis. Entry by entry the same is computed; only the terms of such a sum may be added in another
order. What has to be copied is weighed against the calls that are saved, by what both take with small arrays. Arrays
that are known to be large stay as they are, and so do parts that go block by block; where sizes are not known, a
function has a version for large arrays, which goes step by step.

Proof: a step is taken after all that it reads, and those that are taken together were all ready before any of them was,
so none needs another. An op that works entry by entry gives the same entries on a stack; a sum over a vector is the sum
over the last axis of a stack of vectors.
"""

TAIL = """
## What is left alone, and why

| expression | reason |
|---|---|
| `exp(log(x))` | NaN below 0, where x is not |
| `log(x/y)`, `log(x*y)` | a difference of logarithms cancels; a product has more digits than a sum |
| `exp(x)*exp(y)` | exp(x + y) is one exponential more where the two are needed anyway |
| `a/y + b/y`, `a/y` and `b/y` | a shared 1/y rounds twice |
| `x/3` | 1/3 is rounded; only powers of two are exact |
| `a*x + b*x` of expressions | a + b can overflow where the sum does not |
| `3*x - 2*x` | inf - inf is NaN |
| `sum(x - y)` | sum(x) - sum(y) cancels |
| `s*x` summed, s no number | an infinite s, times a sum of both signs |
| `where(x > 0, x, 0)` | relu(NaN) is NaN |
| `where(c, a, 0)*b` | inside, the 0 would hide a NaN or an infinity of b |
| `x**-0.5` | 1/sqrt(x) has another sign at -0 |

A rule with a price: the norm in place of `sqrt(sum(x**2))` takes some microseconds more. It neither overflows nor
vanishes, and its derivative at 0 is 0, as the [conventions](conventions.md) have it.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The text of the page."""
    return HEAD + "".join(map(section, PASSES)) + sharing() + FACTORS + STACKING + TAIL


def sharing() -> str:
    """Which ops are written out where they have work in common."""
    rows = "".join(
        f"| {target} | {', '.join(f'`{op.name}`' for op in ALL if target in op.shared)} |\n"
        for target in TARGETS
    )
    return f"{SHARING}\n| target | ops |\n|---|---|\n{rows}"


def section(stage: Pass) -> str:
    """A pass with its rules."""
    text = f"\n## {stage.name}\n\n{stage.purpose[0].upper()}{stage.purpose[1:]}.\n"
    if not stage.rules:
        return text
    rows = "".join(
        f"| `{each.name}`{mark(each)} | {code(each.before)} | {code(each.after)} | {safe(reason(each))} |\n"
        for each in stage.rules
    )
    return f"{text}\n| rule | from | to | why |\n|---|---|---|---|\n{rows}"


def mark(each: object) -> str:
    """The mark of rules that look through names."""
    return " †" if getattr(each, "lost", False) else ""


def reason(each: object) -> str:
    """What is gained by a rule, and its proof."""
    why, proof = getattr(each, "why", ""), getattr(each, "proof", "")
    if why and proof[1:2].islower():
        proof = proof[0].lower() + proof[1:]
    return ": ".join(filter(None, [why, proof]))


def code(text: str) -> str:
    """Formulas as code, words as words."""
    return safe(f"`{text}`")


def safe(text: str) -> str:
    """Text that does not end a cell."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
