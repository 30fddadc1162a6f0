"""All benchmarks, one after the other."""

from __future__ import annotations

import platform

import numpy as np

from benchmarks import scaling, workloads

if __name__ == "__main__":
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}\n")
    workloads.main()
    print()
    scaling.main()
