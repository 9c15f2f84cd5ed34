"""Real plugins in virtual time: one seed, one run, the same on every machine and in every process.

A run is a heap of events, (time in ns, serial, ...), taken in order; world.py takes them, place.py is what one node
sees of it, sending.py the short way of a message, links.py says when one arrives, faults.py what goes wrong. Nothing
here reads a clock but engine.py, which measures how long the run took.

The same places also stand in a `Schedule`, where not time but somebody outside says which step comes next: a scenario
(replay.py), a random strategy (explore.py, strategies.py; shrink.py makes what it finds small, search.py the answer),
or a person (`mxbench step`). tracer.py tells what each step did.

What a simulated run does not have: a wire (`wire_bytes` is 0, which a row shows as null), processor time and memory of
a node, and the cost of a handler: a step takes no time. So its times are those of the network and the workload alone.
"""
