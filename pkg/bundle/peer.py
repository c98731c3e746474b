"""The other side of marginalia check: the same gradient descent with lax.fori_loop of JAX, in float64."""
import json
import sys
import time

import jax

jax.config.update('jax_enable_x64', True)
import jax.numpy as jnp  # noqa: E402

r = json.load(sys.stdin)
h, p, w = (jnp.array(r[name], dtype=float).reshape(shape) for name, shape in
           (('H', (r['M'], r['D'])), ('P', (r['M'], r['V'])), ('W', (r['V'], r['D']))))


@jax.jit
def run(w, h, p):
    def step(_, w):
        return w - r['Rate'] * ((jax.nn.softmax(h @ w.T) - p) / r['M']).T @ h
    return jax.lax.fori_loop(0, r['Steps'], step, w)


compiled = run.lower(w, h, p).compile()
least = float('inf')
for _ in range(r['Rounds']):
    begun = time.perf_counter()
    w = compiled(w, h, p).block_until_ready()
    least = min(least, time.perf_counter() - begun)
print(json.dumps({'Version': jax.__version__, 'Device': jax.devices()[0].device_kind, 'Seconds': least, 'W': w.ravel().tolist()}))
