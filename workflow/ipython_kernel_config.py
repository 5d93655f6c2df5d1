"""The settings of every kernel of this environment: the Makefile copies this to etc/ipython."""

import sys

c = get_config()  # noqa: F821 (IPython provides it)

# Kernels listen on loopback only, and sign their messages: no warning about that at each start.
c.IPKernelApp.log_level = 40

# The folder of the notebook comes last in the search for modules, where IPython would put it before
# the installed packages: a learner's own module is found, and a folder that happens to be called
# `shared` or `datasets` hides nothing.
sys.path.append("")
