"""The lane of a simulation, compiled where mxbench was installed with a compiler at hand, else in Python.

They behave alike, and one test body runs on both.
"""

from typing import TYPE_CHECKING

from mxbench.compiled import compiled
from mxbench.sim import sending

if TYPE_CHECKING:
    from mxbench.sim.sending import Lane as Lane
    from mxbench.sim.sending import Spot as Spot

    Column = list

    COMPILED = False
else:
    _lane = compiled("mxbench.sim._lane")
    COMPILED = _lane is not None
    Lane = _lane.Lane if COMPILED else sending.Lane
    Spot = _lane.Spot if COMPILED else sending.Spot
    Column = _lane.Column if COMPILED else list  # of a history's records
