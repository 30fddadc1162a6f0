"""Whole models: what users differentiate."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.against_jax.cases import case, fractions, positive, real, regular, spd

LABELS = np.array([2, 0, 1])
BATCH = np.random.default_rng(5).normal(size=(5, 3))
BINARY = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
CAUSAL = np.tril(np.ones((3, 3), dtype=bool))
STENCIL = np.array([0.1, 0.7, -0.3])


def rosenbrock(xp: Any, x: Any) -> Any:
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(xp: Any, x: Any, y: Any) -> Any:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def ackley(xp: Any, x: Any) -> Any:
    near = -20 * xp.exp(-0.2 * xp.sqrt(xp.mean(x**2)))
    return near - xp.exp(xp.mean(xp.cos(2 * xp.pi * x))) + 20 + xp.e


def two_layers(xp: Any, x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    return W2 @ xp.tanh(W1 @ x + b1) + b2


def relu_network(xp: Any, x: Any, y: Any, W1: Any, W2: Any) -> Any:
    r = W2 @ xp.maximum(W1 @ x, 0) - y
    return 0.5 * xp.sum(r**2)


def logistic_regression(xp: Any, w: Any, b: Any) -> Any:
    z = BATCH @ w + b
    return xp.mean(xp.log1p(xp.exp(-(2 * BINARY - 1) * z))) + 0.1 * xp.sum(w**2)


def softmax_regression(xp: Any, W: Any, X: Any) -> Any:
    return xp.softmax_cross_entropy_with_logits(X @ W, LABELS)


def gaussian_mixture(xp: Any, x: Any, weights: Any, means: Any, scales: Any) -> Any:
    z = (x[:, None] - means) / scales
    densities = xp.log_softmax(weights) - 0.5 * z**2 - xp.log(scales)
    return -xp.sum(xp.logsumexp(densities, axis=1))


def gaussian(xp: Any, x: Any, mean: Any, S: Any) -> Any:
    L = xp.linalg.cholesky(S)
    z = xp.linalg.solve(L, x - mean)
    return -0.5 * z @ z - xp.sum(xp.log(xp.diag(L))) - 1.5 * xp.log(2 * xp.pi)


def kalman_step(xp: Any, x: Any, P: Any, F: Any, z: Any) -> Any:
    H, R, Q = np.array([[1.0, 0.5]]), np.array([[0.3]]), 0.1 * np.eye(2)
    x, P = F @ x, F @ P @ F.T + Q
    S = H @ P @ H.T + R
    K = P @ H.T @ xp.linalg.inv(S)
    return x + K @ (z - H @ x), (xp.eye(2) - K @ H) @ P


def attention(xp: Any, Q: Any, K: Any, V: Any) -> Any:
    scores = Q @ xp.swapaxes(K, -1, -2) / np.sqrt(2)
    return xp.softmax(xp.where(CAUSAL, scores, -xp.inf), axis=-1) @ V


def heads(xp: Any, x: Any, Wq: Any, Wk: Any, Wv: Any) -> Any:
    q, k, v = (xp.einsum("td,dhe->hte", x, W) for W in (Wq, Wk, Wv))
    a = xp.softmax(xp.einsum("hqe,hke->hqk", q, k), axis=-1)
    return xp.einsum("hqk,hke->qhe", a, v).reshape(3, 4)


def layer_norm(xp: Any, x: Any, scale: Any, shift: Any) -> Any:
    mean, var = xp.mean(x, axis=-1, keepdims=True), xp.var(x, axis=-1, keepdims=True)
    return scale * (x - mean) / xp.sqrt(var + 1e-5) + shift


def batch_norm(xp: Any, x: Any) -> Any:
    return (x - x.mean(axis=0)) / xp.sqrt(xp.var(x, axis=0) + 1e-5)


def rnn(xp: Any, xs: Any, h: Any, W: Any, U: Any) -> Any:
    for t in range(3):
        h = xp.tanh(W @ h + U @ xs[t])
    return h


def lstm_cell(xp: Any, x: Any, h: Any, c: Any, W: Any) -> Any:
    i, f, o, g = xp.split(W @ xp.concatenate([x, h]), 4)
    c = xp.sigmoid(f) * c + xp.sigmoid(i) * xp.tanh(g)
    return xp.sigmoid(o) * xp.tanh(c), c


def gru_cell(xp: Any, x: Any, h: Any, W: Any, U: Any) -> Any:
    r, z = xp.sigmoid(W[0] @ x + U[0] @ h), xp.sigmoid(W[1] @ x + U[1] @ h)
    return (1 - z) * xp.tanh(W[2] @ x + r * (U[2] @ h)) + z * h


def runge_kutta(xp: Any, y: Any, mu: Any) -> Any:
    def slope(y: Any) -> Any:  # van der Pol
        return xp.stack([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])

    step = 0.1
    k1 = slope(y)
    k2 = slope(y + step / 2 * k1)
    k3 = slope(y + step / 2 * k2)
    k4 = slope(y + step * k3)
    return y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def kernel_ridge(xp: Any, X: Any, y: Any, width: Any) -> Any:
    distances = xp.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    K = xp.exp(-distances / (2 * width**2))
    alpha = xp.linalg.solve(K + 0.5 * xp.eye(4), y)
    return alpha @ K @ alpha


def gaussian_process(xp: Any, x: Any, y: Any, log_width: Any, log_noise: Any) -> Any:
    K = xp.exp(-0.5 * ((x[:, None] - x) / xp.exp(log_width)) ** 2)
    K = K + xp.exp(log_noise) * xp.eye(4)
    return 0.5 * y @ xp.linalg.solve(K, y) + 0.5 * xp.linalg.slogdet(K)[1]


def ridge(xp: Any, X: Any, y: Any, strength: Any) -> Any:
    return xp.linalg.solve(X.T @ X + strength * xp.eye(2), X.T @ y)


def bundle_projection(xp: Any, rotation: Any, shift: Any, focal: Any, points: Any) -> Any:
    """A camera with Rodrigues' rotation and radial distortion."""
    angle = xp.sqrt(xp.sum(rotation**2))
    axis = rotation / angle
    across = xp.cross(xp.broadcast_to(axis, (3, 3)), points)
    along = xp.outer(points @ axis, axis)
    turned = points * xp.cos(angle) + across * xp.sin(angle) + along * (1 - xp.cos(angle))
    seen = turned + shift + np.array([0.0, 0.0, 6.0])
    flat = seen[:, :2] / seen[:, 2:]
    radius = xp.sum(flat**2, axis=1, keepdims=True)
    return focal[0] * flat * (1 + focal[1] * radius + focal[2] * radius**2)


def convolution(xp: Any, image: Any, kernel: Any) -> Any:
    """Two dimensions, by shifted slices, with pooling."""
    rows = [image[i : i + 4, j : j + 4] * kernel[i, j] for i in range(2) for j in range(2)]
    return xp.mean(xp.relu(sum(rows)).reshape(2, 2, 2, 2), axis=(1, 3))


def heat(xp: Any, u: Any, rate: Any) -> Any:
    for _ in range(3):
        u = u + rate * (xp.roll(u, 1) - 2 * u + xp.roll(u, -1))
    return u


def lennard_jones(xp: Any, x: Any) -> Any:
    i, j = np.triu_indices(4, 1)
    inverse = 1 / xp.sum((x[i] - x[j]) ** 2, axis=1) ** 3
    return 4 * xp.sum(inverse**2 - inverse)


def black_scholes(xp: Any, spot: Any, strike: Any, volatility: Any, years: Any) -> Any:
    spread = volatility * xp.sqrt(years)
    d1 = (xp.log(spot / strike) + (0.02 + volatility**2 / 2) * years) / spread
    below = [0.5 * (1 + xp.erf(d / np.sqrt(2))) for d in (d1, d1 - spread)]
    return spot * below[0] - strike * xp.exp(-0.02 * years) * below[1]


def beta_likelihood(xp: Any, x: Any, a: Any, b: Any) -> Any:
    constant = xp.gammaln(a + b) - xp.gammaln(a) - xp.gammaln(b)
    return xp.sum(constant + xp.xlogy(a - 1, x) + (b - 1) * xp.log1p(-x))


def poisson_regression(xp: Any, w: Any) -> Any:
    rate = xp.exp(BATCH @ w)
    return xp.sum(rate - xp.xlogy(BINARY * 3, rate) + xp.gammaln(BINARY * 3 + 1))


def matrix_factorisation(xp: Any, U: Any, V: Any) -> Any:
    return xp.sum((U @ V.T - BATCH) ** 2) + 0.1 * (xp.sum(U**2) + xp.sum(V**2))


def variational_bound(xp: Any, mean: Any, log_scale: Any, W: Any) -> Any:
    z = mean + xp.exp(log_scale) * STENCIL
    fit = xp.binary_cross_entropy_with_logits(W @ z, BINARY)
    return fit + 0.5 * xp.sum(xp.exp(2 * log_scale) + mean**2 - 1 - 2 * log_scale)


def triplets(xp: Any, a: Any, b: Any, c: Any) -> Any:
    near, far = (xp.linalg.norm(a - other, axis=1) for other in (b, c))
    return xp.mean(xp.maximum(near - far + 1.0, 0.0))


def markov(xp: Any, start: Any, moves: Any, seen: Any) -> Any:
    """The likelihood of observations under a hidden Markov model, in logarithms."""
    forward = xp.log_softmax(start)
    step = xp.log_softmax(moves, axis=1)
    for t in range(3):
        forward = xp.logsumexp(forward[:, None] + step, axis=0) + seen[t]
    return xp.logsumexp(forward)


CASES = [
    case("rosenbrock", rosenbrock, real(5)),
    case("himmelblau", himmelblau, real(), real()),
    case("ackley", ackley, real(4)),
    case("network, two layers", two_layers, real(2), real(3, 2), real(3), real(2, 3), real(2)),
    case("network, relu", relu_network, real(3), real(2), real(4, 3), real(2, 4)),
    case("logistic regression", logistic_regression, real(3), real()),
    case("softmax regression", softmax_regression, real(2, 3), real(3, 2)),
    case("gaussian mixture", gaussian_mixture, real(4), real(2), real(2), positive(2)),
    case("gaussian density", gaussian, real(3), real(3), spd(3)),
    case("kalman step", kalman_step, real(2), spd(2), regular(2), real(1)),
    case("attention, causal", attention, real(3, 2), real(3, 2), real(3, 2)),
    case("attention, heads", heads, real(3, 2), real(2, 2, 2), real(2, 2, 2), real(2, 2, 2)),
    case("layer norm", layer_norm, real(2, 3), real(3), real(3)),
    case("batch norm", batch_norm, real(3, 2)),
    case("recurrent network", rnn, real(3, 2), real(3), real(3, 3), real(3, 2)),
    case("lstm cell", lstm_cell, real(2), real(2), real(2), real(8, 4)),
    case("gru cell", gru_cell, real(2), real(2), real(3, 2, 2), real(3, 2, 2)),
    case("runge-kutta", runge_kutta, real(2), positive()),
    case("kernel ridge", kernel_ridge, real(4, 2), real(4), positive()),
    case("gaussian process", gaussian_process, real(4), real(4), real(), real()),
    case("ridge", ridge, real(4, 2), real(4), positive()),
    case("bundle projection", bundle_projection, real(3), real(3), positive(3), real(3, 3)),
    case("convolution", convolution, real(5, 5), real(2, 2)),
    case("heat equation", heat, real(5), positive()),
    case("lennard-jones", lennard_jones, real(4, 3)),
    case("black-scholes", black_scholes, positive(), positive(), positive(), positive()),
    case("beta likelihood", beta_likelihood, fractions(3), positive(), positive()),
    case("poisson regression", poisson_regression, real(3)),
    case("matrix factorisation", matrix_factorisation, real(5, 2), real(3, 2)),
    case("variational bound", variational_bound, real(3), real(3), real(5, 3)),
    case("triplets", triplets, real(3, 2), real(3, 2), real(3, 2)),
    case("hidden markov model", markov, real(2), real(2, 2), real(3, 2)),
]

LOSSES = [
    case("mean_squared_error", lambda xp, p, y: xp.mean_squared_error(p, y), real(4), real(4)),
    case("squared_loss", lambda xp, p, y: xp.squared_loss(p, y), real(4), real(4)),
    case(
        "binary cross entropy",
        lambda xp, z, t: xp.binary_cross_entropy_with_logits(z, t),
        real(4),
        positive(4),
    ),
    case(
        "softmax cross entropy",
        lambda xp, z, t: xp.softmax_cross_entropy_with_logits(z, t),
        real(2, 3),
        positive(2, 3),
    ),
    case(
        "softmax cross entropy, classes",
        lambda xp, z: xp.softmax_cross_entropy_with_logits(z, LABELS),
        real(3, 4),
    ),
]
CASES += LOSSES
