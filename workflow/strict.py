"""Run in a kernel before the first cell of `make drift`: what is deprecated is an error.

A warning has the name of the module that is told of it: a notebook (`__main__`) or room that uses
something old, or one of the libraries we teach that does so itself. Others' uses we cannot mend.
PYTHONWARNINGS cannot say this: it knows no prefix of a module's name.
"""

import warnings

OURS = r"(__main__|shared|transformers|datasets|torch|seaborn|pandas)(\.|$)"

for category in (DeprecationWarning, FutureWarning):
    warnings.filterwarnings("error", category=category, module=OURS)
