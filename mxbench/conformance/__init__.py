"""The conformance suite: what an algorithm has to pass, whoever wrote it. `mxbench.testing` is its public face.

suite: the checks, in order. outcomes: what came of them. schedules: every schedule of few nodes, random ones of more,
and those that were wrong before. costs: what an entry costs beside what is claimed. watching: the handlers, watched in
processes of their own by `watched`, which drives them, `handlers`, which runs each one twice, `reach`, which sees what
they call and open, and `trail`, which tells line by line what they do.
"""
