#!/usr/bin/env python3
"""Recomputes numbers of ntp-capacity from the paper's formulas, in numpy and exact integers, on instances of its own.

Nothing of the project's code is used. Prints ok or FAIL lines, leaves with 1 on a failure.
"""

import itertools
import math
import sys
from fractions import Fraction
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, say  # noqa: E402

import numpy as np  # noqa: E402

rng = np.random.default_rng(20250625)


def contexts(zeta, T):
    return [c for t in range(1, T + 1) for c in itertools.product(range(zeta), repeat=t)]


def softmax(x):
    e = np.exp(x - x.real.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# Equation (4) of the paper; theta is one vector, so that derivatives are complex steps.
def sizes(zeta, T, d, m, d1, d0, m0):
    return [(d, zeta), (d, T), (m0, d, d1), (m0, d, d1), (m0, d, d0), (m0 * d0, d), (d, m), (m,), (m, zeta)]


def count(*s):
    return sum(int(np.prod(x)) for x in sizes(*s))


def unpack(theta, s):
    at, blocks = 0, []
    for shape in sizes(*s):
        n = int(np.prod(shape))
        blocks.append(theta[at:at + n].reshape(shape))
        at += n
    return blocks


def logits(theta, s, alpha, psi=np.tanh):
    Z, U, W1, W2, W3, W0, W, b, V = unpack(theta, s)
    X = Z[:, alpha] + U[:, :len(alpha)]
    heads = [W3[r].T @ (X @ softmax(X.T @ (W1[r] @ (W2[r].T @ X[:, -1])))) for r in range(s[6])]
    return V.T @ psi(W.T @ (W0.T @ np.concatenate(heads)) + b)


def draw(s):
    d = s[2]
    scales = [1, 1, .5 / d**.5, d**-.5, d**-.5, d**-.5, 2 * d**-.5, 1, s[3]**-.5]
    return np.concatenate([c * rng.standard_normal(int(np.prod(x))) for c, x in zip(scales, sizes(*s))])


def rank(s):
    theta, rows, h = draw(s).astype(complex), [], 1e-30
    J = np.zeros((len(contexts(s[0], s[1])) * s[0], len(theta)))
    for i in range(len(theta)):
        theta[i] += 1j * h
        columns = np.array([logits(theta, s, list(a)).imag / h for a in contexts(s[0], s[1])])
        J[:, i] = (columns - columns.mean(axis=1, keepdims=True)).ravel()
        theta[i] -= 1j * h
    v = np.linalg.svd(J, compute_uv=False)
    return int((v > 1e-12 * v[0]).sum())


def k_eff(zeta, T, d, m, d1, d0, m0):
    q, e = min(d1, d), min(d0, d, m)
    low = min(d, m0 * e, m)
    return (zeta * m + m0 * q * (2 * d - q) + m0 * e * (d - e) + low * (m0 * e + m - low)
            + (zeta + T) * d - d - d * d - max(0, d - m0 * q))


# 1. Example 11, and (3) on a random corpus of four tokens.
def tree(documents):
    c = {}
    for doc in documents:
        for t in range(len(doc)):
            c.setdefault(tuple(doc[:t]), {}).setdefault(doc[t], 0)
            c[tuple(doc[:t])][doc[t]] += 1
    return c


def entropy(c):
    return -sum(n * math.log(n / sum(row.values())) for row in c.values() for n in row.values())


three = tree([(1, 2, 4), (1, 2, 5), (1, 3, 4)])
say(len(three) == 4 and abs(entropy(three) - 3 * math.log(3)) < 1e-12, f'Example 11: {len(three)} contexts, {entropy(three):.6f} nats')
c = tree(rng.integers(0, 4, (150, 5)).tolist())
q = {a: softmax(rng.standard_normal(4)) for a in c}
left = -sum(n * math.log(q[a][z]) for a, row in c.items() for z, n in row.items()) - entropy(c)
right = sum(sum(row.values()) * sum(n / sum(row.values()) * math.log(n / sum(row.values()) / q[a][z]) for z, n in row.items()) for a, row in c.items())
say(abs(left / right - 1) < 1e-12, f'(3): L(q) - L(p) = {left:.6f}, the divergences add up to {right:.6f}')

# 2. k_eff: the cases that refuted its first form, and four random ones; T = 1 is outside.
for s, want in {(5, 3, 2, 7, 2, 3, 2): 71, (3, 4, 2, 4, 2, 4, 1): 32, (4, 3, 2, 5, 2, 5, 1): 42, (3, 4, 2, 4, 2, 2, 1): 32}.items():
    r = max(rank(s) for _ in range(2))
    say(r == want == k_eff(*s) and r <= count(*s), f'rank of {s} is {r}, k_eff {k_eff(*s)}, k {count(*s)}')
tried = 0
while tried < 4:
    s = (int(rng.integers(3, 6)), 3, int(rng.integers(2, 4)), int(rng.integers(2, 6)), int(rng.integers(1, 4)), int(rng.integers(1, 6)), int(rng.integers(1, 3)))
    if s[6] * min(s[5], s[2], s[3]) < s[2] or s[2] > s[0] or len(contexts(s[0], 3)) * (s[0] - 1) < 1.3 * count(*s) or count(*s) > 130:
        continue
    tried += 1
    r = max(rank(s) for _ in range(2))
    say(r == k_eff(*s), f'rank of {s} is {r}, k_eff {k_eff(*s)}')
s = (9, 1, 2, 3, 1, 2, 1)
say(rank(s) == 42 < k_eff(*s), f'at T = 1 the rank of {s} is 42, below what the formula would give, {k_eff(*s)}')


# The same rank in exact arithmetic: theta and with it all scores are integers, psi is
# rational, and e is an integer g modulo P. A minor that is not 0 there is not 0 at the transcendental number e.
P = 2**31 - 1


class Dual:
    """A value, modulo P(P - 1) as long as it is an integer combination of theta, and its derivative in theta modulo P."""

    def __init__(self, v, t):
        self.v, self.t = v, t

    def __add__(self, x):
        return Dual((self.v + x.v) % (P * (P - 1)), (self.t + x.t) % P)

    def __mul__(self, x):
        return Dual(self.v * x.v % (P * (P - 1)), (self.v % P * x.t + x.v % P * self.t) % P)

    def of(self, value, slope):
        return Dual(value % P, slope % P * self.t % P)


def rational(x):  # psi = (x³+3x+1)/(x⁴+2x²+7)
    v = x.v % P
    n, dn, q, dq = v**3 + 3 * v + 1, 3 * v * v + 3, v**4 + 2 * v * v + 7, 4 * v**3 + 4 * v
    u = pow(q, -1, P)
    return x.of(n * u, (dn * q - n * dq) % P * u * u)


def inverse(x):
    u = pow(x.v % P, -1, P)
    return x.of(u, -u * u)


def modular_rank(A):
    A, r = A % P, 0
    for c in range(A.shape[1]):
        pivots = np.nonzero(A[r:, c])[0]
        if not len(pivots):
            continue
        A[[r, r + pivots[0]]] = A[[r + pivots[0], r]]
        A[r] = A[r] * pow(int(A[r, c]), -1, P) % P
        A[r + 1:] = (A[r + 1:] - A[r + 1:, c, None] * A[None, r]) % P
        r += 1
        if r == len(A):
            break
    return r


def rank_exactly(s, psi=rational):
    k, g, rows = count(*s), int(rng.integers(2, P - 2)), []
    theta = np.array([Dual(int(v), unit) for v, unit in zip(rng.integers(-10**6, 10**6, k), np.eye(k, dtype=np.int64))], dtype=object)
    Z, U, W1, W2, W3, W0, W, b, V = unpack(theta, s)
    for alpha in contexts(s[0], s[1]):
        X, heads = Z[:, list(alpha)] + U[:, :len(alpha)], []
        for r in range(s[6]):
            scores = X.T @ (W1[r] @ (W2[r].T @ X[:, -1]))
            weights = np.array([x.of(e := pow(g, x.v % (P - 1), P), e) for x in scores], dtype=object)
            heads.extend(W3[r].T @ (X @ weights * inverse(weights.sum())))
        hidden = np.array([psi(x) for x in W.T @ (W0.T @ np.array(heads, dtype=object)) + b], dtype=object)
        out = [x.t for x in V.T @ hidden]
        rows += [t - out[0] for t in out[1:]]
    return modular_rank(np.array(rows))


corners = [(4, 2, 1, 7, 1, 1, 1), (5, 2, 1, 5, 3, 2, 2), (3, 3, 2, 1, 2, 2, 2), (3, 3, 3, 4, 1, 3, 1), (4, 3, 2, 3, 1, 5, 1), (4, 3, 3, 2, 4, 2, 2)]
exact = [(rank_exactly(s), k_eff(*s)) for s in corners]
say(all(r == k for r, k in exact), f'exact ranks of {len(exact)} corners, k_eff: {", ".join(f"{r} {k}" for r, k in exact)}')
s = (4, 3, 1, 5, 2, 2, 2)
say(rank_exactly(s, inverse) == k_eff(*s) - s[3] == rank_exactly(s) - s[3], f'psi = 1/x loses one more for each of its {s[3]} neurons')

# 3. Theorem 13: the largest share of the bound that its corpus uses.
worst = 0
for zeta in (2, 4, 7, 26):
    for k in range(1, 4000):
        prefixes, T = k // (zeta - 1) + 1, 0
        while zeta**T < prefixes:
            T += 1
        n = prefixes + (zeta**T - 1) // (zeta - 1)
        worst = max(worst, n / ((2 + 1 / (zeta - 1)) * k / (zeta - 1) + 2))
say(0.99 < worst <= 1, f'Theorem 13: contexts over the bound, at most {worst:.6f}')

# 4. Lemma 12: the excess of interior targets against its bound.
ratios = []
for eps in (1e-1, 1e-3, 1e-6):
    excess = weight = 0
    for alpha, row in tree(rng.integers(0, 10, (16, 4)).tolist()).items():
        if not alpha:
            continue  # (4) has no value there
        total = sum(row.values())
        weight += total
        excess -= sum(n * math.log1p(-eps + eps / 10 * total / n) for n in row.values())
    ratios.append(excess / (-weight * math.log1p(-eps)))
say(0.75 < max(ratios) <= 1, f'Lemma 12: excess over its bound {", ".join(f"{r:.3f}" for r in ratios)}')

# 5. Coefficients of Theorem 17's proof, two tokens, length up to five, in integers.
def polynomials(x):
    p, q = {}, {}
    for v in x:
        p[v * x[-1]] = p.get(v * x[-1], 0) + v
        q[v * x[-1]] = q.get(v * x[-1], 0) + 1
    return p, q


def coefficient(x, y, e):
    (pa, qa), (pb, qb) = polynomials(x), polynomials(y)
    return sum(v * qb.get(e - i, 0) for i, v in pa.items()) - sum(v * qa.get(e - i, 0) for i, v in pb.items())


wrong = pairs = 0
for a, b in itertools.permutations(contexts(2, 5), 2):
    pairs += 1
    x, y = range(1, len(a) + 1), range(1, len(b) + 1)
    wrong += coefficient(x, y, len(a)**2 + len(b)**2) != len(a) - len(b)
    if len(a) == len(b):
        for i in range(len(a)):
            x, y = [v + 1 + 2 * (j == i) for j, v in enumerate(a)], [v + 1 + 2 * (j == i) for j, v in enumerate(b)]
            wrong += coefficient(x, y, x[i] * x[-1] + y[i] * y[-1]) != a[i] - b[i]
say(wrong == 0, f'Theorem 17: {wrong} wrong coefficients among {pairs} pairs')


# 6. Theorems 19 and 20 in rationals: the counter-examples, and the repaired forms.
def exact_rank(A):
    A, r = [row[:] for row in A], 0
    for j in range(len(A[0])):
        p = next((i for i in range(r, len(A)) if A[i][j]), None)
        if p is None:
            continue
        A[r], A[p] = A[p], A[r]
        for i in range(r + 1, len(A)):
            f = A[i][j] / A[r][j]
            A[i] = [x - f * y for x, y in zip(A[i], A[r])]
        r += 1
    return r


def fractions(n, signed):
    v = rng.choice(np.arange(1, 10**6), n, replace=False)
    return [Fraction(int(x), 10**6) * (int(rng.choice([-1, 1])) if signed else 1) for x in v]


def outer(c, a, b):
    return [[sum(v * (x * y)**k for k, v in c.items()) for y in b] for x in a]


one = {k: Fraction(1) for k in (1, 2, 4)}
say(exact_rank(outer({0: Fraction(1), 2: Fraction(1)}, fractions(2, True), [1, -1])) == 1
    and exact_rank(outer(one, fractions(3, True), [1, 2, -3])) == 2, 'Theorem 19 as printed: ranks 1 of 2 and 2 of 3')
good = [exact_rank(outer({k: Fraction(1) for k in K}, fractions(m, True), fractions(n, False))) == min(m, n, len(K))
        for K, m, n in (((1, 2, 4), 3, 3), ((0, 3, 7, 8), 6, 4), ((2, 5), 4, 4), ((0, 1, 2, 3, 9), 5, 7))]
say(all(good), f'Theorem 19 repaired: {sum(good)} of {len(good)} ranks')
tanh, last = {}, [Fraction(1)]  # tanh' = 1 - tanh²
series = [Fraction(0), Fraction(1)]
for n in range(2, 20):
    series.append(-sum(series[i] * series[n - 1 - i] for i in range(n)) / n)
tanh = {k: v for k, v in enumerate(series) if v}
say(exact_rank(outer(tanh, fractions(3, True), [1, -1, 2])) == 2 and exact_rank(outer(tanh, fractions(6, True), fractions(6, True))) == 6,
    'Theorem 20, tanh at 0: rank 2 of 3 for b, -b; 6 of 6 for distinct |b|')

# 7. Theorem 21 with random features: n = m = 48 contexts, and one neuron fewer.
def reach(m, n=48):
    s, best = (8, 5, 16, m, 16, 16, 1), math.inf
    alphas = [list(contexts(8, 4)[i]) for i in rng.choice(len(contexts(8, 4)), n, replace=False)]
    Y = rng.dirichlet(np.ones(8), n)
    for _ in range(4):
        theta = draw(s)
        parts = unpack(theta, s)
        parts[8][:] = 0
        H = []
        for a in alphas:
            hidden = []
            logits(theta, s, a, lambda x: hidden.append(np.tanh(x)) or np.tanh(x))
            H.append(hidden[0])
        L = np.log(Y) - np.log(Y).mean(axis=1, keepdims=True)
        V = np.linalg.lstsq(np.array(H), L, rcond=None)[0]
        best = min(best, abs(softmax(np.array(H) @ V) - Y).max())
    return best


full, short = reach(48), reach(47)
say(full < 1e-6 and short > 1e-3, f'Theorem 21: max |h - y| is {full:.1e} with 48 neurons and {short:.2f} with 47')

# 8. (5), and what tightness needs.
for s in ((2, 8, 1000, 10**6, 1, 1, 1), (50257, 1024, 768, 3072, 64, 64, 12), (100, 7, 33, 9, 4, 5, 3)):
    zeta, T, d, m, d1, d0, m0 = s
    k = zeta * m + m * (d + 1) + 2 * m0 * (d0 + d1) * d + (zeta + T) * d
    five = 1 + (d + 2) / (zeta - 1) + 2 * m0 * (d0 + d1) * d / ((zeta - 1) * m) + (zeta + T) * d / ((zeta - 1) * m)
    share = m * (zeta + d + 1) / k
    say(abs(five / (k / ((zeta - 1) * m)) - 1) < 1e-12 and abs((zeta + d + 1) / (zeta - 1) / share / five - 1) < 1e-12,
        f'(5): ratio {five:.3f}, share of the hidden layer {share:.4f}')

# 9. The slopes of the paper's figures, from their points.
n = np.array([377, 699, 952, 1223, 1459, 1637, 1896, 2117, 2374, 2637])
z = np.array([182, 290, 358, 417, 469, 513, 560, 606, 648, 690])
first = [np.array([32, 16] + [16] + [32] * 7), np.array([32, 64, 64] + [128] * 4 + [256] * 3)]
slope = [np.polyfit(n, z * m + 17 * (z + m) + 1088, 1)[0] for m in first]
say(6.5 < slope[1] / slope[0] < 7.5, f'Figures 1 and 2: {slope[0]:.1f} and {slope[1]:.0f} parameters a context, ratio {slope[1] / slope[0]:.1f}, not roughly five')

end()
