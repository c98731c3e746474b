"""Recomputes headline numbers of supcon-landscape in numpy, from the formulas and on instances of its own.

Prints a line for each, and leaves with 1 if one is not what the page says."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, within as say  # noqa: E402

import numpy as np  # noqa: E402

rng = np.random.default_rng(20261128)


def labels(sizes):
    return np.repeat(np.arange(len(sizes)), sizes)


def definition(H, y, r):
    """The loss (1), term by term."""
    G, total = H.T @ H, 0.0
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        for j in np.flatnonzero(others & (y == y[i])):
            total += np.log(np.exp(r * (G[i, others] - G[i, j])).sum()) / ((y == y[i]).sum() - 1)
    return total


def softmax(G, r):
    E = np.exp(r * (G - G.max()))
    np.fill_diagonal(E, 0)
    return E / E.sum(1, keepdims=True)


def targets(y):
    Q = (y[:, None] == y).astype(float)
    np.fill_diagonal(Q, 0)
    return Q / Q.sum(1, keepdims=True)


def gradient(G, y, r):
    P = softmax(G, r)
    return r * ((P + P.T) / 2 - targets(y))


def dual(G, y, r):
    """S, and what it proves about every feasible point."""
    A = gradient(G, y, r)
    S = A - np.diag(np.diag(A @ G))
    return S, len(y) * min(0, np.linalg.eigvalsh(S)[0])


def reduced(M, sizes, r):
    sizes, E = np.asarray(sizes, float), np.exp(r * (M - 1))
    np.fill_diagonal(E, 0)
    return (sizes * np.log(sizes - 1 + E @ sizes)).sum()


def descend(y, r, d, steps=4000, H=None):
    """Gradient steps on the sphere that go down."""
    H = rng.normal(size=(d, len(y))) if H is None else H.copy()
    H /= np.linalg.norm(H, axis=0)
    eta, value = 0.1, definition(H, y, r)
    for _ in range(steps):
        g = 2 * H @ gradient(H.T @ H, y, r)
        g -= H * (H * g).sum(0)
        while eta > 1e-15:
            new = H - eta * g
            new /= np.linalg.norm(new, axis=0)
            now = definition(new, y, r)
            if now < value:
                break
            eta /= 2
        if eta <= 1e-15 or value - now < 1e-14:
            break
        H, value, eta = new, now, 1.4 * eta
    return H, value


def hessian(H, y, r, h=1e-4):
    """Least eigenvalue of the Riemannian Hessian without rotations, by second differences of the definition."""
    d, n = H.shape
    basis = []
    for i in range(n):
        q = np.linalg.svd(H[:, [i]])[0][:, 1:]
        for a in range(d - 1):
            X = np.zeros((d, n))
            X[:, i] = q[:, a]
            basis.append(X.ravel())
    B = np.array(basis).T
    turns = []
    for a in range(d):
        for b in range(a):
            X = np.zeros((d, n))
            X[a], X[b] = H[b], -H[a]
            turns.append(B.T @ X.ravel())
    T = np.linalg.qr(np.array(turns).T)[0]
    B = B @ np.linalg.svd(np.eye(B.shape[1]) - T @ T.T)[0][:, :B.shape[1] - T.shape[1]]

    def f(x):
        X = H + (B @ x).reshape(d, n)
        return definition(X / np.linalg.norm(X, axis=0), y, r)

    m = B.shape[1]
    K, e = np.zeros((m, m)), np.eye(m) * h
    for a in range(m):
        for b in range(a + 1):
            K[a, b] = K[b, a] = (f(e[a] + e[b]) - f(e[a] - e[b]) - f(e[b] - e[a]) + f(-e[a] - e[b])) / (4 * h * h)
    return np.linalg.eigvalsh(K)[0]


def step(R, k1, k2, least, r):
    """The best (α, γ) of (6), by a grid that closes in."""
    def value(e, q):
        a, g, b = (e - 1) / (k1 - 1), (q - 1) / (k2 - 1), -np.sqrt(e * q / (k1 * k2))
        big = R * least
        return (k1 * big * np.log(big - 1 + (k1 - 1) * big * np.exp(r * (a - 1)) + k2 * least * np.exp(r * (b - 1)))
                + k2 * least * np.log(least - 1 + (k2 - 1) * least * np.exp(r * (g - 1)) + k1 * big * np.exp(r * (b - 1))))
    low, high = np.array([-40.0, 1e-6]), np.array([np.log(k1), float(k2)])
    for _ in range(60):
        e, q = np.meshgrid(np.exp(np.linspace(low[0], high[0], 25)), np.linspace(low[1], high[1], 25), indexing='ij')
        i, j = np.unravel_index(np.argmin(value(e, q)), e.shape)
        at, width = np.array([np.log(e[i, j]), q[i, j]]), (high - low) / 3
        low, high = np.maximum(at - width, [-40, 1e-6]), np.minimum(at + width, [np.log(k1), k2])
    e, q = np.exp(at[0]), at[1]
    return (e - 1) / (k1 - 1), -np.sqrt(e * q / (k1 * k2)), (q - 1) / (k2 - 1)


# C1 and C8: the floor and the bound, at a random point and at the minimum of descent.
sizes, r = [7, 3, 4], 0.8
y = labels(sizes)
H = rng.normal(size=(4, 14))
H /= np.linalg.norm(H, axis=0)
P, Q = softmax(H.T @ H, r), targets(y)
kl = (Q[Q > 0] * np.log(Q[Q > 0] / P[Q > 0])).sum()
floor = sum(n * np.log(n - 1) for n in sizes)
say('C1, divergences + floor - definition', kl + floor - definition(H, y, r), -1e-10, 1e-10)
best, value = descend(y, r, 4)
say('C8, bound below the minimum over it', (value + dual(best.T @ best, y, r)[1]) / value, 1 - 1e-5, 1)
say('C8, bound at a random point below the minimum', definition(H, y, r) + dual(H.T @ H, y, r)[1], -1e9, value)

# C3, C11: within-class variation, and the reduced loss of the class means.
mu = np.array([best[:, y == c].mean(1) for c in range(3)]).T
say('C3, NC1', ((best - mu[:, y]) ** 2).sum() / 14, 0, 1e-8)
say('C11, reduced loss of the means over the loss', reduced(mu.T @ mu, sizes, r) / value, 1 - 1e-7, 1 + 1e-7)

# C12: weights from S centre the means; sizes do not.
S = dual(best.T @ best, y, r)[0]
w = np.array([np.sqrt(S[np.ix_(y == c, y == c)].sum()) for c in range(3)])
say('C12, norm of the weighted mean', np.linalg.norm(mu @ w) / np.linalg.norm(w), 0, 1e-3)

# C10: equal classes of other sizes.
y = labels([3] * 4)
_, value = descend(y, 1.5, 4)
say('C10, minimum over the closed form', value / (12 * np.log(2 + 9 * np.exp(-1.5 * 4 / 3))), 1, 1 + 1e-6)

# C9: the way out of the best point of two dimensions.
y = labels([5, 5, 2, 2])
flat, value = descend(y, 1, 2)
S, _ = dual(flat.T @ flat, y, 1)
values, vectors = np.linalg.eigh(S)
up = np.vstack([flat, 1e-2 * vectors[:, 0]])
rise = (definition(up / np.linalg.norm(up, axis=0), y, 1) - value) / 1e-4
say('C9, rise over t^2 times the least eigenvalue', rise / values[0], 0.99, 1.01)

# C6: both sides of r_c on the extremal configuration of other sizes.
sizes = [5, 4, 4]
y, u = labels(sizes), -np.ones(13)
u[:2] = 1
rc = np.log(11 / 3) / 2
for share, low, high in ((0.999, -1, 0), (1.001, 0, 1)):
    say(f'C6, A of the pair at {share} r_c', gradient(np.outer(u, u), y, share * rc)[0, 1], low, high)

# D7: thresholds of the polytopes, from differences of the definition.
for sizes, low, high in (([2, 2], 3.95, 3.98), ([4, 4], 4.57, 4.60)):
    y, d = labels(sizes), sum(sizes) // 2
    H = np.zeros((d, 2 * d))
    for a in range(d):
        H[a, 2 * a], H[a, 2 * a + 1] = 1, -1
    say(f'D7, {sizes}: least eigenvalue just below', hessian(H, y, low), -1, 0)
    say(f'D7, {sizes}: least eigenvalue just above', hessian(H, y, high), 0, 1)

# C13, C14: cosines of (6), and the limit.
for name, got, want in zip(('alpha', 'beta', 'gamma'), step(10, 2, 2, 5, 1), (-.89539, -.20117, .54739)):
    say(f'C13, {name} at R = 10', got, want - 2e-5, want + 2e-5)
A = np.exp(-2 * 4 / 3)
x = 1 + 3 * A
limit = np.log((x + 4 * np.exp(-2)) ** 2 / (16 * A * x)) / 2
say('C14, gamma at R = 3000 over its limit, k1 = 4, r = 2', step(3000, 4, 3, 7, 2)[2] / limit, 0.995, 1)

end()
