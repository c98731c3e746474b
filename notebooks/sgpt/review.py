"""Recomputes headline numbers of sgpt in numpy, from the formulas and on instances of its own.

Prints a line for each, and leaves with 1 if one is not what the page says."""
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


def gaps(loss, dists, samples, a):
    """For each client: gap, disc_i, Δ_D, Δ_i."""
    D, E = a @ dists, a @ samples
    risk, seen = loss @ D, loss @ E
    best = risk[np.argmin(seen)]
    for d, e in zip(dists, samples):
        r, s = loss @ d, loss @ e
        yield abs(best - r[np.argmin(s)]), abs(risk - r).max(), abs(risk - seen).max(), abs(r - s).max()


def bound():
    broken = {'2': 0, '1': 0, 'no samples': 0, 'no discrepancy': 0}
    for _ in range(4000):
        M = rng.integers(1, 5)
        loss = rng.integers(0, 2, (2, 3)).astype(float)
        dists = rng.dirichlet(np.ones(3), M)
        samples = np.array([rng.multinomial(n, d) / n for n, d in zip(rng.integers(1, 6, M), dists)])
        for gap, disc, big, small in gaps(loss, dists, samples, rng.dirichlet(np.ones(M))):
            top = max(big, small)
            for name, limit in (('2', disc + 2 * top), ('1', disc + top), ('no samples', disc), ('no discrepancy', 2 * top)):
                broken[name] += gap > limit + 1e-12
    say('C1: gaps above disc + 2 max Δ', broken['2'], 0, 0)
    for name in ('1', 'no samples', 'no discrepancy'):
        say(f'C1: gaps above the bound with {name}', broken[name], 1, 4000)
    loss = np.array([[1, 0, 1, 0], [0, 1, 1, 0]], float)
    dists = np.array([[3, 1, 1, 5], [3, 1, 5, 1]]) / 10
    samples = np.array([[3, 1, 1, 5], [1, 3, 5, 1]]) / 10
    gap, disc, big, small = next(gaps(loss, dists, samples, np.array([0.5, 0.5])))
    say('C1: the tight instance, gap', gap, 0.4 - 1e-12, 0.4 + 1e-12)
    say('C1: the tight instance, its bound', disc + 2 * max(big, small), 0.4 - 1e-12, 0.4 + 1e-12)


def deviations(c, runs=400, H=200, M=6, n=40, delta=0.05):
    right, pooled = [], []
    for _ in range(runs):
        loss = rng.integers(0, 2, (H, 12)).astype(float)
        dists = rng.dirichlet(np.ones(12), M)
        samples = np.array([rng.multinomial(n, d) / n for d in dists])
        a = np.ones(M) / M if c is None else rng.dirichlet(np.full(M, c))
        off = abs(loss @ (a @ dists) - loss @ (a @ samples)).max()
        log = math.log(2 * H / delta) / 2
        right.append(off / math.sqrt(log * (a * a / n).sum()))
        pooled.append(off / math.sqrt(log / (M * n)))
    return np.array(right), np.array(pooled)


def samples():
    right, _ = deviations(None)
    say('D2: 95 % quantile over the bound, equal weights', np.quantile(right, 0.95), 0.5, 1)
    right, pooled = deviations(0.05)
    say('D2: the same, skewed weights', np.quantile(right, 0.95), 0.5, 1)
    say('D2: share above with 1/N, skewed weights', (pooled > 1).mean(), 0.3, 0.65)


def mixtures():
    worst, two, identity = 0.0, 0.0, 0.0
    for _ in range(1000):
        G, M, d = rng.integers(1, 6, 3)
        w, alpha, p = rng.standard_normal((G, d)), rng.dirichlet(np.full(G, 0.5), M), rng.dirichlet(np.ones(M))
        bar = p @ alpha
        far = max(np.linalg.norm(x - y) for x in w for y in w)
        for a in alpha:
            risk = lambda v: (a * ((v - w) ** 2).sum(1)).sum()
            lost = risk(bar @ w) - risk(a @ w)
            identity = max(identity, abs(lost - ((bar - a) @ w @ ((bar - a) @ w))))
            limit = (abs(bar - a).sum() / 2 * far) ** 2
            if limit > 1e-6:
                worst = max(worst, lost / limit)
                if G == 2:
                    two = max(two, abs(lost / limit - 1))
    say('C2: identity, largest error', identity, 0, 1e-12)
    say('C2: largest ratio to the bound', worst, 1 - 1e-6, 1 + 1e-6)
    say('C2: two groups, ratio − 1', two, 0, 1e-6)
    G, M, d = 5, 5, 10
    for c in (0.1, 0.5, 2):
        w = rng.standard_normal((G, d))
        V = ((w - w.mean(0)) ** 2).sum(1).mean()
        mean = 0
        for _ in range(4000):
            alpha = rng.dirichlet(np.full(G, c), M)
            mean += (((alpha.mean(0) - alpha) @ w) ** 2).sum(1).mean() / 4000
        say(f'D4: mean regret over the law, c = {c}', mean / ((1 - 1 / M) * V / (G * c + 1)), 0.95, 1.05)


def selectors():
    """Two groups with the same Gaussian inputs: a selector by the sign of a coordinate, by a draw of a million."""
    x, w = rng.standard_normal((1_000_000, 3)), np.array([1.0, 2.0, -1.0])
    chosen = np.where(x[:, :1] > 0, w, -w)
    excess = np.mean([(((chosen - v) * x).sum(1) ** 2).mean() for v in (w, -w)])
    say('D5: same inputs, any selector, excess over ‖w‖²', excess / (w @ w), 1.97, 2.03)
    excess = np.mean([((v * x).sum(1) ** 2).mean() for v in (w, -w)])
    say('D5: same inputs, the single model 0, excess over ‖w‖²', excess / (w @ w), 0.985, 1.015)


def blup():
    """Ridge and generalised least squares are the same maps; the order of the errors."""
    G, d, tau, sigma = 5, 10, 0.4, 0.5
    for n in (15, 30, 100):
        X = [rng.standard_normal((n, d)) for _ in range(G)]
        Xu = np.vstack(X)
        Xv = np.zeros((G * n, G * d))
        for g in range(G):
            Xv[g * n:(g + 1) * n, g * d:(g + 1) * d] = X[g]
        tile = np.tile(np.eye(d), (G, 1))

        def ridge(lam):
            Z = np.hstack([Xu, Xv])
            K = np.linalg.solve(Z.T @ Z + np.diag([0.0] * d + [lam] * (G * d)), Z.T)
            return tile @ K[:d] + K[d:]

        V = tau ** 2 * Xv @ Xv.T + sigma ** 2 * np.eye(G * n)
        Vi = np.linalg.inv(V)
        u = np.linalg.solve(Xu.T @ Vi @ Xu, Xu.T @ Vi)
        gls = tile @ u + tau ** 2 * Xv.T @ Vi @ (np.eye(G * n) - Xu @ u)
        joint = ridge(sigma ** 2 / tau ** 2)
        say(f'C3: ridge − generalised least squares, n = {n}', abs(joint - gls).max(), 0, 1e-9)
        mse = lambda A: (tau ** 2 * ((A @ Xv - np.eye(G * d)) ** 2).sum() + sigma ** 2 * (A ** 2).sum()) / G
        shared, group = tile @ np.linalg.pinv(Xu), np.linalg.pinv(Xv)
        say(f'C3: both over the better of one, n = {n}', mse(joint) / min(mse(shared), mse(group)), 0, 1)
        if n > 15:
            say(f'C3: with ten times the penalty, n = {n}', mse(ridge(10 * sigma ** 2 / tau ** 2)) / min(mse(shared), mse(group)), 1.1, 5)


def descent():
    G, d, lam = 5, 10, 1.5625
    for n in (15, 100):
        X = [rng.standard_normal((n, d)) for _ in range(G)]
        w = rng.standard_normal(d)
        y = [x @ (w + 0.4 * rng.standard_normal(d)) + 0.5 * rng.standard_normal(n) for x in X]
        S = [x.T @ x for x in X]
        total = sum(S)
        T = sum(s @ np.linalg.solve(s + lam * np.eye(d), s) for s in S)
        rho = max(np.linalg.eigvals(np.linalg.solve(total, T)).real)
        right = sum(x.T @ t - s @ np.linalg.solve(s + lam * np.eye(d), x.T @ t) for x, t, s in zip(X, y, S))
        best, u, size = np.linalg.solve(total - T, right), np.zeros(d), []
        for _ in range(math.ceil(math.log(1e-8) / math.log(rho))):
            v = [np.linalg.solve(s + lam * np.eye(d), x.T @ t - s @ u) for x, t, s in zip(X, y, S)]
            u = np.linalg.solve(total, sum(x.T @ t - s @ b for x, t, s, b in zip(X, y, S, v)))
            size.append(math.sqrt((u - best) @ total @ (u - best)))
        start = math.sqrt(best @ total @ best)
        say(f'C4: distance after the promised sweeps, n = {n}', size[-1] / start, 0, 1e-8)
        say(f'C4: contraction over ρ, sweep 60, n = {n}', size[60] / size[59] / rho, 0.9, 1 + 1e-9)
        if n == 100:
            say('C4: distance after 100 sweeps, n = 100', size[99] / start, 1e-3, 1)


def key():
    """The gradient of a mean cosine by differences; and its angle with the key."""
    q, k, eps = np.maximum(rng.standard_normal((20, 48)), 0), rng.standard_normal(48), 1e-6
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    cos = lambda k: (q @ k).mean() / np.linalg.norm(k)
    n = np.linalg.norm(k)
    formula = (q.mean(0) - cos(k) * k / n) / n
    numeric = np.array([(cos(k + eps * e) - cos(k - eps * e)) / (2 * eps) for e in np.eye(48)])
    say('C7 (iv): formula − differences, relative', np.linalg.norm(formula - numeric) / np.linalg.norm(formula), 0, 1e-7)
    say('C7 (iv): |cos| with the key', abs(formula @ k) / np.linalg.norm(formula) / n, 0, 1e-12)


def averages():
    old, change = rng.standard_normal(48), rng.standard_normal(48)
    clients = [old + change, old, old, old]
    new = 0.5 * old + 0.5 * np.mean(clients, 0)
    say('C6: share that arrives by default, one of four', (new - old) @ change / (change @ change), 0.125 - 1e-12, 0.125 + 1e-12)
    x, v = 1.0, 0.0
    for _ in range(65):
        v = 0.9 * v + 1e-5 * x
        x -= 0.01 * v
    say('C6: an unpicked row after 65 steps with decay', 1 - x, 5.55e-5, 5.65e-5)


def counts():
    numbers = 768 * (4 + 3 * 20 + 20 + 100) + 100
    say('C8: numbers', numbers, 141412, 141412)
    say('C8: share of 86 million, %', 100 * numbers / 86e6, 0.155, 0.165)


for part in (bound, samples, mixtures, selectors, blup, descent, key, averages, counts):
    part()
sys.exit(failed)
