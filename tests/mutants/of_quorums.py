"""Mutants of the algorithms on quorums. Five nodes are three requesters that meet at two pure arbiters."""

from planted import Mutant

FIVE = {"requests": "1,1,1,0,0", "quorums": "[[0,3,4],[1,3,4],[2,3,4],[3,4],[3,4]]"}
RING = {"requests": 1, "quorums": "[[0,1],[1,2],[0,2]]"}

MAEKAWA = (
    Mutant(
        "maekawa-without-extra-failed",
        "maekawa",
        "A request that a better one overtakes in an arbiter's queue is not told, so its node keeps its other locks.",
        "Sanders 1987: Maekawa as printed (Sanders 1987)",
        broken="maekawa_without_extra_failed",
        question=FIVE,
        setting={"nodes": 7, "algorithm": {"name": "maekawa-without-extra-failed", "quorums": "majority"}},
        violates="no deadlock",
        steps=16,
        caught_by=("progress",),
    ),
    Mutant(
        "maekawa-never-inquires",
        "maekawa",
        "A locked arbiter queues a better request without asking whether its lock can be had back.",
        "Sanders 1987: no INQUIRE; three nodes in a ring wait for each other",
        changes=(("            self.send(Inquire, self.lock, out)\n", ""),),
        question=RING,
        violates="no deadlock",
        steps=7,
        caught_by=("progress",),
    ),
    Mutant(
        "maekawa-relinquishes-while-inside",
        "maekawa",
        "A node inside answers an inquiry as if it still waited, and gives its lock away.",
        "Maekawa 1985: ignore an inquiry while inside",
        changes=(
            ("if self.waiting and message.clock == self.ours:", "if message.clock == self.ours:"),
            ("            self.waiting = False\n            out.enter()\n        elif self.failed:",
             "            if self.waiting:\n                out.enter()\n            self.waiting = False\n"
             "        if self.failed or isinstance(answer, Inquire):"),
        ),
        question=FIVE,
        violates="mutual exclusion",
        steps=14,
        caught_by=("fencing", "overlap", "ledger", "progress"),
    ),
    Mutant(
        "maekawa-forgets-the-relinquished",
        "maekawa",
        "An arbiter does not put the request back whose lock was relinquished.",
        "Maekawa 1985: on RELINQUISH re-queue the old lock",
        changes=(("                insort(self.queue, self.lock)\n", ""),),
        question=RING,
        violates="no deadlock",
        steps=14,
        caught_by=("progress",),
    ),
    Mutant(
        "maekawa-asks-one-of-its-quorum",
        "maekawa",
        "It asks one member of its quorum, so that two quorums need not meet.",
        "Maekawa 1985: safety needs only intersection, but that it needs",
        changes=(("        for arbiter in self.quorum:\n            out.send(arbiter, Request(self.ours))",
                  "        for arbiter in self.quorum[-1:]:\n            out.send(arbiter, Request(self.ours))"),
                 ("if len(self.locked) == len(self.quorum):", "if len(self.locked) == len(self.quorum[-1:]):")),
        question=RING,
        setting={"algorithm": {"name": "maekawa-asks-one-of-its-quorum", "quorums": "majority"}},
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger", "claim"),
    ),
    Mutant(
        "maekawa-grants-to-two",
        "maekawa",
        "An arbiter unlocks for any release, also that of a request which it is not locked for.",
        "Maekawa 1985: from the current lock holder for the current lock (else ignore)",
        changes=(("case Release() if self.lock == (message.clock, sender):", "case Release():"),
                 ("            self.send(Failed, request, out)\n        elif self.inquiring:",
                  "            self.lock_for(request, out)\n            return\n        elif self.inquiring:")),
        question=RING,
        violates="mutual exclusion",
        steps=6,
        caught_by=("fencing", "overlap", "register", "ledger"),
    ),
)  # fmt: skip

AGRAWAL_EL_ABBADI = (
    Mutant(
        "agrawal-el-abbadi-never-inquires",
        "agrawal_el_abbadi",
        "A node whose permission is given away queues a better request without asking for it back.",
        "Agrawal and El Abbadi 1991: the same deadlock machinery needed",
        changes=(("out.send(node, Inquire(clock))\n            self.inquiring = True", "pass"),),
        question=RING,
        violates="no deadlock",
        steps=6,
        caught_by=("progress",),
    ),
    Mutant(
        "agrawal-el-abbadi-loses-the-inquiry",
        "agrawal_el_abbadi",
        "It ignores an inquiry that comes before the permission that it is about.",
        "Sanders 1987: non-FIFO, INQUIRE overtaking GRANT; dropping it is a deadlock",
        changes=(("                self.inquired.add(sender)\n",
                  "                if sender in self.replied:\n                    self.inquired.add(sender)\n"),),
        question={**FIVE, "network": "reordering"},
        setting={"nodes": 7, "network": {"fifo": False}},
        violates="no deadlock",
        steps=12,
        caught_by=("progress",),
    ),
    Mutant(
        "agrawal-el-abbadi-keeps-what-it-yields",
        "agrawal_el_abbadi",
        "It yields a permission and goes on counting it.",
        "Sanders 1987: relinquishing and then accepting",
        changes=(("            self.replied.remove(node)\n", ""),),
        question=RING,
        violates="mutual exclusion",
        steps=6,
        caught_by=("fencing", "overlap", "ledger", "progress"),
    ),
)  # fmt: skip

MUTANTS = (*MAEKAWA, *AGRAWAL_EL_ABBADI)
