"""One BLAS thread for each test process, where several share the machine.

Threads of several processes that wait for each other cost ten times what they save.
"""

import os
import sys

if "PYTEST_XDIST_WORKER" in os.environ:
    assert "numpy" not in sys.modules, "too late: BLAS has its threads already"
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
