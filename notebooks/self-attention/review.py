"""Headline numbers of self-attention, recomputed in numpy from the formulas of the page, on instances of its own.

    python review.py        prints a line a number, ok or FAIL, and leaves with 1 if one failed

Nothing here is taken from the Go packages: data, max-margin matrix, gradients and runs are written afresh, runs in
matrices and not in margins where that is possible in seconds.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, within as line  # noqa: E402

import numpy as np  # noqa: E402

rng = np.random.default_rng(20260)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


def model(n, T, d, U=3.0, s=0.3):
    """Tokens [n, T, d], labels, decoder and optimal positions of the page's data model, equal scores."""
    q, _ = np.linalg.qr(rng.standard_normal((d, 2)))
    plus, minus = U * q[:, 0], U * q[:, 1]
    y = rng.choice([-1, 1], n)
    X = s * rng.standard_normal((n, T, d))
    X -= (X @ q) @ q.T
    opt = rng.integers(0, T, n)
    for i in range(n):
        X[i, opt[i]] = plus if y[i] > 0 else minus
    return X, y, (plus - minus) / U**2, opt


def gaussian(n, T, d):
    """Gaussian tokens, the last coordinate the score."""
    X, y, opt = rng.standard_normal((n, T, d)), rng.choice([-1, 1], n), rng.integers(0, T, n)
    X[:, :, -1] = 0
    X[np.arange(n), opt, -1] = y
    u = np.zeros(d)
    u[-1] = 1
    return X, y, u, opt


class Problem:
    def __init__(self, X, y, u, opt):
        self.X, self.y, self.u, self.opt = X, y, u, opt
        self.n, self.T, self.d = X.shape
        self.g = y[:, None] * (X @ u)
        rows = [(i, t) for i in range(self.n) for t in range(self.T) if t != opt[i]]
        self.V = np.array([np.outer(X[i, opt[i]] - X[i, t], X[i, 0]).ravel() for i, t in rows])
        self.K = self.V @ self.V.T
        self.best = self.g[np.arange(self.n), opt]
        self.gap = np.array([self.best[i] - self.g[i, [t for t in range(self.T) if t != opt[i]]].max() for i in range(self.n)])
        self.alpha = np.linalg.lstsq(self.K, np.ones(len(self.K)), rcond=None)[0]
        self.omega = np.sqrt(self.alpha.sum())

    def active(self):
        return bool(np.all(self.alpha > 1e-9) and np.allclose(self.K @ self.alpha, 1, atol=1e-8))

    def pulls(self, a):
        """s, weights c·pi up to a factor, and the logarithm of the factor."""
        m = -a.reshape(self.n, self.T - 1)
        top = m.max(1)
        lse = top + np.log(np.exp(m - top[:, None]).sum(1))
        s = -lse
        z = self.best - self.gap * sigmoid(-s)
        logc = np.log(self.gap) - np.logaddexp(0, z) - np.logaddexp(0, s) - np.logaddexp(0, -s) - np.log(self.n)
        M = logc.max()
        return s, (np.exp(logc - M)[:, None] * np.exp(m - lse[:, None])).ravel(), M

    def excess(self, s):
        lost = self.gap * np.exp(-np.logaddexp(0, s))
        return np.mean(np.log1p(sigmoid(-self.best) * np.expm1(lost)))

    def step(self, a, length):
        """Margins after a step; length is a function of (s, log of the gradient's norm)."""
        s, w, M = self.pulls(a)
        Kw = self.K @ w
        norm = np.sqrt(w @ Kw)
        l = length(s, np.log(norm) + M)
        return a + l / norm * Kw, l, w / norm


def gradient(X, y, u, W):
    n = len(X)
    out = np.zeros_like(W)
    for i in range(n):
        h = X[i] @ W @ X[i, 0]
        phi = np.exp(h - h.max())
        phi /= phi.sum()
        g = y[i] * X[i] @ u
        e = 1 / (1 + np.exp(phi @ g))
        out -= e / n * np.outer(X[i].T @ ((np.diag(phi) - np.outer(phi, phi)) @ g), X[i, 0])
    return out


def loss(X, y, u, W):
    total = 0
    for i in range(len(X)):
        h = X[i] @ W @ X[i, 0]
        phi = np.exp(h - h.max())
        phi /= phi.sum()
        total += np.log1p(np.exp(-y[i] * phi @ X[i] @ u)) / len(X)
    return total


def pair(second):
    X = np.array([[[1, -1], [0, 0]], [[-1, 2], second]], float)
    return Problem(X, np.array([1, 1]), np.array([0.0, 1]), np.array([1, 0]))


def conditions(p):
    """q0 and q of the flow, for T = 2 or with nu by projected gradient."""
    m = p.T - 1
    B = p.K.reshape(p.n, m, p.n, m)
    nu = np.zeros(p.n)
    for i in range(p.n):
        best = np.inf
        Kii, pi = B[i, :, i, :], np.full(m, 1 / m)
        for k in range(4000):  # Frank-Wolfe with exact steps
            grad = Kii @ pi
            v = np.zeros(m)
            v[grad.argmin()] = 1
            dvec = v - pi
            curve = dvec @ Kii @ dvec
            if curve <= 0:
                break
            pi = pi + np.clip(-(grad @ dvec) / curve, 0, 1) * dvec
        best = pi @ Kii @ pi
        nu[i] = best
    kappa_rows = np.maximum(-B, 0).max(3)  # [i, t, j]
    for i in range(p.n):
        kappa_rows[i, :, i] = 0
    kappa = kappa_rows.max(1)
    f = np.log(p.T - 1)
    grid = np.linspace(-f, 20, 20001)

    def gamma(i, s):
        z = p.best[i] - p.gap[i] * sigmoid(-s)
        return p.gap[i] / (1 + np.exp(z)) * sigmoid(s) * sigmoid(-s)

    peak = np.array([gamma(j, grid).max() for j in range(p.n)])
    q0 = max((kappa_rows[i] @ peak).max() / (nu[i] * gamma(i, -f)) for i in range(p.n))
    w = np.linalg.solve(np.diag(nu) - kappa, np.ones(p.n))
    return q0, (kappa @ w).max() if w.min() > 0 else np.inf, w


# 1. the gradient, C1
X, y, u, opt = model(7, 4, 9)
W, D, h = rng.standard_normal((9, 9)) * 0.3, rng.standard_normal((9, 9)), 1e-5
slope = (loss(X, y, u, W + h * D) - loss(X, y, u, W - h * D)) / (2 * h)
line('C1: gradient over central difference', (gradient(X, y, u, W) * D).sum() / slope, 1 - 1e-6, 1 + 1e-6)

# 2. the stuck pair, in matrices, D12
stuck, free = pair([0, 1]), pair([-1, 1])
line('D12: alpha_1 of the stuck pair', stuck.alpha[0], 4 - 1e-9, 4 + 1e-9)
line('D12: |W_mm|^2', stuck.omega**2, 6.5 - 1e-9, 6.5 + 1e-9)
W, highest = np.zeros((2, 2)), 0.0
V1, V2 = stuck.V.reshape(2, 2, 2)
for t in range(12):  # then the textbook gradient in float64 is rounding
    G = gradient(stuck.X, stuck.y, stuck.u, W)
    W = W - 0.2 * G / np.linalg.norm(G)
    highest = max(highest, 1 / (1 + np.exp(-(V2 * W).sum())))
line('D12: largest phi_2 of NGD in matrices', highest, 0.0, 0.5)
a, marks = np.zeros(2), {}
for t in range(1, 1001):
    a, _, _ = stuck.step(a, lambda s, g: 0.2)
    marks[t] = a.copy()
line('D12: s_1 of NGD at t = 100', marks[100][0], 39.85, 39.95)
line('D12: s_2 of NGD at t = 1000', marks[1000][1], -599.35, -599.25)
worst = 0.0
for trial in range(30):
    a = np.zeros(2)
    for t in range(200):
        a, _, _ = stuck.step(a, lambda s, g: np.exp(3 * rng.standard_normal()))
        worst = max(worst, sigmoid(a[1]))
line('D12: largest phi_2 with random step lengths', worst, 0, 0.5)
s1, below = np.meshgrid(np.linspace(0, 40, 4001), np.linspace(0, 20, 401))


def gamma2(p, i, s):
    return 1 / (1 + np.exp(p.best[i] - p.gap[i] * sigmoid(-s))) * sigmoid(s) * sigmoid(-s)


line('D12: largest rho on the cone', (gamma2(stuck, 1, -1.2 * s1 - below) / gamma2(stuck, 0, s1)).max(), 0.36, 3 / 7)

# 3. the conditions, D16
q0, q, w = conditions(stuck)
line('D16: q0 of the stuck pair', q0, 2.04, 2.06)
line('D16: q of the stuck pair', q, 24 - 1e-6, 24 + 1e-6)

# 4. the border for two sequences, D15
wrong = 0
for trial in range(80):
    p = Problem(*gaussian(2, 2, 3))
    number = -p.K[0, 1] / min(p.K[0, 0], p.K[1, 1])
    if abs(number - 1) < 0.2 or np.linalg.matrix_rank(p.K) < 2 or p.K[0, 1] <= -np.sqrt(p.K[0, 0] * p.K[1, 1]) * 0.999:
        continue
    lost = False
    for start in (p.K[:, 0] / p.K[0, 0], p.K[:, 1] / p.K[1, 1]):
        a = 100 * start
        size = 0.3 * 100 / np.sqrt(min(p.K[0, 0], p.K[1, 1])) / 100
        for t in range(3000):
            a, _, _ = p.step(a, lambda s, g: size)
        lost |= a.min() < 0
    wrong += lost != (number > 1)
line('D15: pairs that contradict the border, of 80', wrong, 0, 0)

# 5. a data set that satisfies (G0): floor, slopes, constants, C4 C6 C8 D17 D18
p = Problem(*model(8, 5, 300))
q0, q, w = conditions(p)
line('D16: q0 of an instance of the model, d = 300', q0, 0, 1)
line('D16: q of the same', q, 0, 1)
line('C3: least multiplier, all constraints active', p.alpha.min(), 1e-6, np.inf)
eta, a, floor = 0.1 * p.omega, np.zeros(len(p.K)), 1.0
beta = np.zeros(len(p.K))
Bx = np.sqrt(np.diag(p.K)).max()
e_max = sigmoid(-(p.best - p.gap * (1 - 1 / p.T)))
e_min = sigmoid(-p.best)
C0 = np.log(len(p.K) * p.T**2 * (p.gap * e_max).max() / (p.gap * e_min).min())
ratio, odds = 0.0, {}
for t in range(1, 2001):
    a, _, share = p.step(a, lambda s, g: eta)
    beta = beta + eta * share
    s = p.pulls(a)[0]
    floor = min(floor, sigmoid(s.min()))
    corr = p.alpha @ a / p.omega / np.sqrt(beta @ a)
    bound = Bx * p.omega / t * (1 + (C0 * p.omega / eta + 0.5) * Bx * p.omega * (1 + np.log(t)))
    ratio = max(ratio, (1 - corr) / bound)
    odds[t] = s.mean()
line('D17: T times the least attention on an optimal token', p.T * floor, 1, 10)
line('C4: 1 - corr of NGD at t = 2000', 1 - corr, 0, 1e-3)
line('D18: largest 1 - corr over the bound with constants', ratio, 0, 1)
line('C6: slope of the log-odds of NGD over eta/omega', (odds[2000] - odds[1000]) / 1000 / (eta / p.omega), 0.99, 1.01)
a, logs = np.zeros(len(p.K)), {}
for t in range(1, 601):
    a, l, _ = p.step(a, lambda s, g: np.exp(np.log(0.5 * p.excess(s)) - g))
    logs[t] = p.pulls(a)[0].mean()
line('C8: slope of the log-odds of the Polyak step', (logs[600] - logs[300]) / 300, 0.499, 0.501)
line('C8: length of the Polyak step over omega/2', l / (p.omega / 2), 0.999, 1.001)
a, seen = np.zeros(len(p.K)), {}
for t in range(1, 10001):
    a, _, _ = p.step(a, lambda s, g: np.exp(g))
    if t in (1000, 10000):
        seen[t] = (p.alpha @ a / p.omega, p.excess(p.pulls(a)[0]))
line('C6: slope of log(L - L*) of GD', np.log10(seen[10000][1] / seen[1000][1]), -1.03, -0.97)
line('C6: growth of the norm of GD over omega ln 10', (seen[10000][0] - seen[1000][0]) / np.log(10) / p.omega, 0.95, 1.05)

# 6. how long a step may be, D20
while True:
    p = Problem(*gaussian(3, 3, 30))
    if p.active():
        break
share = p.alpha / p.omega**2
lam = np.linalg.eigvals(p.K @ (np.diag(share) - np.outer(share, share))).real.max()
star = 2 / (p.omega * lam)
for factor, low, high in ((0.95, 0.998, 1.002), (1.3, 0.7, 0.99)):
    a, cosine, at = np.zeros(len(p.K)), 0.0, {}
    for t in range(1, 3001):
        b, _, _ = p.step(a, lambda s, g: factor * star)
        if t > 1500:
            cosine += p.alpha @ (b - a) / (factor * star * p.omega) / 1500
        a = b
        at[t] = p.pulls(a)[0].mean()
    slope = (at[3000] - at[1500]) / 1500 / (factor * star / p.omega)
    line(f'D20: slope at {factor} of the longest step', slope, low, high)
    line('D20: the same over the mean cosine', slope / cosine, 0.998, 1.002)

# 7. the tower, D19
X = np.array([[[2, 0], [2, 1]], [[1, 2], [1, 1]]], float)
p = Problem(X, np.array([1, -1]), np.array([0.0, 1]), np.array([1, 1]))
line('D19: q of the tower', conditions(p)[1], 7 / 8 - 1e-9, 7 / 8 + 1e-9)
a, lengths = np.array([-4.0, 0.0]), []
for t in range(4):
    a, l, _ = p.step(a, lambda s, g: np.exp(np.log(0.5 * p.excess(s)) - g))
    lengths.append(l)
line('D19: third Polyak step', lengths[2], 13.85, 13.95)
line('D19: fourth Polyak step', lengths[3], 6.05e4, 6.2e4)
a = np.array([-4.0, 0.0])
for t in range(400):
    a, l, _ = p.step(a, lambda s, g: min(np.exp(np.log(0.5 * p.excess(s)) - g), p.omega))
line('D19: least margin of the clipped step after 400 steps', a.min(), 50, 1e4)

# 8. one step on one sequence, D13
least = np.inf
for trial in range(200):
    p = Problem(*gaussian(4, 4, 10))
    m = p.T - 1
    B = p.K.reshape(p.n, m, p.n, m)
    a = 2 * rng.standard_normal(len(p.K))
    length = 10 ** rng.uniform(-2, 1) * p.omega if np.isfinite(p.omega) else 1.0
    s, w, M = p.pulls(a)
    norm = np.sqrt(w @ p.K @ w)
    impulse = length / norm * w.reshape(p.n, m).sum(1)
    after = p.pulls(a + length / norm * p.K @ w)[0]
    for i in range(p.n):
        Kii = B[i, :, i, :]
        pi = np.full(m, 1 / m)
        for k in range(500):
            grad = Kii @ pi
            v = np.zeros(m)
            v[grad.argmin()] = 1
            dvec = v - pi
            curve = dvec @ Kii @ dvec
            if curve <= 1e-15:
                break
            pi = pi + np.clip(-(grad @ dvec) / curve, 0, 1) * dvec
        grad = Kii @ pi
        nu = grad.min() if grad.min() > 0 else 0.0  # a lower bound of the minimum
        Di = np.sqrt(max(Kii[t, t] + Kii[r, r] - 2 * Kii[t, r] for t in range(m) for r in range(m)))
        o = (B[i].max(0) - B[i].min(0)).max(1)
        kappa = np.maximum(-B[i], 0).max(2)
        kappa[:, i] = 0
        hinder = kappa + length * Di * np.where(np.arange(p.n) == i, 0, o) / 8
        right = (nu - length * Di * o[i] / 8) * impulse[i] - (hinder @ impulse).max()
        least = min(least, (after[i] - s[i] - right) / (1 + abs(right)))
line('D13: least relative slack of 800 inequalities', least, -1e-9, np.inf)

# 9. joint training, C10
X, y, u, opt = model(8, 4, 100, U=4.0)
p = Problem(X, y, u, opt)
W, v, norms = np.zeros((100, 100)), np.zeros(100), {}
for t in range(2001):
    h = np.einsum('ntd,de,ne->nt', X, W, X[:, 0])
    phi = np.exp(h - h.max(1, keepdims=True))
    phi /= phi.sum(1, keepdims=True)
    g = y[:, None] * (X @ v)
    z = (phi * g).sum(1)
    e = np.exp(-np.logaddexp(0, z))
    c = e[:, None] * phi * ((phi[:, None, :] * (g[:, :, None] - g[:, None, :])).sum(2))
    D = np.einsum('nt,ntd,ne->de', c, X, X[:, 0])
    dv = np.einsum('n,nt,ntd->d', e * y, phi, X)
    if np.linalg.norm(D) > 0:
        W = W + 0.3 / (t + 1) * D / np.linalg.norm(D)
    v = v + 0.3 / (t + 1) ** (2 / 3) * dv / np.linalg.norm(dv)
    if t in (200, 2000):
        norms[t] = (np.linalg.norm(W), np.linalg.norm(v))
line('C10: growth of |W| over eta_W ln 10', (norms[2000][0] - norms[200][0]) / (0.3 * np.log(10)), 0.95, 1.05)
line('C10: growth of |u| over 3 eta_u (t^1/3)', (norms[2000][1] - norms[200][1]) / (0.9 * (2001 ** (1 / 3) - 201 ** (1 / 3))), 0.95, 1.05)

# 10. how much of Hoeffding's term is needed, D13: the worst case of the text, and 3,000 random instances beside it
X = np.array([[[0, 1, 40], [0.7, 0, 40], [-0.7, 0, 40]], [[0.7, 0.03, 40], [-0.7, 0, 40], [-0.7, 0, 40]]])
p = Problem(X, np.array([1, 1]), np.array([0.0, 1, 0]), np.array([0, 0]))


def needed(p, a, length):
    """The largest (E_pi x - (s+ - s))/(l D sum o U/8) over the sequences."""
    m = p.T - 1
    B = p.K.reshape(p.n, m, p.n, m)
    s, w, _ = p.pulls(a)
    norm = np.sqrt(w @ p.K @ w)
    U = length / norm * w.reshape(p.n, m).sum(1)
    x = (length / norm * p.K @ w).reshape(p.n, m)
    pi = w.reshape(p.n, m) / w.reshape(p.n, m).sum(1, keepdims=True)
    short = (pi * x).sum(1) - (p.pulls(a + x.ravel())[0] - s)
    share = []
    for i in range(p.n):
        Kii = B[i, :, i, :]
        D = np.sqrt(np.max(np.diag(Kii)[:, None] + np.diag(Kii) - 2 * Kii))
        term = length * D * (B[i].max(0) - B[i].min(0)).max(1) @ U / 8
        if term > 1e-6:  # far above the rounding of s
            share.append(short[i] / term)
    return max(share, default=0.0)


line('D13: share of the term in l that is needed, worst case', needed(p, np.array([-35.0, -35, 0, 0]), 0.002), 0.97, 1)
worst = 0.0
for trial in range(3000):
    r = Problem(*gaussian(2, 3, 5))
    worst = max(worst, needed(r, 3 * rng.standard_normal(4), 10 ** rng.uniform(-2, 1)))
line('D13: the same, largest of 3,000 random instances', worst, 0, 1)

# 11. C_0 at its corner, D18: one sequence at 1/T, the others at 1
T, g, gap = 6, 1.0, 1.0
q_low = sigmoid(-(g - gap * (1 - 1 / T))) / T**2
line('D18: T^2 e_min/e_max, the ratio of the factors of the key lemma there', sigmoid(-g) / q_low, T**2 * 0.5, T**2)

end()
