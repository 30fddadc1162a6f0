"""One core for everybody, and what the machine is."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

SINGLE_THREAD = {
    **dict.fromkeys(
        (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "BLIS_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS",
            "NUMEXPR_NUM_THREADS",
            "NUMBA_NUM_THREADS",
        ),
        "1",
    ),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}


def restart_on_one_core() -> None:
    """Start this process anew, bound to one core, with libraries told to use one thread.

    They read their variables when they are loaded, which NumPy already is: hence anew.
    """
    if all(os.environ.get(name) == value for name, value in SINGLE_THREAD.items()):
        return
    os.environ.update(SINGLE_THREAD)
    if hasattr(os, "sched_setaffinity"):  # Linux; elsewhere the variables have to do
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    found = {
        "processor": _processor(),
        "cores": f"{_usable()} used of {os.cpu_count()}",
        "caches": _caches(),
        "system": _system(),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "SIMD": " ".join(config["SIMD Extensions"]["found"]),
        "BLAS": f"{blas['name']} {blas['version']}",
        "dtype": "float64",
    }
    return {key: text for key, text in found.items() if text}


def libraries(names: Iterable[str]) -> dict[str, str]:
    """The versions of those that are installed."""
    found = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _usable() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _system() -> str:
    """The distribution, or what the system calls itself, and the kind of machine."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = f"{platform.system()} {platform.release()}"
    return f"{name}, {platform.machine()}"


def _caches(folder: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> str:
    """The caches for data of the first core, where Linux says so.

    >>> _caches(Path("nowhere"))
    ''
    """
    sizes = []
    for cache in sorted(folder.glob("index*")):
        level, kind, size = (
            (cache / name).read_text(encoding="ascii").strip() for name in ("level", "type", "size")
        )
        if kind != "Instruction":
            sizes.append(f"L{level} {size.replace('K', ' KiB')}")
    return ", ".join(sizes)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
