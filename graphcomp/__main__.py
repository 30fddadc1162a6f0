"""``python -m graphcomp``: the command line."""

from __future__ import annotations

import sys

from graphcomp.cli import main

if __name__ == "__main__":
    sys.exit(main())
