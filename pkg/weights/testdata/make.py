"""Makes the files of this folder, which the tests read, with the libraries of others.

    pip install numpy==2.4.6 safetensors==0.8.0 ml_dtypes==0.6.0
    python make.py
"""

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

counts = np.arange(24, dtype=np.float64).reshape(2, 3, 4) / 8 - 1
save_file(
    {
        "f64": counts,
        "f32": counts.astype(np.float32),
        "f16": np.array([0, 1, -2.5, 65504, 2**-24, np.inf, np.nan], np.float16),
        "bf16": np.array([1, -2.5, 3.0e38], ml_dtypes.bfloat16),
        "i64": np.array([[-(2**53), 2**53]], np.int64),
        "i32": np.array([-(2**31), 2**31 - 1], np.int32),
        "u8": np.array([0, 255], np.uint8),
        "bool": np.array([True, False, True]),
        "scalar": np.array(0.5, np.float32),
        "empty": np.zeros((0, 3), np.float32),
        "blocks.0.ébène": np.array([1], np.float64),
    },
    "types.safetensors",
    metadata={"format": "np", "note": "made by make.py"},
)

arrays = {
    "rows": counts,
    "columns": np.asfortranarray(counts),
    "f32": counts.astype(np.float32),
    "f16": np.array([1, -2.5], np.float16),
    "i64": np.array([-3, 4]),
    "i32": np.array([5], np.int32),
    "u8": np.array([6], np.uint8),
    "bool": np.array([True, False]),
    "scalar": np.array(0.5),
}
np.savez("types.npz", **arrays)
np.savez_compressed("packed.npz", rows=np.tile(counts, (8, 1, 1)))
np.savez("text.npz", words=np.array(["a", "b"]))
