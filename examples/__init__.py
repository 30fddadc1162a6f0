"""The worked examples: each is a script, and the tests check its numbers."""
