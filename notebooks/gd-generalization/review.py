#!/usr/bin/env python3
"""Recomputes numbers of gd-generalization in numpy, from the formulas of the page and on instances of its own.

    python review.py        prints a line a number, ok or FAIL, and leaves with 1 if one failed

Nothing of the project's code is used: networks, gradients, leave-one-out runs, XOR and the kernel are written afresh.
"""

import itertools
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, within as line  # noqa: E402

import numpy as np  # noqa: E402

rng = np.random.default_rng(2410)


def sigmoid(u):
    return 1 / (1 + np.exp(-np.clip(u, -700, 700)))


def loss(u):
    return np.logaddexp(0, -u)


class Net:
    """One hidden layer of softplus neurons, equation (1) with L = 1; W is m by d, or k by m by d."""

    def __init__(self, m):
        self.a = np.where(np.arange(m) < m / 2, 1.0, -1.0)
        self.m = m

    def phi(self, W, X):
        return np.logaddexp(0, X @ np.swapaxes(W, -1, -2)) @ self.a / np.sqrt(self.m)

    def gradient(self, W, X, y, c):
        """Gradient of sum c_i f(y_i Phi_i)."""
        Z = X @ np.swapaxes(W, -1, -2)
        u = y * (np.logaddexp(0, Z) @ self.a) / np.sqrt(self.m)
        by = -c * y * sigmoid(-u)
        return np.swapaxes(by[..., None] * sigmoid(Z) * self.a / np.sqrt(self.m), -1, -2) @ X

    def jacobian(self, W, X):
        return ((sigmoid(X @ W.T) * self.a / np.sqrt(self.m))[:, :, None] * X[:, None, :]).reshape(len(X), -1)


def quadrants(n, d):
    X = np.empty((0, d))
    while len(X) < n:
        Z = rng.standard_normal((4 * n, d))
        Z /= np.linalg.norm(Z, axis=1, keepdims=True)
        X = np.vstack([X, Z[np.abs(Z[:, 0] * Z[:, 1]) > 0.1]])
    X = X[:n]
    return X, np.sign(X[:, 0] * X[:, 1])


def caps(n):
    y = rng.choice([-1.0, 1.0], n)
    X = 0.2 * rng.standard_normal((n, 3))
    X[:, 0] += y
    return X / np.linalg.norm(X, axis=1, keepdims=True), y


# C4, one hidden layer: the Hessian of the output by differences of its gradient, against max |sigma''| |x|^2/sqrt(m).
net = Net(6)
W, x = rng.standard_normal((6, 3)), rng.standard_normal((1, 3))
h = 1e-5
H = np.empty((18, 18))
for i in range(18):
    step = np.zeros(18)
    step[i] = h
    H[:, i] = (net.jacobian(W + step.reshape(6, 3), x) - net.jacobian(W - step.reshape(6, 3), x))[0] / (2 * h)
s = sigmoid(x @ W.T)
line('C4: norm of the Hessian over max|sigma\'\'| |x|²/√m', np.abs(np.linalg.eigvalsh((H + H.T) / 2)).max() / ((s * (1 - s)).max() * (x @ x.T).item() / np.sqrt(6)), 0.99999, 1.00001)

# C1 on caps, with w* along the mean of the rows (a margin, if not the largest) and all constants from their formulas.
X, y = caps(20)
m, eta, T = 16384, 4.0, 32
net = Net(m)
half = rng.standard_normal((m // 2, 3))
W0 = np.vstack([half, half])
v = (net.jacobian(W0, X) * y[:, None]).mean(0)
v /= np.linalg.norm(v)
kappa = 0.25 / np.sqrt(m)
best = None
for rho in np.geomspace(0.5, 15, 40):
    star = loss(y * net.phi(W0 + rho * v.reshape(m, 3), X)).mean()
    r = max(rho, np.sqrt(eta * T * star), np.sqrt(eta * np.log(2)), 1)
    if best is None or r < best[0]:
        best = (r, rho, star)
r, rho, star = best
line('C1: κρ*²', kappa * r * r, 0, 2 / 17)
W, seen, far, worst = W0.copy(), [], 0.0, np.inf
c = np.full(20, 1 / 20)
for t in range(T):
    g = net.gradient(W, X, y, c)
    before = loss(y * net.phi(W, X)).mean()
    W = W - eta * g
    seen.append(loss(y * net.phi(W, X)).mean())
    worst = min(worst, (before - seen[-1]) / (eta / 2 * (g * g).sum()))
    far = max(far, np.linalg.norm(W - W0 - rho * v.reshape(m, 3)))
line('G6: least gain of a step over η/2 |g|²', worst, 1, 2.1)
line('C1: last loss over 4ρ*²/(ηT)', seen[-1] / (4 * r * r / (eta * T)), 0, 1)
line('C1: mean loss over its bound', np.mean(seen) / (2 / 3 * rho**2 / (eta * T) + 5 / 3 * star + np.log(2) / (3 * T)), 0, 1)
line('C1: distance over 2ρ*', far / (2 * r), 0, 1)

# G12: ηT times the loss of the comparator with ρ = (log ηT + 1)/γ, γ the margin of this v.
gamma = (y * (net.jacobian(W0, X) @ v)).min()
etaT = 64
rho = (np.log(etaT) + 1) / gamma
line('G12: ηT F(w_0 + ρv)', etaT * loss(y * net.phi(W0 + rho * v.reshape(m, 3), X)).mean(), 0, 1)

# G10 and C5: leave-one-out on quadrants, the recursion at every step and the chain at the end.
n, m, eta, T = 12, 128, 2.0, 40
gaps, distances, worst, chain = [], [], 0.0, 0.0
kappa = 0.25 / np.sqrt(m)
net = Net(m)
for _ in range(6):
    X, y = quadrants(n, 4)
    Xt, yt = quadrants(1000, 4)
    W = np.broadcast_to(rng.standard_normal((m, 4)), (n + 1, m, 4)).copy()
    C = np.full((n + 1, n), 1 / n)
    C[np.arange(1, n + 1), np.arange(n)] = 0
    delta, total, exponent = np.zeros(n), 0.0, np.zeros(n)
    for t in range(T):
        f = np.array([loss(y * net.phi(w, X)) for w in W])
        total += f[0].mean()
        grown = kappa / (1 - kappa * delta**2 / 8) * np.maximum(f[0].mean() - f[0] / n, (C * f).sum(1)[1:])
        bound = (1 + eta * grown) * delta + eta / n * f[0]
        exponent += eta * grown
        W = W - eta * net.gradient(W, X, y, C)
        delta = np.linalg.norm((W[1:] - W[0]).reshape(n, -1), axis=1)
        worst = max(worst, (delta / bound).max())
    gaps.append(loss(yt * net.phi(W[0], Xt)).mean() - loss(y * net.phi(W[0], X)).mean())
    distances.append(delta.mean())
    chain = max(chain, delta.mean() / (np.exp(exponent.max()) * eta / n * total))
line('G10: largest ratio of the recursion', worst, 0.8, 1)
line('C5: distance over C_s ηG/n ΣF', chain, 0, 1)
line('C5: mean gap over 2G mean distance', np.mean(gaps) / (2 * np.mean(distances)), 0, 1)

# X3, X2: the moment H of a quadratic network over all points of {-1, 1}^7.
d = 7
cube = np.array(list(itertools.product([-1.0, 1.0], repeat=d)))
y = cube[:, 0] * cube[:, 1]
a = np.array([1.0, 1, 1, -1, -1, -1])
W = rng.standard_normal((6, d))


def moment(W, X, y):
    phi = (X @ W.T) ** 2 @ a / len(a)
    return (X * (-y * sigmoid(-y * phi) / len(X))[:, None]).T @ X, phi


H, phi = moment(W, cube, y)
E = np.zeros((d, d))
E[0, 1] = E[1, 0] = 0.5
line('X3: largest error of H', np.abs(H - (cube * (np.tanh(phi / 2) / 2 / len(cube))[:, None]).T @ cube + E).max(), 0, 1e-14)
blind = W.copy()
blind[:, :2] = 0
H, phi = moment(blind, cube, y)
line('X2: |H_12 + 1/2|', abs(H[0, 1] + 0.5), 0, 1e-14)
# X4 on a step that happens: the first four neurons see x_1 and x_2, and their contributions to the output cancel.
k = rng.standard_normal(2)
r, s, delta = rng.standard_normal((3, d - 2))
rows = [(k, r), (-k, r - delta), (k, s), (-k, s - delta)]
W = np.array([np.r_[b, c] for b, c in rows] + [np.r_[0, 0, 2 * c] for c in rng.standard_normal((2, d - 2))])
a = np.array([1.0, 1, -1, -1, 1, -1])
H, phi = moment(W, cube, y)
line('X4: dependence of the output on x_1, x_2', np.ptp(phi.reshape(4, -1), axis=0).max(), 0, 1e-12)
line('X4: spread of the output, not a constant', np.ptp(phi), 0.1, 1e3)
half = np.tanh(phi / 2).mean() / 2
after = W - 2 * a[:, None] * (W @ H)
for name, u in (('u_+', [1, 1]), ('u_-', [1, -1])):
    sign, u = u[1], np.array(u + [0] * (d - 2)) / np.sqrt(2)
    line(f'X4: ⟨w_j, {name}⟩ after less factor times before', np.abs(after @ u - (1 + sign * a - 2 * a * half) * (W @ u)).max(), 0, 1e-12)


# C8: XOR in six steps at d = 64, in seven at d = 128; and the lazy regime.
def xor(d, m, n, eta, steps):
    W = rng.standard_normal((m, d))
    a = np.where(np.arange(m) < m / 2, 1.0, -1.0)
    for _ in range(steps):
        X = rng.choice([-1.0, 1.0], (n, d))
        Z = X @ W.T
        y = X[:, 0] * X[:, 1]
        s = -y * sigmoid(-y * (Z**2 @ a) / m)
        W = W - eta * m * 2 / (m * n) * ((s[:, None] * a) * Z).T @ X
    X = rng.choice([-1.0, 1.0], (4000, d))
    return np.mean(X[:, 0] * X[:, 1] * ((X @ W.T) ** 2 @ a) <= 0)


line('C8: error at d = 64, 6 steps', np.mean([xor(64, 50, 640, 1, 6) for _ in range(5)]), 0, 0.005)
line('C8: error at d = 128, 7 steps', np.mean([xor(128, 50, 1280, 1, 7) for _ in range(5)]), 0, 0.005)
line('C9: error at η = m/8', np.mean([xor(64, 20, 640, 0.125, 6) for _ in range(5)]), 0.38, 0.55)

# C12: least-norm interpolation in the features of (x·x')², d = 10, N = 46.
d, N = 10, 46


def features(X):
    i, j = np.triu_indices(X.shape[1], 1)
    return np.hstack([np.full((len(X), 1), np.sqrt(X.shape[1])), np.sqrt(2) * X[:, i] * X[:, j]])


wrong = []
for n in (2 * N, N // 2):
    X = rng.choice([-1.0, 1.0], (n, d))
    Xt = rng.choice([-1.0, 1.0], (4000, d))
    w = np.linalg.lstsq(features(X), X[:, 0] * X[:, 1], rcond=1e-10)[0]
    wrong.append(np.mean(Xt[:, 0] * Xt[:, 1] * (features(Xt) @ w) <= 1e-9))
line('C12: error at n = 2N', wrong[0], 0, 0)
line('C12: error at n = N/2', wrong[1], 0.1, 0.5)

end()
