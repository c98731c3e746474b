#!/usr/bin/env python3
"""Recomputes numbers of cap in numpy, from the formulas of the page and on instances of its own.

    python review.py        prints a line a number, ok or FAIL, and leaves with 1 if one failed

Nothing of the project's code is used: small SVMs are solved by trying every set of support vectors, the limit by nested
minimization, losses and Hessians are written afresh.
"""

import itertools
import math
import sys

import numpy as np

rng = np.random.default_rng(2401)
failed = 0


def line(name, got, low, high):
    global failed
    ok = bool(np.isfinite(got) and low <= got <= high)
    failed += not ok
    print(f'{"ok  " if ok else "FAIL"} {name}: {got:.6g} (from {low:.6g} to {high:.6g})')


def Q(t):
    return 0.5 * math.erfc(t / math.sqrt(2))


def svm(X, y, delta):
    """Program (2) by its conditions of optimality for every set of support vectors."""
    n, d = X.shape
    margin = np.where(y > 0, delta, 1.0)
    for size in range(2, n + 1):
        for S in map(list, itertools.combinations(range(n), size)):
            if len({*y[S]}) < 2:
                continue
            K = (X[S] @ X[S].T) * np.outer(y[S], y[S])
            M = np.block([[K, y[S][:, None]], [y[S][None], np.zeros((1, 1))]])
            try:
                z = np.linalg.solve(M, np.append(margin[S], 0))
            except np.linalg.LinAlgError:
                continue
            a, b = z[:-1], z[-1]
            w = X[S].T @ (a * y[S])
            if a.min() > -1e-10 and (y * (X @ w + b) - margin).min() > -1e-8:
                return w, b
    raise ValueError('not separable')


# C1 and its wrong form, on samples of 2 to 7 examples.
worst, wrong = 0.0, np.inf
for trial in range(40):
    n = 2 + trial % 6
    d = n + 1
    y = np.where(np.arange(n) < max(1, n // 3), 1.0, -1.0)
    X = rng.standard_normal((n, d)) + 0.5 * y[:, None]
    delta = math.exp(rng.uniform(-3, 3))
    w1, b1 = svm(X, y, 1)
    w, b = svm(X, y, delta)
    f, s = (1 + delta) / 2, (delta - 1) / 2
    worst = max(worst, np.linalg.norm(w - f * w1) / np.linalg.norm(w), abs(b - f * b1 - s) / (1 + abs(b)))
    wrong = min(wrong, np.linalg.norm(w - 2 * f * w1) / np.linalg.norm(w))
line('C1, closed form of the SVM in delta, largest error', worst, 0, 1e-8)
line('C1, with 1 + delta, least error', wrong, 0.5, 2)

# C2, counts of a random hyperplane that is no SVM, m of either sign.
worst = 0.0
for trial in range(6):
    d, sp, sm = 4, 1.3, 0.6
    w, b, mu = rng.standard_normal(d), rng.standard_normal(), rng.standard_normal(d)
    m, t = w @ mu / np.linalg.norm(w), b / np.linalg.norm(w)
    N = 200_000
    for sign, sigma in ((1, sp), (-1, sm)):
        x = sign * mu + sigma * rng.standard_normal((N, d))
        p = Q((m + sign * t) / sigma)
        if 1e-3 < p < 1 - 1e-3:
            worst = max(worst, abs(np.mean(sign * (x @ w + b) < 0) - p) / math.sqrt(p * (1 - p) / N))
line('C2, counts against Q, largest deviation', worst, 0, 4.5)


def balanced(m, t, sp, sm):
    return (Q((m + t) / sp) + Q((m - t) / sm)) / 2


def roots(m, sp, sm):
    """Both roots of (3), the one of less balanced error first."""
    A, B = sp**-2 - sm**-2, 2 * m * (sp**-2 + sm**-2)
    C = m * m * A + 2 * math.log(sp / sm)
    r = np.roots([A, B, C])
    assert np.all(np.isreal(r))
    return sorted(r.real, key=lambda t: balanced(m, t, sp, sm))


# D1 on random mixtures: a fine grid never beats the root; the noisier class has the larger error.
beaten = exceptions = 0
for _ in range(400):
    sp, sm = np.exp(0.7 * rng.standard_normal(2))
    m = rng.standard_normal()
    t, other = roots(m, sp, sm)
    grid = min(balanced(m, x, sp, sm) for x in np.linspace(-8 * (sp + sm), 8 * (sp + sm), 801))
    beaten += grid < balanced(m, t, sp, sm) - 1e-9 or balanced(m, other, sp, sm) < 0.5 - 1e-9
    exceptions += (Q((m + t) / sp) > Q((m - t) / sm)) != (sp > sm)
line('D1, mixtures where a grid beats the root', beaten, 0, 0)
line('D1, mixtures where the noisier class errs less', exceptions, 0, 0)

# C3: the two examples of step 4, by hand and by formula (4) alone.
X, y = np.array([[1, 0], [1.5, -2]]), np.array([1.0, -1.0])
w1, b1 = svm(X, y, 1)
line('C3, two examples: b_1 = 21/17', b1 - 21 / 17, -1e-12, 1e-12)
line('C3, two examples: (4) without its ends', (1 - b1) / (1 + b1), -0.1053, -0.1052)
m, q = w1[1] * 2 / np.linalg.norm(w1), np.linalg.norm(w1)
errors = [balanced(m, (b1 + 1 - 2 / (1 + d)) / q, 1, 1) for d in np.exp(np.linspace(-12, 12, 400))]
line('C3, two examples: index of the best delta on a grid', int(np.argmin(errors)), 0, 0)

# C3 inside: (4) against a grid, samples of 6 examples.
worst = 0.0
for _ in range(30):
    y = np.array([1.0, 1, -1, -1, -1, -1])
    sp, sm = 1.4, 0.8
    X = y[:, None] * np.eye(7)[0] * 1.5 + np.where(y > 0, sp, sm)[:, None] * rng.standard_normal((6, 7))
    w1, b1 = svm(X, y, 1)
    q = np.linalg.norm(w1)
    m = 1.5 * w1[0] / q
    D = 1 + b1 - roots(m, sp, sm)[0] * q
    if 0.05 < D < 1.95:
        x = np.arange(-5, 5, 2e-3)
        best = x[np.argmin([balanced(m, (b1 + 1 - 2 / (1 + math.exp(v))) / q, sp, sm) for v in x])]
        worst = max(worst, abs(best - math.log((2 - D) / D)))
line('C3, |ln delta* - best of a grid of step 0.002|', worst, 0, 0.003)


def E2(c):
    return (1 + c * c) * Q(-c) + c * math.exp(-c * c / 2) / math.sqrt(2 * math.pi)


x = np.linspace(-12, 12, 240001)
phi = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
line('D2, E_2 against a sum, largest error', max(abs(E2(c) - np.sum(np.maximum(x + c, 0) ** 2 * phi) * (x[1] - x[0])) for c in (-3, -1, 0, 0.5, 2)), 0, 1e-7)


def golden(f, a, b, steps=60):
    g = (math.sqrt(5) - 1) / 2
    c, d = b - g * (b - a), a + g * (b - a)
    fc, fd = f(c), f(d)
    for _ in range(steps):
        if fc < fd:
            b, d, fd = d, c, fc
            c = b - g * (b - a)
            fc = f(c)
        else:
            a, c, fc = c, d, fd
            d = a + g * (b - a)
            fd = f(d)
    return (a + b) / 2


def limit(pi, sp, sm, s, gamma):
    """q, rho, b of (6): for a length q, the least of the constraint over rho and t = b/q by nested sections."""
    def inner(kappa):
        def over(rho):
            f = lambda t: math.sqrt(max(pi * E2((kappa - s * rho - t) / sp) + (1 - pi) * E2((kappa - s * rho + t) / sm), 0))
            t = golden(f, -6, 6, 45)
            return f(t) - math.sqrt(gamma * (1 - rho * rho)), t
        rho = golden(lambda r: over(r)[0], -0.999, 0.999, 40)
        return over(rho)[0], rho, over(rho)[1]
    lo, hi = 0.0, 50.0
    for _ in range(36):
        mid = (lo + hi) / 2
        lo, hi = (mid, hi) if inner(mid)[0] <= 0 else (lo, mid)
    _, rho, t = inner(lo)
    return 1 / lo, rho, t / lo


def best(pi, sp, sm, s, gamma):
    q, rho, b = limit(pi, sp, sm, s, gamma)
    t = roots(s * rho, sp, sm)[0] if sp != sm else 0.0
    D = 1 + b - t * q
    return (2 - D) / D


for (pi, sp, sm), want in (((0.2, 1, 1), (0.526, 0.684, -0.368, 2.164)), ((0.2, 1.5, 0.7), (0.431, 0.610, -0.623, 5.37)), ((0.2, 0.7, 1.5), (0.572, 0.683, -0.088, 0.922))):
    q, rho, b = limit(pi, sp, sm, 2, 1.5)
    got = (q, rho, b, best(pi, sp, sm, 2, 1.5))
    line(f'C4, limit at pi = {pi}, sigma = {sp}, {sm}: largest distance from the page', max(abs(g - w) / max(1, abs(w)) for g, w in zip(got, want)), 0, 1.5e-3)

# C4 against draws of another ratio: for d >> n all constraints are active, and the SVM solves X w + b = y.
n, gamma, s, pi = 60, 60.0, 2.0, 0.2
y = np.where(np.arange(n) < pi * n, 1.0, -1.0)
seen = []
for _ in range(12):
    X = rng.standard_normal((n, int(gamma * n)))
    X[:, 0] += s * y
    K = np.linalg.inv(X @ X.T)
    b = (K @ y).sum() / K.sum()
    a = K @ (y - b)
    assert (a * y).min() > 0  # all active
    seen.append((math.sqrt((y - b) @ a), b))
q, rho, b = limit(pi, 1, 1, s, gamma)
mean, sd = np.mean(seen, axis=0), np.std(seen, axis=0) / math.sqrt(12)
line('C4, gamma = 60: norm of 12 draws over the limit', mean[0] / q, 0.98, 1.02)
line('C4, gamma = 60: intercept of 12 draws less the limit', mean[1] - b, -0.03, 0.03)

line('C5, product with the mirror', best(0.3, 1.2, 0.8, 2, 1.5) * best(0.7, 0.8, 1.2, 2, 1.5), 1 - 1e-4, 1 + 1e-4)
line('D3, delta* at s = 1 over s = 4', best(0.2, 1, 1, 1, 1.5) / best(0.2, 1, 1, 4, 1.5), 3.0, 3.1)

# C6 on a coarser grid than the page's.
P, R = (0.1, 0.2, 0.35, 0.5), (0.6, 1.0, 1.67)
lp = np.array([math.log(p / (1 - p)) for p in P for _ in R])
lr = np.array([math.log(r) for _ in P for r in R])
for s, low, high in ((2.0, 0.99, 1.0), (1.0, 0.0, 0.05), (3.0, 0.99, 1.0)):
    z = np.array([math.log(best(p, math.sqrt(r), 1 / math.sqrt(r), s, 1.5)) for p in P for r in R])

    def r2(*f):
        A = np.column_stack((np.ones_like(z), *f))
        return 1 - np.sum((z - A @ np.linalg.lstsq(A, z, rcond=None)[0]) ** 2) / np.sum((z - z.mean()) ** 2)

    if s == 2:
        line('C6, s = 2: R2 of both attributes', r2(lp, lr), low, high)
        line('C6, s = 2: R2 of frequency alone', r2(lp, lp * lp), 0.35, 0.65)
    elif s == 3:
        line('C6, s = 3: R2 of both attributes', r2(lp, lr), low, high)
        line('C6, s = 3: R2 of frequency alone', r2(lp, lp * lp), 0.15, 0.35)
    else:
        line('C6, s = 1: R2 of the noise ratio alone', r2(lr, lr * lr), low, high)

# C7: a path of lambda by Newton's method; three points with integer coordinates, where 1 - cos is not monotone.
X, y = np.array([[3.0, -4], [-4, 2], [3, -3]]), np.array([-1.0, 1, -1])
Z = X * y[:, None]


def direction(lam, w):
    for _ in range(500):
        u = np.exp(-np.clip(Z @ w, -700, 700))
        p = u / (1 + u)
        g, H = lam * w - Z.T @ p, lam * np.eye(2) + (Z.T * (p * (1 - p))) @ Z
        step = np.linalg.solve(H, g)
        w = w - step * min(1, 1 / np.linalg.norm(step))
    return w


supports = [np.linalg.solve(Z[list(S)], np.ones(2)) for S in itertools.combinations(range(3), 2)]
supports += [z / (z @ z) for z in Z]
feasible = min((w for w in supports if (Z @ w).min() > 1 - 1e-9), key=np.linalg.norm)
w, seen = np.zeros(2), []
for k in range(1, 13):
    w = direction(10.0**-k, w)
    if k in (2, 4, 6, 8, 10, 12):
        seen.append(1 - w @ feasible / np.linalg.norm(w) / np.linalg.norm(feasible))
line('C7, three points: 1 - cos at lambda = 1e-12', seen[-1], 0, 0.02)
line('C7, three points: steps at which 1 - cos rises', int(np.sum(np.diff(seen) > 0)), 1, 5)

# C8: the implicit gradient of ridge regression in its targets' weights, by hand, and the remainder of the series.
A = rng.standard_normal((20, 6))
t = rng.standard_normal(20)
omega = rng.uniform(0.5, 1.5, 20)
val = rng.standard_normal((10, 6))
tv = rng.standard_normal(10)
solve = lambda o: np.linalg.solve((A.T * o) @ A + np.eye(6), (A.T * o) @ t)
theta, H = solve(omega), (A.T * omega) @ A + np.eye(6)
v = val.T @ (val @ theta - tv)
implicit = -((A @ theta - t)[:, None] * A) @ np.linalg.solve(H, v)
h = 1e-5
loss = lambda o: 0.5 * np.sum((val @ solve(o) - tv) ** 2)
numeric = np.array([(loss(omega + h * e) - loss(omega - h * e)) / (2 * h) for e in np.eye(20)])
line('C8, implicit gradient against differences', np.linalg.norm(implicit - numeric) / np.linalg.norm(numeric), 0, 1e-6)
eta, T = 1 / np.linalg.eigvalsh(H)[-1], 7
p, c = v.copy(), v.copy()
for _ in range(T):
    c = c - eta * H @ c
    p = p + c
exact = np.linalg.solve(H, v)
remainder = eta * p - exact + np.linalg.matrix_power(np.eye(6) - eta * H, T + 1) @ exact
line('C8, remainder of the Neumann series', np.linalg.norm(remainder) / np.linalg.norm(exact), 0, 1e-12)

# D4, and the ceilings that floats miss.
prior = np.array([0.6, 0.3, 0.1])
like = rng.dirichlet(np.ones(3), 500)
post = like * prior / (like * prior).sum(1, keepdims=True)
line('D4, predictions that differ', int(np.sum(np.argmax(np.log(post) - np.log(prior), 1) != np.argmax(like, 1))), 0, 0)
line('CVaR: ceil(0.07 * 100) in floats, less 7', math.ceil(0.07 * 100) - 7, 1, 1)

sys.exit(failed > 0)
