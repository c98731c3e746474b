"""The other side of the comparison: the same training with vmap and lax.fori_loop of JAX.

peer.py waits for lines. "load FILE" reads an instance, compiles its program and answers with
the seconds that took; "run STEPS" makes steps and answers with the seconds; "loss" answers
with the loss of each run. An instance has contexts filled up to nine tokens, their lengths,
the counts of next tokens, and the initial parameters of one width or of several, which are
filled up with zeros to the largest and trained side by side.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from side import say

FNN = ('hidden.w', 'hidden.b', 'out.w', 'out.b')


def attention(p, data):
    x = p['embed'][data['tokens']] + data['positions']
    last = x[jnp.arange(x.shape[0]), data['lengths'] - 1]
    q = last @ p['q.w'] + p['q.b']
    k = x @ p['k.w'] + p['k.b']
    v = x @ p['v.w'] + p['v.b']
    scores = jnp.einsum('ntd,nd->nt', k, q) / jnp.sqrt(jnp.float32(x.shape[-1]))
    scores = jnp.where(jnp.arange(x.shape[1]) < data['lengths'][:, None], scores, -jnp.inf)
    mean = jnp.einsum('nt,ntd->nd', jax.nn.softmax(scores, axis=-1), v)
    return mean @ p['o.w'] + p['o.b']


def loss(p, frozen, data):
    x = attention(p, data) if frozen is None else frozen
    hidden = jax.nn.gelu(x @ p['hidden.w'] + p['hidden.b'], approximate=False)
    logits = hidden @ p['out.w'] + p['out.b']
    return -jnp.sum(data['counts'] * jax.nn.log_softmax(logits, axis=-1))


def train(rate, total, data):
    """n steps of Adam with a cosine in one call; n is a run-time value."""
    tree = jax.tree_util.tree_map

    def step(k, state, frozen):
        p, m, v = state
        t = k + 1.0
        g = jax.grad(loss)(p, frozen, data)
        lr = rate / 2 * (1 + jnp.cos(jnp.pi * jnp.minimum(k, total) / total))
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = tree(
            lambda p, m, v: p - lr * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), p, m, v
        )
        return p, m, v

    def run(state, first, n, frozen):
        several = jax.vmap(step, in_axes=(None, 0, None if frozen is None else 0))
        return lax.fori_loop(first, first + n, lambda k, s: several(jnp.float32(k), s, frozen), state)

    return jax.jit(run)


class Program:
    def __init__(self, path):
        with open(path) as file:
            instance = json.load(file)
        self.data = {
            'tokens': jnp.array(instance['tokens']),
            'lengths': jnp.array(instance['lengths']),
            'positions': jnp.array(instance['positions'], jnp.float32),
            'counts': jnp.array(instance['counts'], jnp.float32),
        }
        runs = [{k: np.array(v, np.float32) for k, v in run.items()} for run in instance['runs']]
        m = max(run['hidden.b'].size for run in runs)
        for run in runs:
            gap = m - run['hidden.b'].size
            run['hidden.w'] = np.pad(run['hidden.w'], ((0, 0), (0, gap)))
            run['hidden.b'] = np.pad(run['hidden.b'], (0, gap))
            run['out.w'] = np.pad(run['out.w'], ((0, gap), (0, 0)))
        p = {k: jnp.stack([run[k] for run in runs]) for k in runs[0]}
        self.frozen = None
        if instance['only']:
            self.frozen = jax.vmap(lambda p: attention(p, self.data))(p)
            p = {k: v for k, v in p.items() if k in FNN}
        zero = jax.tree_util.tree_map(jnp.zeros_like, p)
        self.state, self.k = (p, zero, zero), 0
        program = train(instance['rate'], instance['steps'], self.data)
        self.program = program.lower(self.state, 0, 1, self.frozen).compile()

    def run(self, n):
        self.state = jax.block_until_ready(self.program(self.state, self.k, n, self.frozen))
        self.k += n

    def loss(self):
        axes = (0, None if self.frozen is None else 0, None)
        return jax.vmap(loss, in_axes=axes)(self.state[0], self.frozen, self.data).tolist()


def main():
    device = jax.devices()[0]
    say(f'JAX {jax.__version__} on {device.device_kind}')
    program = None
    for line in sys.stdin:
        command, *rest = line.split()
        begin = time.perf_counter()
        if command == 'load':
            program = Program(rest[0])
        elif command == 'run':
            program.run(int(rest[0]))
        else:
            say(program.loss())
            continue
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main()
