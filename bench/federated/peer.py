"""The other side of the comparison: the same two stages of SGPT in JAX.

peer.py INSTANCE reads the instance and the backbone, compiles a loop for each stage, says so in a
line of JSON, and then answers "client I" with what client I sends after a round, and "run N" with the
seconds that N rounds of all clients took.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from side import say, weights

EPS = 1e-6


def norm(p, name, x):
    x = x - x.mean(-1, keepdims=True)
    return x / jnp.sqrt((x * x).mean(-1, keepdims=True) + EPS) * p[name + '.gain'] + p[name + '.bias']


class Network:
    def __init__(self, instance, backbone):
        self.layers, self.heads, self.patch, self.p = instance['layers'], instance['heads'], instance['patch'], backbone

    def block(self, i, x):
        def linear(name, x):
            return x @ self.p[f'blocks.{i}.{name}.w'] + self.p[f'blocks.{i}.{name}.b']

        n, t, d = x.shape
        y = norm(self.p, f'blocks.{i}.norm1', x)
        q, k, v = (linear(name, y).reshape(n, t, self.heads, -1) for name in 'qkv')
        a = jax.nn.softmax(jnp.einsum('nthd,nshd->nhts', q, k) / jnp.sqrt(d / self.heads))
        x = x + linear('o', jnp.einsum('nhts,nshd->nthd', a, v).reshape(n, t, d))
        y = linear('up', norm(self.p, f'blocks.{i}.norm2', x))
        return x + linear('down', jax.nn.gelu(y, approximate=False))

    def logits(self, theta, pictures, picked):
        """Of pictures [b, 784] with groups [b, G], one-hot, or None."""
        b, across = len(pictures), 28 // self.patch
        x = (pictures - 0.5).reshape(b, across, self.patch, across, self.patch).transpose(0, 1, 3, 2, 4).reshape(b, across**2, -1)
        x = x @ self.p['patch.w'] + self.p['patch.b']
        x = jnp.concatenate([jnp.broadcast_to(self.p['class'], (b, 1, x.shape[-1])), x], 1) + self.p['positions']
        for i in range(self.layers):
            tokens = theta.get(f'shared.{i}')
            if tokens is not None:
                x = jnp.concatenate([x[:, :1], jnp.broadcast_to(tokens, (b, *tokens.shape)), x[:, 1:]], 1)
            tokens = theta.get(f'group.{i}')
            if tokens is not None and picked is not None:
                x = jnp.concatenate([x[:, :1], jnp.einsum('bg,gtd->btd', picked, tokens), x[:, 1:]], 1)
            x = self.block(i, x)
        return norm(self.p, 'norm', x[:, 0]) @ theta['head.w'] + theta['head.b']


def stage(network, instance, upper):
    """The steps of a stage, one compiled loop."""
    rate, beta, decay, clip = (instance[name] for name in ('rate', 'momentum', 'decay', 'clip'))
    factor = jnp.array(instance['factor'], jnp.float32)
    groups = len(instance['factor'])

    def trained(name):
        return name.startswith('head.') or upper == (name.startswith('group.') or name == 'keys')

    def loss(own, frozen, pictures, labels, queries):
        theta, picked = {**frozen, **own}, None
        extra = 0.0
        if upper:
            keys = theta['keys']
            cos = queries @ (keys / jnp.sqrt((keys * keys).sum(-1, keepdims=True))).T
            picked = jax.nn.one_hot(jnp.argmin((1 - lax.stop_gradient(cos)) * factor, -1), groups)
            extra = -(cos * picked).sum(-1).mean()
        logits = network.logits(theta, pictures, picked)
        return extra - jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean(), picked

    def step(k, state, frozen, data):
        own, velocity, counts = state
        pictures, labels, queries, order = data
        rows = order[k]
        grads, picked = jax.grad(loss, has_aux=True)(own, frozen, pictures[rows], labels[rows], queries[rows])
        length = jnp.sqrt(sum((g * g).sum() for g in grads.values()))
        scale = jnp.where(length > clip, clip / length, 1.0)
        if upper:
            counts = counts + picked.sum(0).astype(jnp.int32)

        def shrink(name, x):
            if name == 'keys' or name.startswith('group.'):
                return decay * x * (counts > 0).reshape(-1, *[1] * (x.ndim - 1))
            return decay * x

        velocity = {name: beta * velocity[name] + grads[name] * scale + shrink(name, own[name]) for name in own}
        return {name: own[name] - rate * velocity[name] for name in own}, velocity, counts

    @jax.jit
    def run(theta, counts, data):
        own = {name: x for name, x in theta.items() if trained(name)}
        frozen = {name: x for name, x in theta.items() if not trained(name)}
        state = own, jax.tree.map(jnp.zeros_like, own), counts
        own, _, counts = lax.fori_loop(0, len(data[3]), lambda k, s: step(k, s, frozen, data), state)
        return {**frozen, **own}, counts

    return run


def main(path):
    with open(path) as file:
        instance = json.load(file)
    network = Network(instance, {name: jnp.array(x) for name, x in weights(instance['backbone']).items()})
    shapes = dict(zip(instance['names'], instance['shapes']))
    start = {name: jnp.array(np.reshape(x, shapes[name]), jnp.float32) for name, x in zip(instance['names'], instance['start'])}
    stages = stage(network, instance, False), stage(network, instance, True)
    clients = []
    for c in instance['clients']:
        n = len(c['labels'])
        fixed = (jnp.array(c['pictures'], jnp.float32).reshape(n, -1), jnp.array(c['labels']), jnp.array(c['queries'], jnp.float32).reshape(n, -1))
        clients.append([(*fixed, jnp.array(order)) for order in c['orders']])

    def client(i):
        theta, counts = start, jnp.zeros(len(instance['factor']), jnp.int32)
        for run, data in zip(stages, clients[i]):
            theta, counts = run(theta, counts, data)
        return jax.block_until_ready((theta, counts))

    client(0)  # compiles
    say(f'JAX {jax.__version__} on {jax.devices()[0].device_kind}')
    for line in sys.stdin:
        command, number = line.split()
        if command == 'client':
            theta, counts = client(int(number))
            say({'params': [np.asarray(theta[name], np.float64).ravel().tolist() for name in instance['names']], 'counts': counts.tolist()})
            continue
        begin = time.perf_counter()
        for _ in range(int(number)):
            for i in range(len(clients)):
                client(i)
        say(time.perf_counter() - begin)


if __name__ == '__main__':
    main(sys.argv[1])
