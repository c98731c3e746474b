"""The other side of the comparison: the same networks, trained side by side with vmap of JAX.

peer.py waits for lines. "load FILE" reads an instance, compiles both its programs and answers
with the seconds that took; "run PROGRAM STEPS" makes steps and answers with the seconds,
"losses PROGRAM" with the training loss of each network, in order.

derived  the loss of one network, differentiated, under vmap
written  the gradient of one network, written down, under vmap
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
from jax import lax
from side import say

jax.config.update('jax_enable_x64', True)


def output(w, x, signs):
    return jax.nn.softplus(x @ w.T) @ signs / jnp.sqrt(signs.size)


def loss(w, x, y, c, signs):
    return jnp.sum(c * jax.nn.softplus(-y * output(w, x, signs)))


def derived(*arguments):
    return jax.grad(loss)(*arguments)


def written(w, x, y, c, signs):
    z = x @ w.T
    e = jnp.exp(-jnp.abs(z))
    h = jnp.maximum(z, 0) + jnp.log1p(e)
    slope = jnp.where(z > 0, 1, e) / (1 + e)
    root = 1 / jnp.sqrt(signs.size)
    u = y * (h @ signs * root)
    by = -c * y * jax.nn.sigmoid(-u)
    delta = by[:, None] * signs * slope * root
    return delta.T @ x


class Program:
    """A gradient under vmap; what the instance has once is not repeated."""

    def __init__(self, gradient, data, w, eta):
        axes = tuple(0 if len(v) > 1 else None for v in data[:3]) + (None,)
        args = tuple(v if len(v) > 1 else v[0] for v in data[:3]) + (data[3],)
        several = jax.vmap(gradient, in_axes=(0, *axes))
        self.values = jax.jit(lambda w: jax.vmap(loss, in_axes=(0, *axes))(w, *args))

        def run(w, n, args):
            return lax.fori_loop(0, n, lambda _, w: w - eta * several(w, *args), w)

        self.w, self.args = w, args
        self.steps = jax.jit(run).lower(w, 1, args).compile()

    def run(self, n):
        self.w = jax.block_until_ready(self.steps(self.w, n, self.args))


def load(path):
    with open(path) as file:
        instance = json.load(file)
    signs = jnp.array(instance['signs'])
    y = jnp.array(instance['y'])
    x = jnp.array(instance['x']).reshape(*y.shape, -1)
    c = jnp.array(instance['weights'])
    k = max(len(y), len(c))
    w = jnp.array(instance['starts']).reshape(-1, signs.size, x.shape[-1])
    w = jnp.broadcast_to(w, (k, *w.shape[1:])) + 0
    return {f.__name__: Program(f, (x, y, c, signs), w, instance['eta']) for f in (derived, written)}


def main():
    say(f'JAX {jax.__version__} on {jax.devices()[0].device_kind}')
    programs = {}
    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == 'losses':
            say(programs[name].values(programs[name].w).tolist())
            continue
        begin = time.perf_counter()
        if command == 'load':
            programs = load(name)
        else:
            programs[name].run(int(rest[0]))
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main()
