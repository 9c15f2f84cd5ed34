"""The happened-before order of a run, rebuilt from its history: who had heard of how many events of whom.

Only the algorithm's messages make order; those of the workload would add an order that the algorithm did not
establish. It takes a history of level 'full'.
"""

from mxbench.core.history import DELIVERED, EVERY_PEER, SENT, History

Vector = tuple[int, ...]


def known(history: History, counted: int, at: int) -> dict[int, list[Vector]]:
    """Return for each event of kind `at`, by node, how many events of kind `counted` of every node happened before it.

    Vectors are shared and never changed, so a message from a node that has learnt nothing since its last one to us
    costs one comparison.
    """
    size = max([history.plan.nodes, *(node.node + 1 for node in history.nodes)])
    split = {node.node: node.algorithm_types for node in history.nodes}
    nothing: Vector = (0,) * size
    now: dict[int, Vector] = dict.fromkeys(split, nothing)
    channels: dict[int, list[list[Vector]]] = {node: [[] for _ in range(size)] for node in split}
    found: dict[int, list[Vector]] = {node: [] for node in split}
    heard: dict[int, list[Vector]] = {node: [nothing] * size for node in split}  # the last from each sender
    for node, _, code in history.records():
        kind = code & 15
        if kind == DELIVERED:
            if code >> 4 & 255 < split[node]:
                sender, sequence = code >> 12 & EVERY_PEER, code >> 32
                channel = channels[sender][node] if sender in channels else ()
                theirs, mine = channel[sequence] if sequence < len(channel) else nothing, now[node]
                if theirs is not mine and theirs is not heard[node][sender]:
                    heard[node][sender] = theirs
                    merged = tuple(map(max, mine, theirs))
                    now[node] = theirs if merged == theirs else mine if merged == mine else merged
        elif kind == SENT:
            peer, mine = code >> 12 & EVERY_PEER, now[node]
            outgoing = channels[node]
            for channel in outgoing[: history.plan.nodes] if peer == EVERY_PEER else (outgoing[peer],):
                channel.append(mine)  # to itself too, where nobody looks
        if kind == at:
            found[node].append(now[node])
        if kind == counted:
            mine = now[node]
            now[node] = (*mine[:node], mine[node] + 1, *mine[node + 1 :])
    return found
