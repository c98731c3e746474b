"""The other side of the comparison: the same gradient descent with lax.fori_loop of JAX.

peer.py INSTANCE reads the instance, compiles the programs, says so in a line of JSON,
and then answers the lines "run PROGRAM STEPS" with the seconds they took,
"state PROGRAM" with W, and "many INSTANCES STEPS" with the seconds of the program
columns on all instances at once.
"""

import json
import sys
import time

import jax

jax.config.update('jax_enable_x64', True)

import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402
from side import say  # noqa: E402


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


class Many:
    """The program columns on a leading axis of instances, compiled once."""

    def __init__(self, path):
        with open(path) as file:
            instances = json.load(file)
        read = [arrays(instance) for instance in instances]
        self.w = jnp.stack([w for w, _ in read])
        self.data = tuple(jnp.stack(parts) for parts in zip(*(data for _, data in read)))
        gradient = jax.vmap(columns)
        self.program = descend(gradient, instances[0]['lr']).lower(self.w, 1, self.data).compile()

    def run(self, n):
        begin = time.perf_counter()
        self.program(self.w, n, self.data).block_until_ready()
        return time.perf_counter() - begin


def arrays(instance):
    """W and the data of an instance."""
    m, d, v = instance['m'], instance['d'], instance['v']
    h = jnp.array(instance['h']).reshape(m, d)
    p = jnp.array(instance['p']).reshape(m, v)
    w = jnp.array(instance['w']).reshape(v, d)
    return w, (h, jnp.array(h.T), p, jnp.array(p.T), jnp.array(instance['pi']))


def main(path):
    with open(path) as file:
        instance = json.load(file)
    w, data = arrays(instance)

    programs, states, compiled = {}, {}, {}
    for gradient in (derived, closed, columns):
        name = gradient.__name__
        begin = time.perf_counter()
        programs[name] = descend(gradient, instance['lr']).lower(w, 1, data).compile()
        compiled[name] = time.perf_counter() - begin
        states[name] = w
    device = jax.devices()[0]
    say({'version': f'JAX {jax.__version__} on {device.device_kind}', 'compile': compiled})

    many = {}
    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == 'many':
            if name not in many:
                many[name] = Many(name)
                many[name].run(1)
            say(many[name].run(int(rest[0])))
            continue
        if command == 'state':
            say(states[name].ravel().tolist())
            continue
        n = int(rest[0])
        begin = time.perf_counter()
        states[name] = programs[name](states[name], n, data).block_until_ready()
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main(sys.argv[1])
