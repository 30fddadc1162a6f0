"""Functions that compiled loops take of several entries at once, where the C library has them.

A loop that calls `exp` for one entry after the other is four to ten times slower than NumPy, whose
functions take eight entries at once. The C library of Linux has such functions too, in `libmvec`;
a compiler calls them if each call says that they are there. Elsewhere loops call NumPy's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphcomp.codegen.layout import layout

#: Names of NumPy, and those of C: functions of one number that libmvec has.
FUNCTIONS = {
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctanh": "atanh",
    "cbrt": "cbrt",
    "cos": "cos",
    "cosh": "cosh",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log10": "log10",
    "log1p": "log1p",
    "log2": "log2",
    "sin": "sin",
    "sinh": "sinh",
    "tan": "tan",
    "tanh": "tanh",
}
_CALL = re.compile(rf"\bnp\.({'|'.join(FUNCTIONS)})\(")
_CALLED = re.compile(r"\b_v_(\w+)\(")

#: The functions that define them in a module.
_DEFINITIONS = '''

def _vector_lanes() -> dict[str, int]:
    """How many float64 the functions of libmvec take at once, by instruction set."""
    known = platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"
    if not known or numba.config.DISABLE_JIT:
        return {}
    llvm = importlib.import_module("llvmlite.binding")
    try:
        llvm.load_library_permanently("libmvec.so.1")
    except RuntimeError:
        return {}
    has = llvm.get_host_cpu_features()
    needs = {"b": "sse2", "d": "avx2", "e": "avx512f"}
    return {x: 2 << i for i, (x, need) in enumerate(needs.items()) if has.get(need)}


def _vector_names(*names: str) -> list[str]:
    """The functions among these that libmvec has."""
    if not _LANES:
        return []
    find = importlib.import_module("llvmlite.binding").address_of_symbol
    return [name for name in names if find(f"_ZGVbN2v_{name}")]


def _vector_function(name: str, plain: Any) -> Any:
    """A function of one entry, of which loops take several at once; else NumPy's.

    Each call says to the compiler which functions of libmvec do that.
    """
    if name not in _KNOWN:
        return plain
    ir = importlib.import_module("llvmlite.ir")

    def declared(module: Any, name: str, kind: Any) -> Any:
        found = module.globals.get(name)
        return found or ir.Function(module, ir.FunctionType(kind, [kind]), name)

    def several(module: Any, name: str, kind: Any) -> list[Any]:
        more, end = (2, "f") if isinstance(kind, ir.FloatType) else (1, "")
        vectors = {x: ir.VectorType(kind, count * more) for x, count in _LANES.items()}
        return [
            declared(module, f"_ZGV{x}N{vector.count}v_{name}{end}", vector)
            for x, vector in vectors.items()
        ]

    def keep(module: Any) -> None:  # declarations that nothing calls yet
        kinds, place = (ir.FloatType(), ir.DoubleType()), ir.IntType(8).as_pointer()
        kept = [v for c in _KNOWN for kind in kinds for v in several(module, c, kind)]
        listed = ir.ArrayType(place, len(kept))
        used = ir.GlobalVariable(module, listed, "llvm.compiler.used")
        used.linkage, used.section = "appending", "llvm.metadata"
        used.initializer = ir.Constant(listed, [each.bitcast(place) for each in kept])

    def write(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        module, kind = builder.module, given[0].type
        if "llvm.compiler.used" not in module.globals:
            keep(module)
        end = "f" if isinstance(kind, ir.FloatType) else ""
        one = declared(module, name + end, kind)
        call = builder.call(one, given, attrs=("readnone", "nounwind"))
        variants = ",".join(f"{v.name}({v.name})" for v in several(module, name, kind))
        set.add(call.attributes, f'"vector-function-abi-variant"="{variants}"')
        return call

    def entry(_context: Any, x: Any) -> Any:
        kind = x if x == numba.types.float32 else numba.types.float64
        return kind(kind), write

    return numba.extending.intrinsic(entry)
'''


def with_vectors(lines: Sequence[str]) -> list[str]:
    """Compiled functions, with functions of several entries in place of NumPy's."""
    inside, found = False, []
    for line in lines:
        inside = line.startswith(("@_compiled", "@_threaded")) or (inside and line != "")
        found.append(_CALL.sub(r"_v_\1(", line) if inside else line)
    return found


def vector_definitions(lines: Sequence[str]) -> list[str]:
    """The lines that define the functions of several entries that these lines call."""
    names = sorted({name for line in lines for name in _CALLED.findall(line)} & FUNCTIONS.keys())
    if not names:
        return []
    functions = [f'_v_{name} = _vector_function("{FUNCTIONS[name]}", np.{name})' for name in names]
    known = ", ".join(f'"{FUNCTIONS[name]}"' for name in names)
    return [
        *_DEFINITIONS.rstrip().split("\n"),
        "",
        "",
        "_LANES = _vector_lanes()",
        *layout(f"_KNOWN = _vector_names({known})"),
        *functions,
    ]
