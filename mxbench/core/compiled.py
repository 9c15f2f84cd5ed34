"""Recording, Envelope and told, compiled where mxbench was installed with a compiler at hand, else in Python.

They behave alike, and one test body runs on both.
"""

from typing import TYPE_CHECKING

from mxbench.compiled import compiled
from mxbench.core import envelope
from mxbench.core import told as told_module

if TYPE_CHECKING:
    from mxbench.core.envelope import Envelope as Envelope
    from mxbench.core.envelope import Recording as Recording
    from mxbench.core.told import told as told

    COMPILED = False
else:
    _envelope = compiled("mxbench.core._envelope")
    COMPILED = _envelope is not None
    Envelope = _envelope.Envelope if COMPILED else envelope.Envelope
    Recording = _envelope.Recording if COMPILED else envelope.Recording
    told = _envelope.told if COMPILED else told_module.told
