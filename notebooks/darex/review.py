"""Recomputes headline numbers of darex in numpy, from the formulas and on instances of its own.

Prints a line for each, and leaves with 1 if one is not what the page says."""
import itertools
import math
import sys

import numpy as np

rng = np.random.default_rng(20261129)
failed = False


def say(name, value, low, high):
    global failed
    good = bool(low <= value <= high)
    failed |= not good
    print(f'{"ok  " if good else "FAIL"} {name}: {value:.8g}, expected {low:.8g} to {high:.8g}')


def phi(p):
    return 0.5 if p == 0.5 else (1 - 2 * p) / math.log((1 - p) / p)


def masks(n):
    return np.array(list(itertools.product([0, 1], repeat=n)), float)


def change(c, p, q):
    """h for all masks, and their probabilities."""
    d = masks(len(c))
    kept = d.sum(1)
    return (c * (1 - d / q)).sum(1), (1 - p) ** kept * p ** (len(c) - kept)


def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def binomial_tail(n, p, bound):
    """Pr(|n − k/(1−p)| > bound) for k ~ Binomial(n, 1−p)."""
    k = np.arange(n + 1)
    log = np.concatenate([[0], np.cumsum(np.log(np.arange(1, n + 1)))])
    pr = np.exp(log[n] - log[k] - log[n - k] + k * math.log(1 - p) + (n - k) * math.log(p))
    return pr[np.abs(n - k / (1 - p)) > bound * (1 + 1e-12)].sum()


def box(H, a, lam):
    """Projected gradient over the box, and bisection for its half width."""
    L, low, high = np.linalg.eigvalsh(H)[-1], 0.0, 2 * np.abs(a).max()
    for _ in range(60):
        tau, x = (low + high) / 2, np.zeros(len(a))
        for _ in range(4000):
            x = np.clip(x - H @ (x - a) / L, -tau, tau)
        if np.sqrt(np.mean((H @ (x - a)) ** 2)) > lam * tau:
            low = tau
        else:
            high = tau
    return x


def adamr(H, a, lam, steps=20000, rate=1e-3):
    x, m, v = np.zeros(len(a)), np.zeros(len(a)), np.zeros(len(a))
    for t in range(1, steps + 1):
        g = H @ (x - a)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        hat = v / (1 - 0.999 ** t)
        r = math.sqrt(hat.mean()) or 1.0
        eta = rate * (1 - (t - 1) / steps)
        x = x - eta * (m / (1 - 0.9 ** t) / (np.sqrt(hat) + 1e-8) + lam / r * x)
    return x


# C1, C2: moments of all masks of nine influences.
c, p, q = rng.normal(size=9) + 0.3, 0.93, 0.2
h, pr = change(c, p, q)
S, Q = c.sum(), (c ** 2).sum()
say('C1, E h − (1 − (1−p)/q) S', (pr * h).sum() - (1 - (1 - p) / q) * S, -1e-12, 1e-12)
say('C1, Var h over p(1−p)Q/q²', (pr * (h - (pr * h).sum()) ** 2).sum() / (p * (1 - p) * Q / q ** 2), 1 - 1e-11, 1 + 1e-11)
say('C2, n(c̄² + σ²)/Q', 9 * (c.mean() ** 2 + c.var()) / Q, 1 - 1e-13, 1 + 1e-13)

# C3: the grid and the point of equality.
grid = max(np.logaddexp(math.log1p(-p) - t * p, math.log(p) + t * (1 - p)) - phi(p) * t * t / 4
           for p in np.linspace(0.003, 0.997, 150) for t in np.linspace(-50, 50, 201))
say('C3, largest log left − log right', grid, -1e-9, 1e-12)
t = 2 * math.log(0.03 / 0.97)
say('C3, at t* for p = .97', np.logaddexp(math.log(0.03) - t * 0.97, math.log(0.97) + t * 0.03) - phi(0.97) * t * t / 4, -1e-12, 1e-12)

# C4: the largest tail over its bound, over small neurons.
worst = 0
for _ in range(200):
    c = rng.standard_cauchy(size=rng.integers(1, 9)) if rng.random() < 0.5 else rng.normal(size=rng.integers(1, 9))
    p = rng.choice([0.05, 0.5, 0.9, 0.99])
    h, pr = change(c, p, 1 - p)
    for t in np.abs(h):
        if t > 0:
            worst = max(worst, pr[np.abs(h) >= t * (1 - 1e-12)].sum() / (2 * math.exp(-t * t * (1 - p) ** 2 / (phi(p) * (c ** 2).sum()))))
say('C4, largest Pr(|h| ≥ t) over its bound', worst, 0.7, math.sqrt(math.e) / 2 + 1e-12)

h, pr = change(np.ones(2), 0.5, 0.5)
say('C4, two equal influences at p = 1/2, t = 2', pr[np.abs(h) > 1.9].sum() / (2 * math.exp(-1)), math.e / 4 - 1e-12, math.e / 4 + 1e-12)

# C5: the counter-examples.
say('C5, printed bound at p = .99, γ = .005', math.sqrt(2 * 0.99 * 0.01) / 0.01 * math.sqrt(math.log(400)), 34.435, 34.445)
say('C5, proven bound there', math.sqrt(phi(0.99)) / 0.01 * math.sqrt(math.log(400)), 113.035, 113.045)
say('C5, Pr(|h| > printed) at p = 1/2, γ = .01, n = 10000', binomial_tail(10000, 0.5, 0.5 / 0.5 * math.sqrt(1e4 * math.log(200))), 0.0205, 0.0225)
say('C5, its limit 2(1 − N(√log 200))', 2 * (1 - normal_cdf(math.sqrt(math.log(200)))), 0.02134, 0.02136)
say('C5, Pr(|h| > printed) at n = 1000, p = .999, γ = .001', binomial_tail(1000, 0.999, math.sqrt(2 * 0.999 * 0.001) / 0.001 * math.sqrt(1000 * math.log(2000))), 0.0030, 0.0042)

# C7: bound over standard deviation at γ = .05, and Kolmogorov's distance of a draw.
for p, low, high in [(0.9, 3.8, 4.0), (0.99, 8.8, 9.0), (0.999, 22.5, 23.5)]:
    say(f'C7, bound over standard deviation at p = {p}', math.sqrt(phi(p) * math.log(40)) / (1 - p) / math.sqrt(p / (1 - p)), low, high)

c = rng.normal(size=4096)
few = np.sort([(c[rng.integers(0, 4096, k)].sum() - 0.0003 * c.sum()) / 0.9997 for k in rng.binomial(4096, 0.0003, size=10000)])
cdf = np.array([normal_cdf(x / math.sqrt(0.0003 / 0.9997 * (c ** 2).sum())) for x in few])
say('C7, distance from normal at p = .0003, where max c²/((1−p)Q) is 0.003', max((cdf - np.arange(10000) / 1e4).max(), (np.arange(1, 10001) / 1e4 - cdf).max()), 0.12, 0.17)

# C8: the mean of the influences, error and signs.
signs, sds = [], []
for mean in (0.1, 2.0):
    c = rng.normal(size=400)
    c = mean + (c - c.mean()) / c.std()
    kept = (rng.random((20000, 400)) >= 0.99) @ c / 0.01
    signs.append((kept > 0).mean())
    sds.append((c.sum() - kept).std())
say('C8, error at c̄ = 2 over that at .1', sds[1] / sds[0], 2.1, 2.4)
say('C8, right signs at c̄ = 2 less those at .1', signs[1] - signs[0], 0.38, 0.48)

# C10: a layer by its masks.
W, X, p = rng.normal(size=(3, 6)) + 0.5, rng.normal(size=(6, 4)) + 0.5, 0.9
S2 = ((W @ X) ** 2).sum()
kappa = S2 / (W ** 2 @ (X ** 2).sum(1)).sum()


def relative(q):
    return sum((change(W[i] * X[:, b], p, q)[1] * change(W[i] * X[:, b], p, q)[0] ** 2).sum() for i in range(3) for b in range(4)) / S2


star, tau2 = 1 - p + p / kappa, p / ((1 - p) * kappa)
say('C10, DARE over τ²', relative(1 - p) / tau2, 1 - 1e-10, 1 + 1e-10)
say('C10, q* over τ²/(1+τ²)', relative(star) / (tau2 / (1 + tau2)), 1 - 1e-10, 1 + 1e-10)
say('C10, best of a grid over q*', min(relative(star * f) for f in np.linspace(0.5, 2, 31)) / relative(star), 1 - 1e-12, 1 + 1e-12)

kept = [change(W[i] * X[:, b], p, 1) for i in range(3) for b in range(4)]  # with q = 1, h = S − K
sums = [(W[i] * X[:, b]).sum() for i in range(3) for b in range(4)]
vertex = sum((pr * (s - h) ** 2).sum() for s, (h, pr) in zip(sums, kept)) / sum(s * (pr * (s - h)).sum() for s, (h, pr) in zip(sums, kept))
say('C10, vertex of the parabola by masks over q*', vertex / star, 1 - 1e-11, 1 + 1e-11)

# D9: folded normals on a grid, and normal outputs with one Q and with many.
x = np.linspace(0.01, 1, 4000)
folded = [2 * v * math.sqrt(2 / math.pi) * math.exp(-(1 - v) ** 2 / (8 * v * v)) + (1 - v) * math.erf((1 - v) / (2 * v * math.sqrt(2))) for v in x]
say('D9, divisor of least E|h| over q*, tau = 2', 1 / x[np.argmin(folded)] / 5, 0.675, 0.69)
S, z, w = rng.normal(size=(3, 100000))
x = np.geomspace(0.1, 2, 120)
for name, deviation, low, high in [('the same Q', z, 0.93, 1.07), ('Q like exp(2Z)', z * np.exp(w - 1), 0.55, 0.7)]:
    say(f'D9, over normal outputs, {name}, tau = 1', 0.5 / x[np.argmin([np.abs((1 - v) * S + v * deviation).mean() for v in x])], low, high)

# C11: the least kappa at which the bound keeps anything.
say('C11, threshold at p = .99', phi(0.99) * math.log(40) / 1e-4, 7867, 7868)

# C15: subsets.
c, k = rng.normal(size=9), 3
h = np.array([c.sum() - 3 * c[list(s)].sum() for s in itertools.combinations(range(9), k)])
say('C15, Var h over its formula', h.var() / (81 / k * (1 - k / 9) * c.var(ddof=1)), 1 - 1e-12, 1 + 1e-12)

# D10: AdamR against the box, and the dense example.
d, a = np.array([0.1, 0.5, 1, 2, 5]), rng.normal(size=5)
say('D10, AdamR from the box, diagonal', np.abs(adamr(np.diag(d), a, 1) - box(np.diag(d), a, 1)).max(), 0, 0.02)
H = np.array([[1.24, 2.21, 1.29, -.37], [2.21, 7.97, 2.32, 3.13], [1.29, 2.32, 2.95, 2.12], [-.37, 3.13, 2.12, 9.0]])
b = np.array([-1.21, 0, .66, -1.29])
say('D10, ‖θ‖ at λ = .6 less that at .3', np.linalg.norm(adamr(H, b, 0.6)) - np.linalg.norm(adamr(H, b, 0.3)), 0.15, 0.21)

sys.exit(failed)
