"""How each peer makes the gradient of a graph that a Python loop builds."""
