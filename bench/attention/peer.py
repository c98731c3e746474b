"""The other side of the comparison: the same normalized descent with lax.fori_loop of JAX.

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
from side import say  # noqa: E402


def logits(w, x, q):
    return jnp.einsum('ntd,nd->nt', x, q @ w.T)


def outer(c, x, q):
    return jnp.einsum('ntd,nt->nd', x, c).T @ q


def unit(a):
    norm = jnp.sqrt(jnp.sum(a * a))
    return jnp.where(norm > 0, a / jnp.maximum(norm, 2.2250738585072014e-308), 0)


def stable(w, data):
    """The gradient in pairs, with logarithms of the attention."""
    x, q, gap, other, best, gaps, _ = data
    h = logits(w, x, q)
    rel = h - jnp.sum(h * (1 - other), axis=-1, keepdims=True)
    masked = jnp.where(other > 0, rel, -jnp.inf)
    odds = jax.nn.logsumexp(masked, axis=-1, keepdims=True)
    log_phi = rel - jax.nn.softplus(odds)
    phi = jnp.exp(log_phi)
    e = jax.nn.sigmoid(jnp.sum(phi * gaps, axis=-1) - best)
    pull = jnp.sum(gap * phi[:, None, :], axis=-1)
    largest = jnp.max(jnp.where(other > 0, log_phi, -jnp.inf))
    c = jnp.where(other > 0, jnp.exp(log_phi - largest), 0) * pull * e[:, None]
    c = c - jnp.sum(c, axis=-1, keepdims=True) * (1 - other)
    return unit(outer(c, x, q))


def naive(w, data):
    """The textbook gradient."""
    x, q, _, _, _, _, g = data
    phi = jax.nn.softmax(logits(w, x, q), axis=-1)
    z = jnp.sum(phi * g, axis=-1, keepdims=True)
    return unit(outer(phi * (g - z) * jax.nn.sigmoid(-z), x, q))


def descend(direction, eta):
    """n steps in one call; n is a run-time value, so that nothing is compiled twice."""

    def run(w, n, data):
        return lax.fori_loop(0, n, lambda _, w: w + eta * direction(w, data), w)

    return jax.jit(run)


def main(path):
    with open(path) as file:
        instance = json.load(file)
    n, t, d = instance['n'], instance['t'], instance['d']
    x = jnp.array(instance['x']).reshape(n, t, d)
    g = jnp.array(instance['score']).reshape(n, t)
    opt = jnp.array(instance['opt'])
    best = g[jnp.arange(n), opt]
    data = (x, x[:, 0], g[:, :, None] - g[:, None, :], 1 - jax.nn.one_hot(opt, t, dtype=g.dtype), best, best[:, None] - g, g)
    w = jnp.zeros((d, d))
    programs, states = {}, {}
    for direction in (stable, naive):
        name = direction.__name__
        programs[name] = descend(direction, instance['eta']).lower(w, 1, data).compile()
        states[name] = w
    device = jax.devices()[0]
    say(f'JAX {jax.__version__} on {device.device_kind}')

    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == 'state':
            say(states[name].ravel().tolist())
            continue
        begin = time.perf_counter()
        states[name] = programs[name](states[name], int(rest[0]), data).block_until_ready()
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main(sys.argv[1])
