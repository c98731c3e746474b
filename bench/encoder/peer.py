"""The other side of the comparison: the same encoder, and the same steps of Adam, in JAX.

peer.py INSTANCE reads the instance and the weights, compiles the programs, says so in a line of
JSON, and then answers the lines "run PROGRAM STEPS" with the seconds they took, "vectors" with the
vectors and "loss" with the loss.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from side import say, weights

HEADS, LAYERS, EPS = 12, 6, 1e-12


def norm(p, name, x):
    mean = x.mean(-1, keepdims=True)
    square = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(square + EPS) * p[name + '.weight'] + p[name + '.bias']


def affine(p, name, x):
    return x @ p[name + '.weight'].T + p[name + '.bias']


def vectors(p, data):
    tokens, lengths, _ = data
    n, t = tokens.shape
    x = p['embeddings.word_embeddings.weight'][tokens] + p['embeddings.position_embeddings.weight'][:t]
    x = norm(p, 'embeddings.LayerNorm', x + p['embeddings.token_type_embeddings.weight'][0])
    inside = jnp.arange(t) < lengths[:, None]
    for i in range(LAYERS):
        at = f'encoder.layer.{i}.'

        def heads(name, x=x, at=at):
            return affine(p, at + 'attention.self.' + name, x).reshape(n, t, HEADS, -1)

        q, k, v = heads('query'), heads('key'), heads('value')
        scores = jnp.einsum('nthd,nshd->nhts', q, k) / jnp.sqrt(q.shape[-1])
        scores = jnp.where(inside[:, None, None, :], scores, -1e30)
        mixed = jnp.einsum('nhts,nshd->nthd', jax.nn.softmax(scores), v).reshape(n, t, -1)
        x = norm(p, at + 'attention.output.LayerNorm', x + affine(p, at + 'attention.output.dense', mixed))
        hidden = jax.nn.gelu(affine(p, at + 'intermediate.dense', x), approximate=False)
        x = norm(p, at + 'output.LayerNorm', x + affine(p, at + 'output.dense', hidden))
    return (x * inside[:, :, None]).sum(1) / lengths[:, None]


def loss(p, data):
    logits = affine(p, 'classifier', vectors(p, data))
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), data[2][:, None], 1).mean()


def steps(rate, data):
    """n steps of Adam in one call."""

    def step(_, state):
        k, p, m, v = state
        g = jax.grad(loss)(p, data)
        k = k + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = jax.tree.map(lambda p, m, v: p - rate * (m / (1 - 0.9 ** k)) / (jnp.sqrt(v / (1 - 0.999 ** k)) + 1e-8), p, m, v)
        return k, p, m, v

    return jax.jit(lambda n, state: lax.fori_loop(0, n, step, state))


def main(path):
    with open(path) as file:
        instance = json.load(file)
    tokens = jnp.array(instance['tokens']).reshape(instance['n'], instance['t'])
    data = (tokens, jnp.array(instance['lengths']), jnp.array(instance['classes']))
    p = {name: jnp.array(x) for name, x in weights(instance['weights']).items() if name.startswith(('embeddings.', 'encoder.'))}
    forward = jax.jit(vectors).lower(p, data).compile()
    tuned = dict(p, **{'classifier.weight': jnp.zeros((2, 384)), 'classifier.bias': jnp.zeros(2)})
    state = (0.0, tuned, jax.tree.map(jnp.zeros_like, tuned), jax.tree.map(jnp.zeros_like, tuned))
    tune = steps(instance['rate'], data).lower(1, state).compile()
    device = jax.devices()[0]
    say(f'JAX {jax.__version__} on {device.device_kind}')
    for line in sys.stdin:
        command, *rest = line.split()
        if command == 'vectors':
            say(np.asarray(forward(p, data)).ravel().tolist())
            continue
        if command == 'loss':
            say(float(loss(state[1], data)))
            continue
        begin = time.perf_counter()
        if rest[0] == 'forward':
            for _ in range(int(rest[1])):
                np.asarray(forward(p, data))
        else:
            state = jax.block_until_ready(tune(int(rest[1]), state))
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main(sys.argv[1])
