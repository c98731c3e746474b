#!/usr/bin/env python3
"""Recomputes numbers of fair-embedding in numpy, from the formulas of the page and on instances of its own; what the outside reviewer added is at the end.

    python review.py        prints a line a number, ok or FAIL, and leaves with 1 if one failed
"""

import math
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, within  # before numpy, whose threads it limits to one

import numpy as np

rng = np.random.default_rng(2402)


def kernel(d, rho=1.0):
    return np.exp(-np.asarray(d) ** 2 / (2 * rho**2))


def posterior(prior, d, rho=1.0):
    log = np.log(prior) - np.asarray(d) ** 2 / (2 * rho**2)
    p = np.exp(log - log.max())
    return p / p.sum()


def priors(count, K):
    p = np.exp(3 * rng.normal(size=(count, K)))
    return p / p.sum(1, keepdims=True)


def bias_loss(d, rho=1.0):
    k = kernel(d, rho)
    return np.abs(k[:, None] - k[None]).sum()


# C2: the gap over its range.
low, high = [], []
for _ in range(5000):
    K = rng.integers(2, 9)
    d = rng.choice([0.0, 1.0, rng.random()], size=K)
    if np.ptp(d) == 0:
        continue
    i, j = np.triu_indices(K, 1)
    g = np.abs(d[i] - d[j]).mean() / np.ptp(d)
    low.append(g / (2 / K))
    high.append(g / (2 * (K * K // 4) / (K * (K - 1))))
within('C2: least gap over 2r/K', min(low), 1 - 1e-12, 1 + 1e-12)
within('C2: largest gap over 2⌊K²/4⌋r/(K(K−1))', max(high), 1 - 1e-12, 1 + 1e-12)

# C3: equal radii at 300 ρ, and the range of the logarithms.
far, span = 0.0, 0.0
for _ in range(2000):
    K = rng.integers(2, 7)
    p = priors(1, K)[0]
    far = max(far, np.abs(posterior(p, np.full(K, 300.0)) - p).max())
    d = 4 * rng.random(K)
    span = max(span, abs(np.ptp(np.log(posterior(p, d) / p)) - np.ptp(d**2 / 2)))
within('C3: largest |P − π| at d = 300ρ', far, 0, 4e-16 * (1 + 300**2))  # the input's digits
within('C3: range of log(P/π) less R', span, 0, 1e-11)

# C4: tanh for two, the bound for many, the eighth.
d = 5 * rng.random((100_000, 2))
k = kernel(d)
gap = np.abs(k[:, 0] / k.sum(1) - 0.5)
within('C4: |P − 1/2| less ½ tanh', np.abs(gap - 0.5 * np.tanh(np.abs(d[:, 0] ** 2 - d[:, 1] ** 2) / 4)).max(), 0, 1e-12)
most = 0.0
for _ in range(20_000):
    K = rng.integers(2, 7)
    p, d = priors(1, K)[0], 5 * rng.random(K)
    most = max(most, np.abs(posterior(p, d) - p).max() / math.tanh(np.ptp(d**2) / 8))
within('C4: largest |P − π| over tanh(R/4), 20,000 draws', most, 0.98, 1 + 1e-12)
d = np.array([1.0, 2.0])
odds = math.exp(np.ptp(d**2) / 4)
p = np.array([1, odds]) / (1 + odds)
within('C4: at the odds e^{R/2}, over tanh(R/4)', np.abs(posterior(p, d) - p).max() / math.tanh(3 / 8), 1 - 1e-12, 1 + 1e-12)

# D4: the two instances.
within('D4: loss at (5, 6)', bias_loss(np.array([5.0, 6.0])), 7.41e-6, 7.43e-6)
within('D4: loss at (0.1, 0.2)', bias_loss(np.array([0.1, 0.2])), 0.02962, 0.02964)
within('D4: gap at (5, 6)', abs(posterior([0.5, 0.5], [5, 6])[0] - 0.5), 0.4958, 0.4961)
within('D4: gap at (0.1, 0.2)', abs(posterior([0.5, 0.5], [0.1, 0.2])[0] - 0.5), 0.00374, 0.00376)

# D5: the escaped pair.
within('D5: loss at (10, 20)', bias_loss(np.array([10.0, 20.0])), 0, 1e-20)

# D6: random moves of three texts.
most = 0.0
for _ in range(20_000):
    m, rho, beta = rng.integers(1, 6), math.exp(rng.normal()), math.exp(2 * rng.normal())
    start = rng.normal(size=(3, m))
    move = rng.normal(size=(3, m)) * math.exp(2 * rng.normal() - 2)
    reach = np.linalg.norm(start[:2] - start[2], axis=1).max()
    d = np.linalg.norm((start + move)[:2] - (start + move)[2], axis=1)
    loss = bias_loss(d, rho) + beta * np.linalg.norm(move, axis=1).sum()
    exponent = (reach + loss / beta) ** 2 / (2 * rho**2)
    if exponent < 600:
        most = max(most, 0.5 * math.tanh(abs(d[0] ** 2 - d[1] ** 2) / (4 * rho**2)) / (loss / 8 * math.exp(exponent)))
within('D6: largest gap over its bound', most, 0, 1)

# C5: ties among five hundred equidistant contents.
n = rng.normal(size=(500, 24))
u = rng.normal(size=(500, 2, 24))
f = n[:, None] + u / np.linalg.norm(u, axis=2, keepdims=True) * (0.5 + rng.random((500, 1, 1)))
d2 = ((f - n[7]) ** 2).sum(2)
within('C5: contents tied for the query of one', (np.abs(d2[:, 0] - d2[:, 1]) < 1e-9).sum(), 1, 1)
rank = np.argsort(np.argsort(d2.ravel())).reshape(500, 2)
within('C5: median ranks between the others', np.median(np.abs(rank[:, 0] - rank[:, 1])), 5, 120)

# C6: probes.
m, s = 12, 1.25
v = rng.normal(size=m)
v *= s / np.linalg.norm(v)
a = np.where(np.arange(6000) % 2 == 0, 1.0, -1.0)
n = np.repeat(rng.normal(size=(3000, m)), 2, axis=0)
signs = np.repeat(rng.choice([-1.0, 1.0], 3000), 2)


def probe(x):
    x = np.c_[x, np.ones(len(x))]
    w = np.linalg.lstsq(x[:3000], a[:3000], rcond=None)[0]
    return np.mean((x[3000:] @ w > 0) == (a[3000:] > 0))


within('C6: probe of f − n, common v', probe(a[:, None] * v), 1, 1)
within('C6: probe of f, common v, Φ(1.25) = 0.894', probe(n + a[:, None] * v), 0.87, 0.92)
within('C6: probe of f − n, random signs', probe((a * signs)[:, None] * v), 0.44, 0.56)

# D7: where the slope is largest.
x = np.linspace(0, 4, 400_001)
slope = x * kernel(x)
within('D7: largest ρ|∂k/∂d|', slope.max(), 0.60653, 0.60654)
within('D7: where', x[slope.argmax()], 0.9999, 1.0001)

# D8: e^{-1250} in single precision, and the last distance that has a kernel.
within('D8: k at d = 0.09, ρ = 0.0018, float32', float(np.exp(np.float32(-(0.09**2) / (2 * 0.0018**2)))), 0, 0)


# D9: Euler steps of the radial flow, and the root of 2F(d) = F(d1) + F(d2) by quadrature.
def flow(d1, d2, rho, steps=200_000):
    h = (d2 - d1) / steps
    for _ in range(steps):
        s1, s2 = d1 * math.exp(-(d1**2) / (2 * rho**2)), d2 * math.exp(-(d2**2) / (2 * rho**2))
        d1, d2 = d1 + h * s1 / (s1 + s2), d2 - h * s2 / (s1 + s2)
    return (d1 + d2) / 2


def meet(d1, d2, rho):
    t = np.linspace(math.log(d1), math.log(d2), 200_001)
    y = np.exp(np.exp(2 * t) / (2 * rho**2))
    F = np.concatenate([[0], np.cumsum((y[1:] + y[:-1]) / 2)])
    return math.exp(np.interp(F[-1] / 2, F, t))


for d1, d2, rho, want in ((1, 3, 1, 2.657), (2.132, 2.452, 5, 2.288), (2.132, 2.452, 0.5, 2.381)):
    within(f'D9: flow from ({d1}, {d2}), ρ = {rho}', flow(d1, d2, rho), want - 1e-3, want + 1e-3)
    within(f'D9: root from ({d1}, {d2}), ρ = {rho}, less the flow', meet(d1, d2, rho) - flow(d1, d2, rho), -1e-4, 1e-4)

# By the outside reviewer: other instances, other ways.

# C1: joints with values of F that no text has; both sides of the equivalence are the same number.
worst = 0.0
for _ in range(2000):
    K, m = rng.integers(2, 5), rng.integers(2, 6)
    prior, likelihood = priors(1, K)[0], rng.dirichlet(np.ones(m) / 2, size=K)
    likelihood[:, 0] = 0
    likelihood /= likelihood.sum(1, keepdims=True)
    joint = prior[:, None] * likelihood
    marginal = joint.sum(0)
    s = marginal > 0
    back = joint[:, s] / marginal[s] / prior[:, None]
    worst = max(worst, np.abs(back - likelihood[:, s] / marginal[s]).max() / back.max())
within('C1: P(A|F,C)/P(A|C) less P(F|A,C)/P(F|C), over the largest', worst, 0, 1e-12)

# C2: relative gap under a random similarity, and after a stretch.
same, bent = 0.0, 0.0
for _ in range(1000):
    m = rng.integers(2, 12)
    f = rng.normal(size=(3, m))
    q = np.linalg.qr(rng.normal(size=(m, m)))[0]
    a, b, c = (
        2 * abs(np.diff(np.linalg.norm(x[:2] - x[2], axis=1))[0]) / np.linalg.norm(x[:2] - x[2], axis=1).sum()
        for x in (f, -3 * f @ q.T + rng.normal(size=m), f * np.r_[1.5, np.ones(m - 1)])
    )
    same, bent = max(same, abs(a - b)), max(bent, abs(a - c))
within('C2: relative gap after a similarity less that before', same, 0, 1e-12)
within('C2: after a stretch', bent, 0.1, 2)

# C4: the worst prior by a grid; three groups, in which the two extremes alone count.
d = np.array([0.5, 3.0])
x = 1 / (1 + np.exp(np.linspace(-30, 30, 400_001)))
k = kernel(d)
change = np.abs(x * k[0] / (x * k[0] + (1 - x) * k[1]) - x)
within('C4: largest change over tanh(R/4), by a grid', change.max() / math.tanh(8.75 / 8), 1 - 1e-8, 1 + 1e-12)
worst = (1 - x[change.argmax()]) / x[change.argmax()]
within('C4: odds of the farther group there, over e^{R/2}', worst / math.exp(8.75 / 4), 0.999, 1.001)

# D4: both bounds on distances from 0.001 to 20 radii, where |k1 - k2| has digits.
d = 10 ** rng.uniform(-3, 1.3, (100_000, 2))
k = kernel(d)
a = np.abs(k[:, 0] - k[:, 1]) / 4
d, k, a = d[a > 1e-9], k[a > 1e-9], a[a > 1e-9]
g = np.tanh(np.abs(d[:, 0] ** 2 - d[:, 1] ** 2) / 4) / 2
within('D4: least g over |k1 - k2|/4', (g / a).min(), 1 - 1e-6, 1.01)
within('D4: largest g over |k1 - k2|/(4 min k)', (g / (a / k.min(1))).max(), 0.99, 1 + 1e-6)

# D7: the gradient by complex steps, which do not cancel.
worst = 0.0
for _ in range(500):
    m, rho = rng.integers(1, 9), 10 ** rng.uniform(-1, 1)
    n = rng.normal(size=m)
    f = n + rho * rng.normal(size=(2, m))
    for i in (0, 1):
        for t in range(m):
            z = f.astype(complex)
            z[i, t] += 1e-30j
            k = np.exp(-((z - n) ** 2).sum(1) / (2 * rho**2))
            sign = np.sign((k[0] - k[1]).real)
            formula = (1 - 2 * i) * sign * k[i].real * (n[t] - f[i, t]) / rho**2
            worst = max(worst, abs(sign * (k[0] - k[1]).imag * 1e30 - formula) * rho)
within('D7: formula less complex steps, times ρ', worst, 0, 1e-13)

# D8: L of s f with the mean distance: the first term stays, the second is s times as large.
f, start = rng.normal(size=(40, 3, 5)), rng.normal(size=(40, 5))


def parts(f, start):
    d = np.linalg.norm(f[:, :2] - f[:, 2:], axis=2)
    k = kernel(d, d.mean())
    return 2 * np.abs(k[:, 0] - k[:, 1]).mean(), np.linalg.norm(f[:, 2] - start, axis=1).mean()


one, two = parts(f, start), parts(0.3 * f, 0.3 * start)
within('D8: L_bias of 0.3 f over that of f', two[0] / one[0], 1 - 1e-12, 1 + 1e-12)
within('D8: L_rep of 0.3 f over that of f', two[1] / one[1], 0.3 - 1e-12, 0.3 + 1e-12)

# D9: the side of d* on distances below and above the radius, by quadrature.
wrong = 0
for _ in range(300):
    a, b = np.sort(rng.random(2))
    wrong += not meet(max(a, 1e-3), b, 1) < (max(a, 1e-3) + b) / 2
    a, b = np.sort(1 + 3 * rng.random(2))
    wrong += not meet(a, b, 1) > (a + b) / 2
within('D9: on the wrong side of the mean, of 600', wrong, 0, 0)

end()
