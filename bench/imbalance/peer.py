"""The other side of the comparison: the same SVM by scikit-learn.

peer.py says what it is in a line of JSON and then answers the lines "load FILE", which reads an instance, and
"solve SOLVER", which fits.
"""

import json
import sys
import time

import numpy as np
import sklearn
from side import say
from sklearn.svm import SVC, LinearSVC

# C is far above every multiplier, so that no margin is soft. Below these tolerances libsvm and liblinear make many more
# iterations and are no better. The penalty of LinearSVC's intercept falls with the square of its scaling.
MACHINES = {
    'SVC': lambda: SVC(kernel='linear', C=1e9, tol=1e-10, cache_size=500),
    'LINEARSVC': lambda: LinearSVC(loss='squared_hinge', C=1e6, tol=1e-9, intercept_scaling=100, max_iter=10**6, random_state=0),
}


def solve(x, y, solver):
    begin = time.perf_counter()
    machine = MACHINES[solver]().fit(x, y)
    took = time.perf_counter() - begin
    iterations = int(np.max(machine.n_iter_))
    return {'call': took, 'inside': took, 'status': f'{iterations} iterations',
            'answer': [*machine.coef_[0].tolist(), float(machine.intercept_[0])]}


def main():
    say(f'scikit-learn {sklearn.__version__}')
    x = y = None
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == 'load':
            with open(arguments[0]) as file:
                given = json.load(file)
            x, y = np.array(given['x']).reshape(given['n'], given['d']), np.array(given['y'])
            say(len(y))
        else:
            say(solve(x, y, arguments[0]))


if __name__ == '__main__':
    main()
