"""The other side of the comparison: the same gradient descent with lax.fori_loop of JAX.

peer.py INSTANCE reads the instance, compiles the programs, says so in a line of JSON, and
then answers the lines "run PROGRAM STEPS" with the seconds they took, "loss PROGRAM" with
the loss and "program PROGRAM" with the program in StableHLO.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
from jax import lax
from side import say


def loss(params, data):
    w1, b1, w2, b2 = params
    x, y = data
    logits = jax.nn.relu(x @ w1 + b1) @ w2 + b2
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(logits), axis=-1))


def derived(params, data):
    return jax.grad(loss)(params, data)


def written(params, data):
    w1, b1, w2, b2 = params
    x, y = data
    z = x @ w1 + b1
    h = jax.nn.relu(z)
    d = (jax.nn.softmax(h @ w2 + b2) - y) / x.shape[0]
    g = (d @ w2.T) * (z > 0)
    return [x.T @ g, jnp.sum(g, axis=0), h.T @ d, jnp.sum(d, axis=0)]


def descend(gradient, rate):
    """n steps in one call; n is a run-time value, so that nothing is compiled twice."""

    def step(params, data):
        return [p - rate * g for p, g in zip(params, gradient(params, data))]

    def run(params, n, data):
        return lax.fori_loop(0, n, lambda _, params: step(params, data), params)

    return jax.jit(run)


def main(path):
    with open(path) as file:
        instance = json.load(file)
    w1, b1, w2, b2 = (jnp.array(p, jnp.float32) for p in instance['params'])
    params = [w1.reshape(-1, b1.size), b1, w2.reshape(-1, b2.size), b2]
    y = jax.nn.one_hot(jnp.array(instance['y']), b2.size)
    x = jnp.array(instance['x'], jnp.float32).reshape(y.shape[0], -1)
    data = (x, y)
    programs, states, texts = {}, {}, {}
    for gradient in (derived, written):
        name = gradient.__name__
        lowered = descend(gradient, instance['rate']).lower(params, 1, data)
        programs[name], texts[name] = lowered.compile(), lowered.as_text()
        states[name] = params
    device = jax.devices()[0]
    say(f'JAX {jax.__version__} on {device.device_kind}')

    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == 'loss':
            say(float(loss(states[name], data)))
            continue
        if command == 'program':
            say(texts[name])
            continue
        begin = time.perf_counter()
        states[name] = jax.block_until_ready(programs[name](states[name], int(rest[0]), data))
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main(sys.argv[1])
