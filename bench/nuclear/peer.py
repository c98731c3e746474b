"""The other side of the comparison: the same max-margin program over logits through cvxpy.

peer.py says what it is in a line of JSON and then answers the lines "load FILE", which
builds the sparse rows of an instance, and "solve SOLVER TOLERANCE", which solves it.
"""

import json
import sys
import time

import clarabel
import cvxpy as cp
import numpy as np
import scipy.sparse as sp
import scs
from side import say

def options(solver, tolerance):
    if solver == 'SCS':
        return {'eps_abs': tolerance, 'eps_rel': tolerance, 'max_iters': 1000000}
    return {'tol_gap_abs': tolerance, 'tol_gap_rel': tolerance, 'tol_feas': tolerance}


def rows(instance):
    """The rows of inequalities and equalities on the columns of L, one after the other."""
    tokens = instance['tokens']
    parts = {'off': [], 'in': []}
    for j, support in enumerate(instance['supports']):
        inside = set(support)
        for token in range(tokens):
            if token != support[0]:
                parts['in' if token in inside else 'off'].append((j * tokens + support[0], j * tokens + token))
    shape = tokens * len(instance['supports'])
    matrices = []
    for part in parts.values():
        index = np.arange(len(part)).repeat(2)
        column = np.array(part, dtype=int).reshape(-1)
        value = np.tile([1.0, -1.0], len(part))
        matrices.append(sp.csr_matrix((value, (index, column)), shape=(len(part), shape)))
    return matrices


def solve(instance, matrices, solver, tolerance):
    g, a = matrices
    begin = time.perf_counter()
    l = cp.Variable((instance['tokens'], len(instance['supports'])))
    x = cp.vec(l, order='F')
    scaled = cp.multiply(l, np.ones((instance['tokens'], 1)) @ np.sqrt([instance['counts']]))
    problem = cp.Problem(cp.Minimize(cp.normNuc(scaled)), [g @ x >= 1, a @ x == 0])
    try:
        problem.solve(solver=solver, **options(solver, tolerance))
    except cp.SolverError as error:
        return {'call': time.perf_counter() - begin, 'inside': 0, 'status': str(error), 'answer': []}
    call = time.perf_counter() - begin
    found = [] if l.value is None else l.value.reshape(-1).tolist()
    stats = problem.solver_stats
    return {'call': call, 'inside': stats.solve_time or 0, 'status': f'{problem.status}, {stats.num_iters} iterations', 'answer': found}


def main():
    say(f'cvxpy {cp.__version__}, SCS {scs.__version__}, Clarabel {clarabel.__version__}')
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == 'load':
            with open(arguments[0]) as file:
                instance = json.load(file)
            matrices = rows(instance)
            say(sum(m.shape[0] for m in matrices))
        else:
            say(solve(instance, matrices, arguments[0], float(arguments[1])))


if __name__ == '__main__':
    main()
