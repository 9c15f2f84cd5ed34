"""Mutants of the other algorithms that ask for permissions, all but those with quorums."""

from planted import Mutant

CARVALHO_ROUCAIROL = (
    Mutant(
        "carvalho-roucairol-keeps-what-it-gives",
        "carvalho_roucairol",
        "It keeps the permission that it has just handed over.",
        "Carvalho and Roucairol 1983, breaks: keep the permission after replying",
        changes=(("        self.held.discard(node)\n", ""),),
        question={"nodes": 2},
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger", "claim"),
    ),
    Mutant(
        "carvalho-roucairol-does-not-ask-back",
        "carvalho_roucairol",
        "It waits, hands a permission over to an earlier request, and does not ask for it back.",
        "Carvalho and Roucairol 1983, breaks: no request after yielding; random tests miss it easily",
        changes=(("        if self.waiting:\n            out.send(node, Request(self.ours))\n", ""),),
        question={"requests": 1},
        violates="no deadlock",
        steps=13,
        caught_by=("progress",),
    ),
    Mutant(
        "carvalho-roucairol-everybody-holds-all",
        "carvalho_roucairol",
        "At the start each node believes that it holds every permission.",
        "Carvalho and Roucairol 1983, breaks: both ends of a pair hold it",
        changes=(("{node for node in self.peers if node > self.me}", "set(self.peers)"),),
        question={"requests": 1},
        setting={"workload": {"dwell": "10us"}},
        violates="mutual exclusion",
        steps=2,
        caught_by=("fencing", "overlap", "register", "ledger", "claim"),
    ),
    Mutant(
        "carvalho-roucairol-gives-while-inside",
        "carvalho_roucairol",
        "It hands a permission over while it is inside.",
        "Carvalho and Roucairol 1983: defer if in the critical section",
        changes=(("if self.inside or first:", "if first:"),),
        question={"nodes": 2},
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger"),
    ),
)

CHANDY_MISRA = (
    Mutant(
        "chandy-misra-forks-in-a-circle",
        "chandy_misra",
        "The forks are laid out so that each node has its right neighbour's and lacks its left neighbour's.",
        "Chandy and Misra 1984: a cyclic initial orientation",
        changes=(
            ("{node for node in self.peers if node > self.me}", "{(self.me + 1) % self.n}"),
            ("{node for node in self.peers if node < self.me}", "{(self.me - 1) % self.n}"),
            ("self.dirty = set(self.forks)\n        self.tokens", "self.tokens"),
        ),
        question={"requests": 1},
        violates="no deadlock",
        steps=6,
        caught_by=("progress",),
    ),
    Mutant(
        "chandy-misra-gives-while-eating",
        "chandy_misra",
        "It hands over a dirty fork with which it eats.",
        "Chandy and Misra 1984: dirty and not eating",
        changes=(("if sender in self.dirty and not self.eating:", "if sender in self.dirty:"),),
        question={"nodes": 2},
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger"),
    ),
    Mutant(
        "chandy-misra-forgets-the-token",
        "chandy_misra",
        "It does not note that it was asked for a fork that it cannot give at once.",
        "Chandy and Misra 1984: the request token says that the other one waits",
        changes=(
            ("self.tokens.add(sender)\n                if sender in self.dirty and not self.eating:\n",
             "if sender in self.dirty and not self.eating:\n                    self.tokens.add(sender)\n"),
        ),
        question={"nodes": 2},
        violates="no deadlock",
        steps=6,
        caught_by=("progress",),
    ),
)  # fmt: skip

LODHA_KSHEMKALYANI = (
    Mutant(
        "lodha-kshemkalyani-as-printed",
        "lodha_kshemkalyani",
        "It queues a request that is known to be served already, which nobody will ever take from the queue.",
        "Lodha and Kshemkalyani 2000: the deadlock of the printed rules",
        changes=(("            if request > self.served:\n                self.queue.add(request)",
                  "            self.queue.add(request)"),),
        question={"requests": 1},
        setting={
            "workload": {"entries_per_node": 1},
            "network": {"delay": "1ms", "links": [{"from": 0, "to": 2, "delay": "15ms"}]},
        },
        violates="no deadlock",
        steps=13,
        caught_by=("progress",),
    ),
    Mutant(
        "lodha-kshemkalyani-takes-an-old-answer",
        "lodha_kshemkalyani",
        "An answer to an earlier request counts for the present one.",
        "Lodha and Kshemkalyani 2000: a stale FLUSH otherwise counts for the next request",
        changes=(("if self.waiting and message.to == self.ours[0]:", "if self.waiting:"),),
        question={},
        setting={"nodes": 4, "network": {"delay": {"exponential": "8ms"}}},
        violates="mutual exclusion",
        steps=18,
        caught_by=("fencing", "contract"),
    ),
    Mutant(
        "lodha-kshemkalyani-flushes-nobody",
        "lodha_kshemkalyani",
        "On leaving it replies to those it deferred, but does not tell the next one.",
        "Lodha and Kshemkalyani 2000: one FLUSH on exit to the next in order",
        changes=(("            out.send(node, Flush(clock, self.served))\n", "            pass\n"),),
        question={"requests": 1},
        violates="no deadlock",
        steps=10,
        caught_by=("progress",),
    ),
)  # fmt: skip

RAYMOND_K_ENTRY = (
    Mutant(
        "raymond-k-entry-lets-one-more-in",
        "raymond_k_entry",
        "It waits for one reply too few: n - k - 1 instead of n - k.",
        "Raymond 1989, k entries: it forgot that it is one of the n itself",
        changes=((">= self.n - self.k:", ">= self.n - self.k - 1:"),),
        question={"requests": 1, "k": 2},
        setting={
            "algorithm": {"name": "raymond-k-entry-lets-one-more-in", "k": 2},
            "workload": {"dwell": "10us"},
        },
        loads=("hold", "one at a time", "saturated"),
        violates="mutual exclusion",
        steps=3,
        caught_by=("width", "overlap", "claim"),
    ),
    Mutant(
        "raymond-k-entry-forgives-what-it-is-owed",
        "raymond_k_entry",
        "A reply to an earlier request counts for the present one.",
        "Raymond 1989, k entries: late replies must be debited to the old request",
        changes=(("            self.owed[node] += 1", "            self.owed[node] = 1"),),
        question={"requests": "1,2,1", "k": 2},
        setting={
            "algorithm": {"name": "raymond-k-entry-forgives-what-it-is-owed", "k": 2},
            "workload": {"dwell": {"exponential": "3ms"}},
        },
        loads=("hold", "one at a time", "saturated"),
        violates="mutual exclusion",
        steps=13,
        caught_by=("width", "overlap", "progress"),
    ),
)

MUTANTS = (*CARVALHO_ROUCAIROL, *CHANDY_MISRA, *LODHA_KSHEMKALYANI, *RAYMOND_K_ENTRY)
