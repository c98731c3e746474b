"""The other side of the comparison: the same bilevel search in JAX.

bilevel.py INSTANCE reads state and arguments of a search, says so in a line of JSON, and then answers the lines
"run KIND" with the seconds that a search took and "coefficients KIND" with those that it found. KIND says how the Hessian
is multiplied: "double" by the gradient of a gradient's inner product, "forward" by the derivative of a gradient.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from side import say


def scores(theta, x):
    return jax.nn.relu(x @ theta[0] + theta[1]) @ theta[2] + theta[3]


def cross_entropies(f, l, delta, y):
    z = f * delta + l
    return jax.nn.logsumexp(z, -1) - jnp.take_along_axis(z, y[:, None], -1)[:, 0]


def link(v, fl, fd):
    n = fl.shape[1]
    return fl @ v[:n], jax.nn.sigmoid(1 + fd @ v[n:]) * (1 + np.exp(-1))


def vdot(a, b):
    return sum(jnp.vdot(x, y) for x, y in zip(a, b, strict=True))


def searching(about, arguments, kind):
    """The search as one compiled function of its state."""
    x, y, hx, hy, h, table, upper, rates, active, fl, fd = arguments
    batch, decay, momentum = about['batch'], about['decay'], about['momentum']

    def lower(theta, v, x, y):
        l, delta = link(v, fl, fd)
        return cross_entropies(scores(theta, x), l, delta, y).mean() + decay / 2 * vdot(theta, theta)

    def validation(theta):
        return (h * cross_entropies(scores(theta, hx), 0., 1., hy)).sum()

    def round_(k, state):
        theta, velocity, u, v, m, s = state
        for j in range(about['inner']):
            rows = table[k, j * batch:(j + 1) * batch]
            grads = jax.grad(lower)(theta, v, x[rows], y[rows])
            velocity = [momentum * a + g for a, g in zip(velocity, grads, strict=True)]
            theta = [p - rates[k] * a for p, a in zip(theta, velocity, strict=True)]
        rows = upper[k]
        bx, by = x[rows], y[rows]

        def gradient(theta):
            return jax.grad(lower)(theta, v, bx, by)

        def product(c):
            if kind == 'forward':
                return jax.jvp(gradient, (theta,), (c,))[1]
            return jax.grad(lambda p: vdot(gradient(p), c))(theta)

        hu = product(u)
        top = jnp.sqrt(vdot(hu, hu)) + 1e-12
        u = [a / top for a in hu]
        eta = jnp.minimum(1 / top, about['eta_max'])
        c = jax.grad(validation)(theta)
        total = c
        for _ in range(about['t']):
            c = [a - eta * b for a, b in zip(c, product(c), strict=True)]
            total = [a + b for a, b in zip(total, c, strict=True)]
        total = [eta * a for a in total]
        grad = -jax.grad(lambda v: vdot(jax.grad(lower)(theta, v, bx, by), total))(v)
        t, gate = jnp.maximum(active[k], 1), jnp.minimum(active[k], 1)
        m1, s1 = 0.9 * m + 0.1 * grad, 0.999 * s + 0.001 * grad ** 2
        move = m1 / (1 - 0.9 ** t) / (jnp.sqrt(s1 / (1 - 0.999 ** t)) + 1e-8)
        return theta, velocity, u, v - gate * about['upper_rate'] * move, m + gate * (m1 - m), s + gate * (s1 - s)

    return jax.jit(lambda state: lax.fori_loop(0, about['rounds'], round_, state))


def main(path):
    with open(path) as file:
        about = json.load(file)

    def read(tensors):
        return [jnp.array(np.array(t['values'], np.int32 if t['integer'] else np.float32).reshape(t['shape'])) for t in tensors]

    state, arguments = read(about['state']), read(about['arguments'])
    n = (len(state) - 4) // 3
    state = (state[:n], state[n:2 * n], state[2 * n:3 * n], *state[3 * n:3 * n + 3])
    programs = {}
    say(f'JAX {jax.__version__} on {jax.devices()[0].device_kind}')
    for line in sys.stdin:
        command, kind = line.split()
        if kind not in programs:
            programs[kind] = searching(about, arguments, kind).lower(state).compile()
        begin = time.perf_counter()
        end = jax.block_until_ready(programs[kind](state))
        say(time.perf_counter() - begin if command == 'run' else np.asarray(end[3]).tolist())


if __name__ == '__main__':
    main(sys.argv[1])
