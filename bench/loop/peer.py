"""The other side of the comparison: the same gradient descent with lax.fori_loop of JAX.

peer.py INSTANCE reads the instance, compiles the programs, says so in a line of JSON,
and then answers the lines "run PROGRAM STEPS" with the seconds they took and
"state PROGRAM" with W.
"""

import json
import sys
import time

import jax

jax.config.update('jax_enable_x64', True)

import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402


def derived(w, data):
    h, _, p, _, pi = data

    def loss(w):
        return -jnp.sum(pi * jnp.sum(p * jax.nn.log_softmax(h @ w.T), axis=-1))

    return jax.grad(loss)(w)


def closed(w, data):
    h, _, p, _, pi = data
    return (pi[:, None] * (jax.nn.softmax(h @ w.T) - p)).T @ h


def columns(w, data):
    h, ht, _, pt, pi = data
    return (pi[None, :] * (jax.nn.softmax(w @ ht, axis=0) - pt)) @ h


def descend(gradient, lr):
    """n steps in one call; n is a run-time value, so that nothing is compiled twice."""

    def run(w, n, data):
        return lax.fori_loop(0, n, lambda _, w: w - lr * gradient(w, data), w)

    return jax.jit(run)


def main(path):
    with open(path) as file:
        instance = json.load(file)
    m, d, v = instance['m'], instance['d'], instance['v']
    h = jnp.array(instance['h']).reshape(m, d)
    p = jnp.array(instance['p']).reshape(m, v)
    w = jnp.array(instance['w']).reshape(v, d)
    data = (h, jnp.array(h.T), p, jnp.array(p.T), jnp.array(instance['pi']))

    programs, states, compiled = {}, {}, {}
    for gradient in (derived, closed, columns):
        name = gradient.__name__
        begin = time.perf_counter()
        programs[name] = descend(gradient, instance['lr']).lower(w, 1, data).compile()
        compiled[name] = time.perf_counter() - begin
        states[name] = w
    device = jax.devices()[0]
    say({'version': f'JAX {jax.__version__} on {device.device_kind}', 'compile': compiled})

    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == 'state':
            say(states[name].ravel().tolist())
            continue
        n = int(rest[0])
        begin = time.perf_counter()
        states[name] = programs[name](states[name], n, data).block_until_ready()
        say(time.perf_counter() - begin)


def say(answer):
    print(json.dumps(answer), flush=True)


if __name__ == '__main__':
    main(sys.argv[1])
