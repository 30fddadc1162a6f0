"""The LSTM of ADBench, whose weights act entry by entry, unrolled over a short sequence."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case


def model(xp: Any, layers: int, steps: int) -> Any:
    """The mean loss, as its user writes it: a Python loop over the sequence."""

    def sigmoid(z: Any) -> Any:
        return 1.0 / (1.0 + xp.exp(-z))

    def loss(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
        hidden = [state[i, 0] for i in range(layers)]
        cell = [state[i, 1] for i in range(layers)]
        total = 0.0
        for t in range(steps - 1):
            x = sequence[t] * extra[0]
            for i in range(layers):
                W, b = main[i, 0], main[i, 1]
                forget = sigmoid(x * W[0] + b[0])
                enter = sigmoid(hidden[i] * W[1] + b[1])
                leave = sigmoid(x * W[2] + b[2])
                change = xp.tanh(hidden[i] * W[3] + b[3])
                cell[i] = cell[i] * forget + enter * change
                hidden[i] = leave * xp.tanh(cell[i])
                x = hidden[i]
            y = x * extra[1] + extra[2]
            guess = y - xp.log(2.0 + xp.sum(xp.exp(y)))
            total = total + xp.sum(sequence[t + 1] * guess)
        return -total / ((steps - 1) * 14.0)

    return loss


HALVES = np.array([0.5, 0.5, 0.5, 1.0])[:, None]
SHIFTS = np.array([0.5, 0.5, 0.5, 0.0])[:, None]


def expert(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """All four gates in one tanh (sigmoid(z) is 1/2 + tanh(z/2)/2), weights' gradients at the end.

    The slope of a gate g = s + h*tanh(h*z) is h**2 - (g - s)**2, in both cases.
    """
    layers, _, _, size = main.shape
    steps = len(sequence) - 1
    W, bias = main[:, 0] * HALVES, main[:, 1] * HALVES
    inputs = np.empty((steps, layers, 4, size))
    gates = np.empty((steps, layers, 4, size))
    cells = np.empty((steps + 1, layers, size))
    squashed = np.empty((steps, layers, size))
    tops = np.empty((steps, size))
    cells[0] = state[:, 1]
    hidden = list(state[:, 0])
    entries = sequence[:-1] * extra[0]
    for t in range(steps):
        x = entries[t]
        for i in range(layers):
            put, gate, cell = inputs[t, i], gates[t, i], cells[t + 1, i]
            put[0::2] = x
            put[1::2] = hidden[i]
            np.multiply(put, W[i], gate)
            gate += bias[i]
            np.tanh(gate, gate)
            gate *= HALVES
            gate += SHIFTS
            np.multiply(cells[t, i], gate[0], cell)
            cell += gate[1] * gate[3]
            np.tanh(cell, squashed[t, i])
            x = hidden[i] = gate[2] * squashed[t, i]
        tops[t] = x
    y = tops * extra[1]
    y += extra[2]
    e = np.exp(y)
    sums = 2.0 + e.sum(axis=1, keepdims=True)
    targets = sequence[1:]
    weights = targets.sum(axis=1, keepdims=True)
    scale = -1.0 / (steps * size)
    value = scale * (np.vdot(targets, y) - weights.ravel().dot(np.log(sums).ravel()))
    y_bar = scale * (targets - e * (weights / sums))
    slopes = gates - SHIFTS
    slopes *= slopes
    np.subtract(HALVES**2, slopes, slopes)
    opening = gates[:, :, 2] * (1.0 - squashed * squashed)
    pulls = main[:, 0]
    bars = np.empty_like(gates)
    hidden_bar = [np.zeros(size) for _ in range(layers)]
    cell_bar = [np.zeros(size) for _ in range(layers)]
    entry_bars = np.empty((steps, size))
    tops_bar = y_bar * extra[1]
    for t in range(steps - 1, -1, -1):
        x_bar = tops_bar[t]
        for i in range(layers - 1, -1, -1):
            gate, bar = gates[t, i], bars[t, i]
            h_bar = hidden_bar[i] + x_bar
            c_bar = h_bar * opening[t, i]
            c_bar += cell_bar[i]
            np.multiply(c_bar, cells[t, i], bar[0])
            np.multiply(c_bar, gate[3::-2], bar[1::2])
            np.multiply(h_bar, squashed[t, i], bar[2])
            bar *= slopes[t, i]
            cell_bar[i] = c_bar * gate[0]
            back = bar * pulls[i]
            x_bar = back[0] + back[2]
            hidden_bar[i] = back[1] + back[3]
        entry_bars[t] = x_bar
    main_bar = np.empty_like(main)
    np.einsum("tlgs,tlgs->lgs", bars, inputs, out=main_bar[:, 0])
    np.sum(bars, axis=0, out=main_bar[:, 1])
    extra_bar = np.empty_like(extra)
    np.einsum("ts,ts->s", entry_bars, sequence[:-1], out=extra_bar[0])
    np.einsum("ts,ts->s", y_bar, tops, out=extra_bar[1])
    np.sum(y_bar, axis=0, out=extra_bar[2])
    return float(value), (main_bar, extra_bar)


def make(layers: int, steps: int) -> Case:
    """At random weights, 14 entries wide as in ADBench."""
    rng = np.random.default_rng(0)
    size = 14
    arguments = {
        "main": rng.standard_normal((layers, 2, 4, size)),
        "extra": rng.standard_normal((3, size)),
        "state": rng.standard_normal((layers, 2, size)),
        "sequence": rng.random((steps, size)),
    }
    return Case(
        name=f"LSTM, {layers} layers, {steps} steps, width {size}",
        model=partial(model, layers=layers, steps=steps),
        arguments=arguments,
        shapes={
            "main": f"{layers} 2 4 b",
            "extra": "3 b",
            "state": f"{layers} 2 b",
            "sequence": f"{steps} b",
        },
        wrt=("main", "extra"),
        expert=expert,
        left_out={"casadi": "no arrays of three axes"},
    )


CASES = (partial(make, 2, 20),)
TINY = (partial(make, 2, 4),)
