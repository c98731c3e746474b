"""Makes golden.json: measures of random instances by scikit-learn and SciPy.

    pip install numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
    python make.py
"""

import json

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn import metrics

rng = np.random.default_rng(1)
classes, numbers = [], []
for k, n in [(2, 10), (2, 500), (3, 7), (5, 200), (10, 30)]:
    actual = rng.integers(0, k, n)
    predicted = np.where(rng.random(n) < 0.6, actual, rng.integers(0, k, n))
    case = {"classes": k, "actual": actual.tolist(), "predicted": predicted.tolist()}
    case["accuracy"] = metrics.accuracy_score(actual, predicted)
    case["balanced_error"] = 1 - metrics.balanced_accuracy_score(actual, predicted)
    case["mcc"] = metrics.matthews_corrcoef(actual, predicted)
    case["f1"] = metrics.f1_score(actual, predicted, labels=range(k), average=None, zero_division=np.nan).tolist()
    case["macro_f1"] = metrics.f1_score(actual, predicted, average="macro")
    case["micro_f1"] = metrics.f1_score(actual, predicted, labels=range(1, k), average="micro")
    classes.append(case)
for n in [3, 20, 200]:
    x = rng.integers(0, 8, n).astype(float)  # with ties
    y = x + 4 * rng.standard_normal(n)
    numbers.append({"x": x.tolist(), "y": y.tolist(), "pearson": float(pearsonr(x, y)[0]), "spearman": float(spearmanr(x, y)[0])})
with open("golden.json", "w") as f:
    json.dump({"classes": classes, "numbers": numbers}, f)
    f.write("\n")
