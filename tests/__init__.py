"""Tests; a package, so that they can share code by `from tests.x import y`."""
