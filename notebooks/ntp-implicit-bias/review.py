"""Headline numbers of ntp-implicit-bias, again, in numpy.

From the formulas of the paper and of the page, on instances of its own; nothing is read
from the notebook or its packages. Prints a line for each number, and leaves with 1 if one
is wrong. Needs numpy (2.4.6 was used).
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tools'))
from recomputed import end, within as check  # noqa: E402

import numpy as np  # noqa: E402

rng = np.random.default_rng(20241)


def draw(V, d, sizes, scale=1.0, uniform=0.0):
    """Embeddings H (d, m), distributions P (V, m), frequencies pi, supports."""
    m = len(sizes)
    H = rng.standard_normal((d, m)) * scale
    S = [np.sort(rng.permutation(V)[:s]) for s in sizes]
    P = np.zeros((V, m))
    for j, s in enumerate(S):
        P[s, j] = (1 - uniform) * rng.dirichlet(np.ones(len(s))) + uniform / len(s)
    pi = rng.dirichlet(5 * np.ones(m))
    return H, P, pi, S


def softmax(L):
    E = np.exp(L - L.max(axis=0))
    return E / E.sum(axis=0)


def excess(W, H, P, pi, S):
    """CE - H as a sum of divergences, without cancellation."""
    L, total = W @ H, 0.0
    for j, s in enumerate(S):
        inside = L[s, j] - L[s, j].max()
        lse = np.log(np.exp(inside).sum())
        p = P[s, j]
        # log(p/q) = log p - l + lse is of order one
        r = np.log(p) - inside + lse
        total += pi[j] * (p * (np.expm1(-r) + r)).sum()  # KL, as sum of q - p is zero
        out = np.setdiff1d(np.arange(len(L)), s)
        total += pi[j] * np.log1p(np.exp(L[out, j] - L[s, j].max()).sum() / np.exp(inside).sum())
    return total


def gradient(W, H, P, pi):
    return -(pi * (P - softmax(W @ H))) @ H.T


def anchors(H, P, S):
    V = len(P)
    rows, right = [], []
    for j, s in enumerate(S):
        for z in s[1:]:
            e = np.zeros(V)
            e[s[0]], e[z] = 1, -1
            rows.append(np.outer(e, H[:, j]).ravel())
            right.append(np.log(P[s[0], j] / P[z, j]))
    return np.array(rows), np.array(right)


def off(V, S):
    return [(j, v) for j, s in enumerate(S) for v in range(V) if v not in s]


def basis(H, P, S):
    A, _ = anchors(H, P, S)
    _, w, Vt = np.linalg.svd(A, full_matrices=False)
    return Vt[w > 1e-10 * w[0]]


def margin_rows(H, P, S):
    """The gradients of the margins, projected on the complement of F."""
    V, Q, C = len(P), basis(H, P, S), []
    for j, v in off(V, S):
        e = np.zeros(V)
        e[S[j]] = 1 / len(S[j])
        e[v] = -1
        c = np.outer(e, H[:, j]).ravel()
        C.append(c - Q.T @ (Q @ c))
    return np.array(C)


def svm(H, P, S):
    """Dual coordinate ascent, then the active equations once more: W and the multipliers."""
    C = margin_rows(H, P, S)
    K, mu = C @ C.T, np.zeros(len(C))
    for _ in range(20000):
        before = mu.copy()
        for i in range(len(mu)):
            mu[i] = max(0.0, mu[i] + (1 - K[i] @ mu) / K[i, i])
        if abs(mu - before).max() < 1e-13 * mu.max():
            break
    return (C.T @ mu).reshape(len(P), -1), mu, C


def margins(W, H, S):
    L = W @ H
    return np.array([L[S[j], j].min() - L[v, j] for j, v in off(len(L), S)])


# 1. The floor: CE - H is the divergence.
H, P, pi, S = draw(9, 11, [2, 4, 3, 5, 2, 3])
W = rng.standard_normal((9, 11))
Q = softmax(W @ H)
ce = -(pi * np.where(P > 0, P * np.log(Q), 0).sum(axis=0)).sum()
ent = -(pi * np.where(P > 0, P * np.log(np.where(P > 0, P, 1)), 0).sum(axis=0)).sum()
check("C1: CE - H over the divergence", (ce - ent) / excess(W, H, P, pi, S), 1 - 1e-12, 1 + 1e-12)

# 2. The number of equations, and where they stop being solvable.
A, b = anchors(H, P, S)
check("S3: rank less the sum of s - 1", np.linalg.matrix_rank(A) - sum(len(s) - 1 for s in S), 0, 0)
differ = beyond = below = 0
for _ in range(150):
    V, d = int(rng.integers(3, 8)), int(rng.integers(1, 4))
    m = int(rng.integers(d + 1, 4 * d + 4))
    h, p, w, s = draw(V, d, rng.integers(2, V, size=m))
    A, b = anchors(h, p, s)
    x = np.linalg.lstsq(A, b, rcond=None)[0]
    solved = abs(A @ x - b).max() < 1e-8
    differ += solved != (np.linalg.matrix_rank(A) == len(b))
    beyond += solved and len(b) > (V - 1) * d
    below += solved
check("S4: instances where solved and independent differ", differ, 0, 0)
check("S4: solved with more equations than unknowns", beyond, 0, 0)
check("S4: solved with d < m at all", below, 10, 149)

# 3. The max-margin decoder of another solver, and its certificate.
mm, mu, C = svm(H, P, S)
check("D7: least margin", margins(mm, H, S).min(), 1 - 1e-7, 1 + 1e-7)
check("D7: norm squared over the sum of multipliers", (mm**2).sum() / mu.sum(), 1 - 1e-7, 1 + 1e-7)
angle = np.radians([90, 210, 330])
T = np.array([np.cos(angle), np.sin(angle)])
toyP = np.zeros((5, 3))
toyS = [np.array([1, 2, 3]), np.array([0, 1, 4]), np.array([0, 3, 4])]
for j, s in enumerate(toyS):
    toyP[s, j] = 1 / 3
toy, _, _ = svm(T, toyP, toyS)
check("E1: norm squared of the symmetric toy, less 112/15", (toy**2).sum() - 112 / 15, -1e-7, 1e-7)
check("E1: the row of word 1", abs(toy[0] - [0, -1.2]).max(), 0, 1e-7)

# 4. Along the ray.
A, b = anchors(H, P, S)
star = np.linalg.lstsq(A, b, rcond=None)[0].reshape(9, 11)
R = np.arange(15.0, 26.0)
e = [excess(star + r * mm, H, P, pi, S) for r in R]
check("C4: slope of the log excess", np.polyfit(R, np.log(e), 1)[0], -1.03, -1)
L = star @ H
x0 = sum(pi[j] * np.exp(np.delete(L[:, j], S[j])).sum() / np.exp(L[S[j], j]).sum() for j in range(6))
check("C4: largest excess over the bound", max(excess(star + r * mm, H, P, pi, S) / (x0 * np.exp(-r)) for r in range(20)), 0.2, 1)
L = 7 * mm @ H
Q = softmax(L)
check("C3: largest s exp(7) sigma", max(len(S[j]) * np.exp(7) * Q[v, j] for j, v in off(9, S)), 0.9, 1 + 1e-6)

# 5. No stationary point.
ratio = []
for norm in np.geomspace(0.1, 30, 200):
    W = rng.standard_normal((9, 11))
    W *= norm / np.linalg.norm(W)
    Q = softmax(W @ H)
    mass = sum(pi[j] * np.delete(Q[:, j], S[j]).sum() for j in range(6))
    ratio.append(-(gradient(W, H, P, pi) * mm).sum() / mass)
check("C11: least descent along W_mm over the mass", min(ratio), 1 - 1e-7, 1.25)

# 6. Closed forms for orthonormal embeddings, and when they hold otherwise.
O = np.linalg.qr(rng.standard_normal((11, 6)))[0]
mmO, _, _ = svm(O, P, S)
support = (P > 0).astype(float)
centred = support - support.mean(axis=0)
check("D6: distance of the closed form", np.linalg.norm(centred @ O.T - mmO), 0, 1e-7)
wrong = 0
for _ in range(60):
    V, m = int(rng.integers(3, 6)), int(rng.integers(1, 4))
    h, p, w, s = draw(V, m + int(rng.integers(0, 12)), rng.integers(1, V, size=m))
    if sum(map(len, s)) == m:
        continue  # no equation: the basis of F is empty
    u = (p > 0) - (p > 0).mean(axis=0)
    U = u @ np.linalg.inv(h.T @ h)
    best, _, _ = svm(h, p, s)
    equal = np.linalg.norm(u @ np.linalg.pinv(h)) < np.linalg.norm(best) * (1 + 1e-7)
    wrong += equal != (max(U[v, j] for j, v in off(V, s)) < 1e-9)
check("S7: instances where equality and signs disagree", wrong, 0, 0)

# 7. Gradient descent on nearly orthogonal embeddings.
H, P, pi, S = draw(5, 120, [3, 2, 3], uniform=0.5)
pi = np.array([0.45, 0.2, 0.35])  # equal ones would hide a wrong weight in D3 and D8
mm, mu, C = svm(H, P, S)
A, b = anchors(H, P, S)
star = np.linalg.lstsq(A, b, rcond=None)[0].reshape(5, 120)
eta = 1 / np.linalg.eigvalsh(H * pi @ H.T)[-1]  # 1/(2L)
Hq, r = np.linalg.qr(H)  # the rows of W stay in the span of H
W, K = np.zeros((5, 3)), 60000
marks = {K // 10: None, K: None}
PT = pi * P
for k in range(1, K + 1):
    E = np.exp(W @ r)
    W += eta * (PT - pi * (E / E.sum(axis=0))) @ r.T
    if k in marks:
        marks[k] = W @ Hq.T
W = marks[K]
norm2 = (mm**2).sum()
check("D2: eta k (CE - H) over the norm squared", eta * K * excess(W, H, P, pi, S) / norm2, 0.98, 1.02)
growth = (np.linalg.norm(W) - np.linalg.norm(marks[K // 10])) / np.log(10) / np.sqrt(norm2)
check("D1: slope of the norm over ||W_mm||", growth, 0.8, 1.001)
U = np.linalg.lstsq(H, mm.T, rcond=None)[0].T  # W_mm = U H'
right = np.zeros_like(P)
for j, s in enumerate(S):
    right[s, j] = -U[s, j] / (pi[j] * P[s, j])
diff = np.array([right[s[0], j] - right[z, j] for j, s in enumerate(S) for z in s[1:]])
Ecorr = np.linalg.lstsq(A, diff, rcond=None)[0]
F = basis(H, P, S)
onF = F.T @ (F @ W.ravel()) - star.ravel()
check("D3: eta k times the error on F against E", np.linalg.norm(eta * K * onF - Ecorr) / np.linalg.norm(Ecorr), 0, 0.05)
Q = softmax(W @ H)
n = np.array([eta * K * pi[j] * Q[v, j] for j, v in off(5, S)])
check("D8: largest miss of a multiplier", abs(n - mu).max() / mu.max(), 0, 0.05)

# 8. Where a multiplier is zero: u_2 grows like log log k.
u = np.zeros(2)
x = np.array([[1.0, 0.0], [1.0, 1.0]])
at = {}
for k in range(1, 100001):
    u += 0.5 * (1 / (1 + np.exp(x @ u))) @ x
    if k in (1000, 100000):
        at[k] = u[1]
check("(G): growth of u_2 over that of log log k", (at[100000] - at[1000]) / np.log(np.log(1e5) / np.log(1e3)), 0.75, 1.25)

end()
