"""The other side of the comparison: the same max-margin program through cvxpy, or scikit-learn.

peer.py says what it is in a line of JSON and then answers the lines "load FILE", which
builds the sparse rows of an instance, "solve SOLVER", which solves it, and "data NAME", with
the samples of a data set of scikit-learn.
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
import sklearn
from side import say
from sklearn import datasets
from sklearn.svm import LinearSVC

# They are asked for a residual like ours, which is near round-off; their defaults are 1e-8
# for Clarabel and 1e-3 for OSQP.
OPTIONS = {
    'CLARABEL': {'tol_gap_abs': 1e-12, 'tol_gap_rel': 1e-12, 'tol_feas': 1e-12},
    'OSQP': {'eps_abs': 1e-9, 'eps_rel': 1e-9, 'max_iter': 200000, 'polish': True},
}

# What LinearSVC is asked for: multipliers stay far below C, so that no margin is soft, and
# below this tolerance liblinear makes 100,000 sweeps and is no better.
MARGIN = {'C': 1e3, 'tol': 1e-9, 'fit_intercept': False, 'multi_class': 'crammer_singer', 'random_state': 0}

# What a solver may have, so that asking for more ends this process and not the machine.
MEMORY = int(0.75 * os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))


class Instance:
    def __init__(self, given):
        self.h = np.array(given['h']).reshape(given['d'], given['m'])
        self.tokens, self.supports = given['v'], given['supports']
        pairs = [(s[0], token, j, token in s) for j, s in enumerate(self.supports) for token in range(self.tokens) if token != s[0]]
        self.rows = [self.matrix([pair[:3] for pair in pairs if pair[3] == inside]) for inside in (False, True)]

    def matrix(self, pairs):
        """A row for each: h_j at the first token, -h_j at the second, in the rows of W one after the other."""
        d = len(self.h)
        column = np.empty((len(pairs), 2, d), np.int32)
        value = np.empty((len(pairs), 2, d))
        for i, (first, second, j) in enumerate(pairs):
            column[i] = np.arange(d) + d * np.array([[first], [second]])
            value[i] = self.h[:, j], -self.h[:, j]
        start = np.arange(len(pairs) + 1) * 2 * d
        return sp.csr_matrix((value.ravel(), column.ravel(), start), shape=(len(pairs), self.tokens * d))


def solve(instance, solver):
    begin = time.perf_counter()
    inside, found = 0, None
    try:
        if solver == 'LINEARSVC':
            inside, found, status = labels(instance)
        else:
            inside, found, status = program(instance, solver)
    except (cp.SolverError, MemoryError) as error:
        status = 'no answer: ' + (f'{MEMORY / 1e9:.1f} GB of memory are too few' if isinstance(error, MemoryError) else str(error))
    answer = [] if found is None else found.tolist()
    return {'call': time.perf_counter() - begin, 'inside': inside, 'status': status, 'answer': answer}


def program(instance, solver):
    g, a = instance.rows
    w = cp.Variable(g.shape[1])
    problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), [g @ w >= 1] + ([a @ w == 0] if a.shape[0] else []))
    problem.solve(solver=solver, **OPTIONS[solver])
    infeasible = problem.status.startswith('infeasible')  # what says so are the multipliers
    return problem.solver_stats.solve_time or 0, problem.constraints[0].dual_value if infeasible else w.value, problem.status


def labels(instance):
    """Supports of one token are the labels of a classification."""
    label = [token for token, in instance.supports]
    machine = LinearSVC(max_iter=10**6, **MARGIN).fit(instance.h.T, label)
    return 0, machine.coef_.ravel(), f'{machine.n_iter_} sweeps'


def data(name):
    samples = getattr(datasets, 'load_' + name)()
    h = samples.data.T
    return {'d': len(h), 'm': len(samples.data), 'v': len(samples.target_names), 'h': h.ravel().tolist(), 'supports': [[int(label)] for label in samples.target]}


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    say(f'cvxpy {cp.__version__}, Clarabel {clarabel.__version__}, OSQP {osqp.__version__}, scikit-learn {sklearn.__version__}')
    matrices = None
    for line in sys.stdin:
        command, argument = line.split(maxsplit=1)
        if command == 'load':
            with open(argument.strip()) as file:
                instance = Instance(json.load(file))
            say(sum(rows.shape[0] for rows in instance.rows))
        elif command == 'data':
            say(data(argument.strip()))
        else:
            say(solve(instance, argument.strip()))


if __name__ == '__main__':
    main()
