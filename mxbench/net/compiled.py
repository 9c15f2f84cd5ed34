"""Link and Pump, compiled where mxbench was installed with a compiler at hand, else in Python.

They behave alike, and one test body runs on both. MXBENCH_PURE=1 in the environment takes those in Python.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from mxbench.net import link, pump

PURE = "MXBENCH_PURE"


def _compiled() -> Any:
    if os.environ.get(PURE):
        return None
    try:
        return importlib.import_module("mxbench.net._pump")
    except ImportError:
        return None


if TYPE_CHECKING:
    from mxbench.net.link import Link as Link
    from mxbench.net.pump import Pump as Pump

    COMPILED = False
else:
    _pump = _compiled()
    COMPILED = _pump is not None
    Link = _pump.Link if COMPILED else link.Link
    Pump = _pump.Pump if COMPILED else pump.Pump
