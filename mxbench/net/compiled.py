"""Link and Pump, compiled where mxbench was installed with a compiler at hand, else in Python.

They behave alike, and one test body runs on both.
"""

from typing import TYPE_CHECKING

from mxbench.compiled import compiled
from mxbench.net import link, pump

if TYPE_CHECKING:
    from mxbench.net.link import Link as Link
    from mxbench.net.pump import Pump as Pump

    COMPILED = False
else:
    _pump = compiled("mxbench.net._pump")
    COMPILED = _pump is not None
    Link = _pump.Link if COMPILED else link.Link
    Pump = _pump.Pump if COMPILED else pump.Pump
