"""The happened-before order of a run, rebuilt from its history: who had heard of how many events of whom.

Only the algorithm's messages make order; those of the workload would add an order that the algorithm did not
establish. It takes a history of level 'full'.
"""

from collections import defaultdict

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
    # Of channels and senders there is one each only where a message went: of 10,000 nodes not all pairs have one.
    channels: dict[int, defaultdict[int, list[Vector]]] = {node: defaultdict(list) for node in split}
    found: dict[int, list[Vector]] = {node: [] for node in split}
    heard: dict[int, dict[int, Vector]] = {node: {} for node in split}  # the last from each sender
    for node, _, code in history.records():
        kind = code & 15
        if kind == DELIVERED:
            if code >> 4 & 255 < split[node]:
                sender, sequence = code >> 12 & EVERY_PEER, code >> 32
                channel = channels[sender].get(node, ()) if sender in channels else ()
                theirs, mine = channel[sequence] if sequence < len(channel) else nothing, now[node]
                if theirs is not mine and theirs is not heard[node].get(sender, nothing):
                    heard[node][sender] = theirs
                    merged = tuple(map(max, mine, theirs))
                    now[node] = theirs if merged == theirs else mine if merged == mine else merged
        elif kind == SENT:
            peer, mine = code >> 12 & EVERY_PEER, now[node]
            outgoing = channels[node]
            for to in range(history.plan.nodes) if peer == EVERY_PEER else (peer,):
                outgoing[to].append(mine)  # to itself too, where nobody looks
        if kind == at:
            found[node].append(now[node])
        if kind == counted:
            mine = now[node]
            now[node] = (*mine[:node], mine[node] + 1, *mine[node + 1 :])
    return found
