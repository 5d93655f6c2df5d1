"""Run in a kernel before the first cell of `make drift`: deprecation warnings become errors.

A warning names the module that uses something deprecated: a notebook (`__main__`), a module of ours
or one of the libraries that we teach. What other packages use we cannot fix. PYTHONWARNINGS does
not accept prefixes of module names.
"""

import warnings

OURS = r"(__main__|shared|transformers|datasets|torch|seaborn|pandas)(\.|$)"

for category in (DeprecationWarning, FutureWarning):
    warnings.filterwarnings("error", category=category, module=OURS)
