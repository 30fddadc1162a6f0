"""Functions whose values and derivatives are compared with those of JAX."""
