"""The records of a history, undecoded, and the order in which those of several nodes belong together.

In memory and in a file a record is two 64-bit integers, its time in ns and a code:

    bits 0-3   kind: one of the constants below
    bits 4-11  type of the message, an index into `types` (sent, delivered)
    bits 12-31 the other node (sent, delivered); 0xFFFFF for a message to every peer
    bits 32-62 sent: bytes of the encoded message, which stands in `payloads`, one after the other;
               delivered: sequence number of the message on its channel, from 0;
               others: index into `details`

A message is named by (sender, receiver, sequence number on that channel); the numbers of sent messages are not
stored, as they count up.
"""

import heapq
import sys
from array import array
from collections.abc import Iterator, Mapping

REQUESTED, ENTERED, RELEASED, SENT, DELIVERED, TIMER, VALUE, FAULT = range(8)
KINDS = ("requested", "entered", "released", "sent", "delivered", "timer", "value", "fault")
EVERY_PEER = 0xFFFFF
LOWEST = 0 if sys.byteorder == "little" else 7  # byte of a code in memory
MAX_TIME = 1 << 63
Column = array | memoryview  # of 64-bit integers


def in_causal_order(columns: Mapping[int, tuple[Column, Column]], n: int) -> Iterator[tuple[int, int, int]]:
    """Yield (node, time, code) of all nodes' records. columns: the times and the codes of each node, in its order.

    Nodes are merged by time. A delivery whose sending has not come yet (two clocks, or two events of one instant)
    holds its node back until it has. One whose sending is nowhere, because its sender's history is lost or cut off,
    comes when nothing else can. n: how many nodes a message to every peer concerns, its sender among them.
    """
    position = dict.fromkeys(columns, 0)
    to_all = dict.fromkeys(columns, 0)  # messages to every peer that have come so far, by sender
    to_one: dict[int, dict[int, int]] = {node: {} for node in columns}  # and those to one peer, by receiver
    held: dict[int, dict[int, int]] = {node: {} for node in columns}  # sender -> node held back -> sequence
    heap = [(times[0], node) for node, (times, _) in columns.items() if times]
    heapq.heapify(heap)
    let_through = -1
    while heap:
        _, node = heapq.heappop(heap)
        times, codes = columns[node]
        at, end = position[node], len(times)
        sent_to, waiting = to_one[node], held[node]
        until = heap[0][0] if heap else MAX_TIME
        while at < end:
            time, code = times[at], codes[at]
            if time >= until and heap[0] < (time, node):
                heapq.heappush(heap, (time, node))
                break
            kind = code & 15
            if kind == SENT:
                peer = code >> 12 & EVERY_PEER
                if peer == EVERY_PEER:
                    to_all[node] += 1
                else:
                    sent_to[peer] = sent_to.get(peer, 0) + 1
                for receiver in [*waiting] if waiting else ():
                    count = sent_to.get(receiver, 0) + (to_all[node] if receiver < n else 0)
                    if waiting[receiver] < count:
                        del waiting[receiver]
                        heapq.heappush(heap, (columns[receiver][0][position[receiver]], receiver))
                        until = heap[0][0]
            elif kind == DELIVERED:
                peer = code >> 12 & EVERY_PEER
                if peer in to_all and node != let_through:
                    count = to_one[peer].get(node, 0) + (to_all[peer] if node < n else 0)
                    if code >> 32 >= count:
                        held[peer][node] = code >> 32
                        break
                let_through = -1
            yield node, time, code
            at += 1
        position[node] = at
        if not heap:
            stuck = [(columns[q][0][position[q]], q, p) for p, waiting in held.items() for q in waiting]
            if stuck:
                time, let_through, peer = min(stuck)
                del held[peer][let_through]
                heap.append((time, let_through))
