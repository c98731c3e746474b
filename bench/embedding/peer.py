"""The other side of the comparison: the same encoder, and the same steps of Adam on the same
triples, in JAX.

peer.py INSTANCE reads the instance and the weights, compiles the program, says so in a line of
JSON, and then answers the lines "run STEPS" with the seconds they took and "loss" with the loss of
the first batch.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
from jax import lax
from side import say, weights

EPS, FLOOR = 1e-12, 1e-12


def norm(p, name, x):
    mean = x.mean(-1, keepdims=True)
    square = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(square + EPS) * p[name + '.weight'] + p[name + '.bias']


def affine(p, name, x):
    return x @ p[name + '.weight'].T + p[name + '.bias']


def vectors(p, tokens, lengths, sizes):
    """The mean of the last hidden states of the words, without the first and the last token."""
    n, t = tokens.shape
    x = p['embeddings.word_embeddings.weight'][tokens] + p['embeddings.position_embeddings.weight'][:t]
    x = norm(p, 'embeddings.LayerNorm', x + p['embeddings.token_type_embeddings.weight'][0])
    place = jnp.arange(t)
    inside = place < lengths[:, None]
    for i in range(sizes['layers']):
        at = f'encoder.layer.{i}.'

        def heads(name, x=x, at=at):
            return affine(p, at + 'attention.self.' + name, x).reshape(n, t, sizes['heads'], -1)

        q, k, v = heads('query'), heads('key'), heads('value')
        scores = jnp.einsum('nthd,nshd->nhts', q, k) / jnp.sqrt(q.shape[-1])
        scores = jnp.where(inside[:, None, None, :], scores, -1e30)
        mixed = jnp.einsum('nhts,nshd->nthd', jax.nn.softmax(scores), v).reshape(n, t, -1)
        x = norm(p, at + 'attention.output.LayerNorm', x + affine(p, at + 'attention.output.dense', mixed))
        hidden = jax.nn.gelu(affine(p, at + 'intermediate.dense', x), approximate=False)
        x = norm(p, at + 'output.LayerNorm', x + affine(p, at + 'output.dense', hidden))
    words = (place > 0) & (place < lengths[:, None] - 1)
    return (x * words[:, :, None]).sum(1) / words.sum(1)[:, None]


def loss(p, batch, sizes):
    """Sum over ordered pairs of |k_i - k_j|, and beta times how far the neutral texts moved."""
    tokens, lengths, frozen = batch
    n, m, t = tokens.shape
    v = vectors(p, tokens.reshape(n * m, t), lengths.reshape(n * m), sizes).reshape(n, m, -1)
    neutral = v[:, -1]
    k = jnp.exp(-((v[:, :-1] - neutral[:, None]) ** 2).sum(-1) / (2 * sizes['rho'] ** 2))  # [n, m - 1]
    bias = jnp.abs(k[:, :, None] - k[:, None, :]).sum((1, 2)).mean()
    rep = jnp.sqrt(((neutral - frozen) ** 2).sum(-1) + FLOOR).mean()
    return bias + sizes['beta'] * rep


def steps(sizes, batches):
    """n steps of Adam in one call."""

    def step(_, state):
        k, p, m, v = state
        batch = [lax.dynamic_index_in_dim(column, k % sizes['s'], keepdims=False) for column in batches]
        g = jax.grad(loss)(p, batch, sizes)
        k = k + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = jax.tree.map(lambda p, m, v: p - sizes['rate'] * (m / (1 - 0.9 ** k)) / (jnp.sqrt(v / (1 - 0.999 ** k)) + 1e-8), p, m, v)
        return k, p, m, v

    return jax.jit(lambda n, state: lax.fori_loop(0, n, step, state))


def main(path):
    with open(path) as file:
        sizes = json.load(file)
    s, b, m, t = (sizes[name] for name in 'sbmt')
    batches = (jnp.array(sizes['tokens']).reshape(s, b, m, t), jnp.array(sizes['lengths']).reshape(s, b, m),
               jnp.array(sizes['frozen'], jnp.float32).reshape(s, b, -1))
    p = {name: jnp.array(x) for name, x in weights(sizes['weights']).items()}
    state = (jnp.int32(0), p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p))
    tune = steps(sizes, batches).lower(1, state).compile()
    first = jax.jit(lambda p: loss(p, [column[0] for column in batches], sizes))
    device = jax.devices()[0]
    say(f'JAX {jax.__version__} on {device.device_kind}')
    for line in sys.stdin:
        command, *rest = line.split()
        if command == 'loss':
            say(float(first(state[1])))
            continue
        begin = time.perf_counter()
        state = jax.block_until_ready(tune(int(rest[0]), state))
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main(sys.argv[1])
