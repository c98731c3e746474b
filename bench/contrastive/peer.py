"""The other side of the comparison: the convex relaxation, or the reduced program, through cvxpy.

peer.py says what it is in a line of JSON and then answers the lines "load FILE", which reads
an instance, and "solve SOLVER TOLERANCE", which states the program and solves it.
"""

import json
import sys
import time

import cvxpy as cp
import numpy as np
import scs
from side import say


def relaxation(sizes, r):
    """G of the samples: sum_i [ log sum_{l != i} exp(r G_il) - r sum_j Q_ij G_ij ], G_ii <= 1."""
    label = np.repeat(np.arange(len(sizes)), sizes)
    n = len(label)
    own = (label[:, None] == label) & ~np.eye(n, dtype=bool)
    G = cp.Variable((n, n), PSD=True)
    i, j = np.nonzero(~np.eye(n, dtype=bool))
    rows = cp.reshape(G[i, j], (n, n - 1), order='C')
    loss = cp.sum(cp.log_sum_exp(r * rows, axis=1)) - r * cp.sum(cp.multiply(own / own.sum(1, keepdims=True), G))
    return cp.Problem(cp.Minimize(loss), [cp.diag(G) <= 1]), G


def reduced(sizes, r):
    """M of the class means: sum_c n_c log( n_c - 1 + sum_{c' != c} n_c' exp(r (M_cc' - 1)) ), M_cc = 1."""
    k, n = len(sizes), np.array(sizes, float)
    M = cp.Variable((k, k), PSD=True)
    i, j = np.nonzero(~np.eye(k, dtype=bool))
    rows = cp.reshape(r * (M[i, j] - 1) + np.log(n[j]), (k, k - 1), order='C')
    own = np.log(n - 1)[:, None]
    loss = cp.sum(cp.multiply(n, cp.log_sum_exp(cp.hstack([rows, own]), axis=1)))
    return cp.Problem(cp.Minimize(loss), [cp.diag(M) == 1]), M


def solve(instance, solver, tolerance):
    begin = time.perf_counter()
    state = reduced if instance['reduced'] else relaxation
    problem, X = state(instance['sizes'], instance['r'])
    try:
        problem.solve(solver=solver, eps_abs=tolerance, eps_rel=tolerance, max_iters=1000000)
    except cp.SolverError as error:
        return {'call': time.perf_counter() - begin, 'inside': 0, 'status': str(error), 'answer': []}
    call = time.perf_counter() - begin
    found = [] if X.value is None else X.value.reshape(-1).tolist()
    stats = problem.solver_stats
    return {'call': call, 'inside': stats.solve_time or 0, 'status': f'{problem.status}, {stats.num_iters} iterations', 'answer': found}


def main():
    say(f'cvxpy {cp.__version__}, SCS {scs.__version__}')
    instance = None
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == 'load':
            with open(arguments[0]) as file:
                instance = json.load(file)
            say(sum(instance['sizes']))
        else:
            say(solve(instance, arguments[0], float(arguments[1])))


if __name__ == '__main__':
    main()
