#!/usr/bin/env python3
"""Recomputes numbers of fair-embedding in numpy, from the formulas of the page and on instances of its own.

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

end()
