/* The floor of the checker: Lamport's algorithm on three nodes, one request each, for SPIN.
 *
 * It is the system that `mxbench check lamport --requests 1 --no-forget` searches, step for step: a request, a delivery
 * and a release are a step each, and a node enters within the step that lets it. So both must find the same number of
 * states. What is asked is the same too: never two inside, and no state without a step in which a node waits.
 *
 *     spin -a lamport.pml && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan
 */
#define N 3
#define REQUEST 1
#define REPLY 2
#define RELEASE 3
#define TO(peer) channel[me * N + peer]
#define FROM(peer) channel[peer * N + me]
#define PEER(shift) ((me + shift) % N)

chan channel[N * N] = [3] of { byte, byte }; /* from * N + to; a node sends each other one of each kind */
byte inside;
hidden byte kind, stamp, peer, step, first; /* of the step that is being taken: no part of a state */

inline broadcast(what) {
    TO(PEER(1))!what, clock;
    TO(PEER(2))!what, clock
}

inline enter_if_first() {
    first = 1;
    step = 1;
    do
    :: step < N ->
        peer = PEER(step);
        if
        :: queue[peer] && (queue[peer] < queue[me] || (queue[peer] == queue[me] && peer < me)) -> first = 0
        :: else
        fi;
        if
        :: heard[peer] < queue[me] || (heard[peer] == queue[me] && peer < me) -> first = 0
        :: else
        fi;
        step++
    :: else -> break
    od;
    if
    :: first -> waits = 0; inside++; assert(inside == 1)
    :: else
    fi
}

inline receive(sender) {
    FROM(sender)?kind, stamp;
    if
    :: stamp > clock -> clock = stamp
    :: else
    fi;
    clock++;
    heard[sender] = stamp;
    if
    :: kind == REQUEST -> queue[sender] = stamp; TO(sender)!REPLY, clock
    :: kind == RELEASE -> queue[sender] = 0
    :: else
    fi;
    if
    :: waits -> enter_if_first()
    :: else
    fi
}

active [N] proctype node() {
    byte clock, queue[N], heard[N];
    bool waits;
    byte me = _pid;

    do
    :: d_step { !queue[me] -> clock++; queue[me] = clock; waits = 1; broadcast(REQUEST) }
    :: d_step { nempty(FROM(PEER(1))) -> receive(PEER(1)) }
    :: d_step { nempty(FROM(PEER(2))) -> receive(PEER(2)) }
    :: d_step { queue[me] && !waits -> clock++; queue[me] = 0; inside--; broadcast(RELEASE) } -> break
    od;
end: /* it may stay here for ever: it waits for nothing */
    do
    :: d_step { nempty(FROM(PEER(1))) -> receive(PEER(1)) }
    :: d_step { nempty(FROM(PEER(2))) -> receive(PEER(2)) }
    od
}
