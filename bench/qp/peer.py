"""The other side of the comparison: the same max-margin program through cvxpy.

peer.py says what it is in a line of JSON and then answers the lines "load FILE", which
builds the sparse rows of an instance, and "solve SOLVER", which solves it.
"""

import json
import os
import resource
import sys
import time

import clarabel
import cvxpy as cp
import numpy as np
import osqp
import scipy.sparse as sp

# OSQP needs to be asked for what the others give: its default is 1e-3.
OPTIONS = {
    'CLARABEL': {},
    'OSQP': {'eps_abs': 1e-9, 'eps_rel': 1e-9, 'max_iter': 200000, 'polish': True},
}


def rows(instance):
    """The rows of inequalities and equalities on the rows of W, one after the other."""
    d, m, v = instance['d'], instance['m'], instance['v']
    h = np.array(instance['h']).reshape(d, m)
    parts = {'off': [], 'in': []}
    for j, support in enumerate(instance['supports']):
        inside = set(support)
        for token in range(v):
            if token != support[0]:
                parts['in' if token in inside else 'off'].append((support[0], token, j))
    matrices = []
    for part in parts.values():
        index = np.arange(len(part)).repeat(2 * d)
        column = np.concatenate([np.r_[a * d : (a + 1) * d, t * d : (t + 1) * d] for a, t, _ in part])
        value = np.concatenate([np.r_[h[:, j], -h[:, j]] for _, _, j in part])
        matrices.append(sp.csr_matrix((value, (index, column)), shape=(len(part), v * d)))
    return matrices


def solve(matrices, solver):
    g, a = matrices
    begin = time.perf_counter()
    w = cp.Variable(g.shape[1])
    problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), [g @ w >= 1, a @ w == 0])
    try:
        problem.solve(solver=solver, **OPTIONS[solver])
    except cp.SolverError as error:
        return {'call': time.perf_counter() - begin, 'inside': 0, 'status': str(error), 'answer': []}
    call = time.perf_counter() - begin
    found = [] if w.value is None else w.value.tolist()
    return {'call': call, 'inside': problem.solver_stats.solve_time or 0, 'status': problem.status, 'answer': found}


def bound_memory(share):
    """Ends this process, not the machine, when a solver asks for more than a share of the memory."""
    most = int(share * os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main():
    bound_memory(0.75)
    say(f'cvxpy {cp.__version__}, Clarabel {clarabel.__version__}, OSQP {osqp.__version__}')
    matrices = None
    for line in sys.stdin:
        command, argument = line.split(maxsplit=1)
        if command == 'load':
            with open(argument.strip()) as file:
                matrices = rows(json.load(file))
            say(sum(m.shape[0] for m in matrices))
        else:
            say(solve(matrices, argument.strip()))


def say(answer):
    print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main()
