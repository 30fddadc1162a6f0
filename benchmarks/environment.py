"""One core for everybody, and what the machine is."""

from __future__ import annotations

import os
import platform
import sys
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
    return {
        "processor": _processor(),
        "cores used": str(_cores()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "BLAS": f"{blas['name']} {blas['version']}",
        "dtype": "float64",
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
