"""Recomputes headline numbers of ntp-geometry in numpy, from the formulas and on instances of its own.

Prints a line for each, and leaves with 1 if one is not what the page says."""

import itertools
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, within as say  # noqa: E402

import numpy as np  # noqa: E402

rng = np.random.default_rng(20260801)


def support_matrix(V, supports):
    S = np.zeros((V, len(supports)))
    for j, s in enumerate(supports):
        S[list(s), j] = 1
    return S


def proxy(S):
    return S - S.mean(0)


def nuclear(L):
    return np.linalg.svd(L, compute_uv=False).sum()


def polar(L):
    U, s, Q = np.linalg.svd(L, full_matrices=False)
    r = (s > 1e-10 * s[0]).sum()
    return U[:, :r] @ Q[:r]


def shrink(X, t):
    U, s, Q = np.linalg.svd(X, full_matrices=False)
    return (U * np.maximum(s - t, 0)) @ Q


def feasible(X, S):
    """The nearest matrix that is constant on supports and one lower off them, column by column."""
    Z = X.copy()
    for j in range(S.shape[1]):
        on = S[:, j] == 1
        off = np.sort(X[~on, j])[::-1]
        k, total, level = on.sum(), X[on, j].sum(), None
        for r in range(len(off) + 1):
            a = (total + (off[:r] + 1).sum()) / (k + r)
            if (r == 0 or off[r - 1] >= a - 1) and (r == len(off) or off[r] <= a - 1):
                level = a
                break
        Z[on, j] = level
        Z[~on, j] = np.minimum(X[~on, j], level - 1)
    return Z


def max_margin(S, steps=6000):
    """The least nuclear norm under the constraints, by ADMM, with the norm of the dual point's value."""
    Z, Y, rho = proxy(S), np.zeros_like(S), 1.0
    for i in range(steps):
        X = shrink(Z - Y, 1 / rho)
        old, Z = Z, feasible(X + Y, S)
        Y = Y + X - Z
        p, d = np.linalg.norm(X - Z), rho * np.linalg.norm(Z - old)
        if max(p, d) < 1e-10:
            break
        if i % 10 == 9 and p > 10 * d:
            rho, Y = 2 * rho, Y / 2
        elif i % 10 == 9 and d > 10 * p:
            rho, Y = rho / 2, 2 * Y
    A = -rho * Y
    return Z, -A[S == 0].sum()


def sparse_part(P):
    on = P > 0
    logs = np.where(on, np.log(np.where(on, P, 1)), 0)
    return np.where(on, logs - logs.sum(0) / on.sum(0), 0)


def excess(L, P, pi):
    on = P > 0
    logs = L - L.max(0)
    inside = np.where(on, np.exp(logs), 0)
    x = np.where(on, 0, np.exp(logs)).sum(0) / inside.sum(0)
    q = inside / inside.sum(0)
    kl = np.where(on, P * np.log(np.where(on, P, 1) / np.where(on, q, 1)), 0).sum(0)
    return (pi * (kl + np.log1p(x))).sum()


def gradient(L, P, pi):
    E = np.exp(L - L.max(0))
    return (E / E.sum(0) - P) * pi


def optimum(P, pi, lam, L, steps=40000):
    """The minimiser of CE + lam * nuclear norm, by accelerated proximal gradient steps."""
    t, Y, a = 2 / pi.max(), L, 1.0
    for _ in range(steps):
        new = shrink(Y - t * gradient(Y, P, pi), t * lam)
        if ((Y - new) * (new - L)).sum() > 0:
            a = 1.0
        b = (1 + np.sqrt(1 + 4 * a * a)) / 2
        Y = new + (a - 1) / b * (new - L)
        if np.abs(new - L).max() < 1e-12:
            return new
        L, a = new, b
    return L


def labels(S):
    P = np.where(S == 1, rng.exponential(size=S.shape) + 0.2, 0)
    pi = rng.exponential(size=S.shape[1]) + 0.5
    return P / P.sum(0), pi / pi.sum()


def balanced(L):
    """Balanced H without a singular value that round-off made."""
    U, s, Q = np.linalg.svd(L, full_matrices=False)
    r = (s > 1e-12 * s[0]).sum()
    return np.sqrt(s[:r])[:, None] * Q[:r]


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


# The supports of the data set `sentences`: 31 words, 16 contexts.
SENTENCES = support_matrix(31, [
    (2, 5, 6), (2, 5, 6), (1, 4, 9), (5, 18, 30), (10, 12, 29), (10, 21, 27), (1, 3, 4), (1, 3, 17),
    (0, 8, 16), (13, 26, 28), (2, 7, 22), (2, 7, 24), (1, 3, 4), (20, 23, 25), (8, 11, 14), (8, 15, 19)])

# C5: the proxy of sentences costs 0.37 %, with a certificate from below.
Lmm, dual = max_margin(SENTENCES)
say('C5, nuclear norm of the proxy of sentences', nuclear(proxy(SENTENCES)), 23.1455, 23.1465)
say('C5, nuclear norm of Lmm of sentences', nuclear(Lmm), 23.0605, 23.0625)
say('C5, the dual value over it', dual / nuclear(Lmm), 1 - 1e-6, 1 + 1e-6)

# D5: the bound, on random patterns.
worst = 0
for _ in range(15):
    V, m = rng.integers(3, 9), rng.integers(2, 12)
    S = support_matrix(V, [rng.permutation(V)[:rng.integers(1, V)] for _ in range(m)])
    T = proxy(S)
    worst = max(worst, nuclear(T) / max_margin(S, 1500)[1] / (nuclear(T) * np.linalg.norm(T, 2) / (T * T).sum()))
say('D5, largest ratio to the bound', worst, 0.5, 1 + 1e-6)

# C7: a design of its own, all pairs of five words; and a pattern that is none.
pairs = support_matrix(5, list(itertools.combinations(range(5), 2)))
U, s, Q = np.linalg.svd(proxy(pairs), full_matrices=False)
C = (Q.T * s) @ Q
cosines = C / np.sqrt(np.outer(np.diag(C), np.diag(C)))
say('C7, largest error of (12)', np.abs(cosines - (pairs.T @ pairs - 4 / 5) / (2 - 4 / 5)).max(), 0, 1e-12)
say('C7, largest entry of A off the supports', polar(proxy(pairs))[pairs == 0].max(), -1, -1e-3)
pencil = support_matrix(4, [(0, 1), (0, 2), (0, 3), (1, 2, 3)])
U, s, Q = np.linalg.svd(proxy(pencil), full_matrices=False)
say('C7, a pencil is no simplex', np.linalg.norm((U * s) @ U.T - (np.eye(4) - 1 / 4)), 0.3228, 0.3230)

# S9: a direction that is not constant on supports, above margin one at the nuclear norm of Lmm.
uneven = support_matrix(4, [(1, 3), (1, 2), (0, 2, 3)])
T = proxy(uneven)
D = T + 0.15 * ((uneven == 1) & (polar(T) < 0))
D *= nuclear(T) / nuclear(D)
margin = min(D[uneven[:, j] == 1, j].min() - D[uneven[:, j] == 0, j].max() for j in range(3))
say('S9, least margin of a direction that is not level', margin, 1.0044, 1.0046)

# D3: the genie bound along the proxy, whose limit is one.
P, pi = labels(SENTENCES)
Lin, g = sparse_part(P), np.exp(np.where(P > 0, np.log(np.where(P > 0, P, 1)), 0).sum(0) / 3)
c = (pi * (31 - 3) * g).sum()
shares = [excess(Lin + R * proxy(SENTENCES), P, pi) / (c * np.exp(-R)) for R in range(21)]
say('D3, largest share of the genie bound', max(shares), 0.999, 1 + 1e-9)

# D4: the sparse part from mutual information and frequency.
on, word = P > 0, P @ pi
pmi = np.where(on, np.log(np.where(on, P, 1) / word[:, None]), 0)
both = np.where(on, pmi + np.log(word)[:, None], 0)
say('D4, error', np.abs(np.where(on, both - both.sum(0) / on.sum(0), 0) - Lin).max(), 0, 1e-12)

# S4, C3: the convex optimum of an instance of its own.
S = support_matrix(5, [(0, 1), (0, 1), (1, 2), (3,), (3, 4), (0, 4), (2, 3)])
P, pi = labels(S)
top = np.linalg.norm((P - 1 / 5) * pi, 2)
say('S4, norm of the optimum above lambda_max', np.abs(optimum(P, pi, 1.01 * top, np.ones_like(P))).max(), 0, 1e-9)
M = max_margin(S)[0]
L, R, ratios = np.zeros_like(P), [], []
for lam in (1e-2, 1e-3, 1e-4):
    L = optimum(P, pi, lam, L)
    R.append((L * M).sum() / (M * M).sum())
    ratios.append(excess(L, P, pi) / lam / nuclear(M))
say('S4, norm of the gradient over lambda', np.linalg.norm(gradient(L, P, pi), 2) / 1e-4, 1 - 1e-3, 1 + 1e-3)
say('C3, gain of R over ln 10 in the last factor of ten', (R[2] - R[1]) / np.log(10), 0.93, 1.07)
say('C3, (CE - H)/(lambda * nuclear norm of Lmm)', ratios[2], 0.93, 1.07)

# C2: the optimum has the value of factors that gradient descent finds (L-BFGS is the page's).
lam = 1e-2
best = optimum(P, pi, lam, np.zeros_like(P))
W, H = 0.1 * rng.normal(size=(5, 5)), 0.1 * rng.normal(size=(5, 7))
for _ in range(20000):
    G = gradient(W @ H, P, pi)
    W, H = W - 0.5 * (G @ H.T + lam * W), H - 0.5 * (W.T @ G + lam * H)
value = excess(W @ H, P, pi) + lam / 2 * ((W * W).sum() + (H * H).sum())
say('C2, value of factors over the convex optimum', value / (excess(best, P, pi) + lam * nuclear(best)), 1 - 1e-6, 1 + 1e-5)

# D6: two laws of collapse on rays, the first with all pairs of five words, twice.
twice = np.hstack([pairs, pairs])
for name, S, M, low, high, i, j in (
        ('D6, slope of 1 - cos at the rank of Lmm', twice, proxy(twice), -2.02, -1.98, 0, 10),
        ('D6, slope of 1 - cos at a larger rank', SENTENCES, Lmm, -1.02, -0.98, 0, 1)):
    P, pi = labels(S)
    Lin, R, angle = sparse_part(P), np.array([1e4, 1e5, 1e6]), []
    for r in R:
        H = balanced(Lin + r * M)
        a, b = H[:, i] / np.linalg.norm(H[:, i]), H[:, j] / np.linalg.norm(H[:, j])
        angle.append(((a - b) ** 2).sum() / 2)
    say(name, slope(R, np.array(angle)), low, high)

end()
