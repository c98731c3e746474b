"""What the programs of the other side share: peer.Start puts this folder on their path."""

import json
import struct

import numpy as np


def say(answer):
    """Answer a command: a line of JSON."""
    print(json.dumps(answer), flush=True)


def weights(path):
    """The float32 tensors of a safetensors file, by name."""
    with open(path, 'rb') as file:
        header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        body = file.read()
    tensors = {}
    for name, about in header.items():
        if name != '__metadata__' and about['dtype'] == 'F32':
            begin, end = about['data_offsets']
            tensors[name] = np.frombuffer(body[begin:end], '<f4').reshape(about['shape'])
    return tensors
