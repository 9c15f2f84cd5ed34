"""Mutants of the token algorithms on a tree, Raymond's and Neilsen-Mizuno's, of Singhal's and of the coordinator."""

from planted import Mutant

RAYMOND = (
    Mutant(
        "raymond-gives-while-inside",
        "raymond",
        "It gives the token away while it uses it.",
        "Raymond 1989: HOLDER = self and not USING",
        changes=(("if self.towards == self.me and not self.using and self.queue:",
                  "if self.towards == self.me and self.queue:"),),
        question={"requests": 1},
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger"),
    ),
    Mutant(
        "raymond-does-not-ask-again",
        "raymond",
        "When it gives the token away it does not forget that it had asked, so it never asks for those who still wait.",
        "Raymond 1989: ASKED = false in ASSIGN",
        changes=(("            self.asked = False\n            if", "            if"),),
        question={"requests": 1},
        violates="no deadlock",
        steps=11,
        caught_by=("progress",),
    ),
    Mutant(
        "raymond-asks-before-it-gives",
        "raymond",
        "It asks for the token before it gives it away, so nobody asks for those left in its queue.",
        "Raymond 1989: ASSIGN then REQUEST matters",
        changes=(
            ("self.towards = self.me\n        self.assign_privilege(out)\n        self.make_request(out)",
             "self.towards = self.me\n        self.make_request(out)\n        self.assign_privilege(out)"),
            ("        self.using = False\n        self.assign_privilege(out)\n        self.make_request(out)",
             "        self.using = False\n        self.make_request(out)\n        self.assign_privilege(out)"),
        ),
        question={"requests": 1},
        violates="no deadlock",
        steps=8,
        caught_by=("progress",),
    ),
    Mutant(
        "raymond-serves-the-last-first",
        "raymond",
        "It takes the next one from the wrong end of its queue.",
        "Raymond 1989: a FIFO queue",
        changes=(("self.queue.pop(0)", "self.queue.pop()"),),
        question={"requests": 1},
        setting={"nodes": 5, "workload": {"entries_per_node": 20}},
        expect={"max_overtaking": "<= 4 * (n - 1)"},
        caught_by=("expect",),
    ),
)  # fmt: skip

NEILSEN_MIZUNO = (
    Mutant(
        "neilsen-mizuno-gives-while-inside",
        "neilsen_mizuno",
        "A sink that is inside sends the token away as if it only held it.",
        "Neilsen and Mizuno 1991: HOLDING means neither wanted nor used",
        changes=(("            self.holding = False\n            out.enter()", "            out.enter()"),),
        question={"requests": 1},
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger", "claim"),
    ),
    Mutant(
        "neilsen-mizuno-does-not-turn",
        "neilsen_mizuno",
        "A node that passes a request on goes on pointing to the old sink.",
        "Neilsen and Mizuno 1991: LAST is reversed at every hop",
        changes=(("                out.send(self.last, message)\n                self.last = sender",
                  "                out.send(self.last, message)"),),
        question={"requests": 1},
        violates="no deadlock",
        steps=12,
        caught_by=("progress",),
    ),
)  # fmt: skip

COORDINATOR = (
    Mutant(
        "coordinator-grants-always",
        "coordinator",
        "It grants to whoever asks, whether somebody is inside or not.",
        "a coordinator's rules: one grant at a time",
        changes=(("if self.queue and not self.granted:", "if self.queue:"),),
        question={"requests": 1},
        tcp=True,
        violates="mutual exclusion",
        steps=4,
        caught_by=("fencing", "overlap", "register", "ledger"),
    ),
    Mutant(
        "coordinator-forgets-who-waits",
        "coordinator",
        "A release does not lead to a grant for the next one.",
        "a coordinator's rules: GRANT on RELEASE",
        changes=(("                self.granted = False\n                self.grant_next(out)",
                  "                self.granted = False"),),
        question={"requests": 1},
        violates="no deadlock",
        steps=6,
        caught_by=("progress",),
    ),
    Mutant(
        "coordinator-serves-the-last-first",
        "coordinator",
        "It takes the next one from the wrong end of its queue.",
        "DistAlgo's collection: pop() from the wrong end",
        changes=(("self.queue.pop(0)", "self.queue.pop()"),),
        question={"requests": 1},
        setting={"nodes": 5, "workload": {"entries_per_node": 20}},
        expect={"max_overtaking": "<= 2 * (n - 1)"},
        caught_by=("expect",),
    ),
)  # fmt: skip

SINGHAL = (
    Mutant(
        "singhal-does-not-ask-back",
        "singhal",
        "A node that waits and is asked by one that it took for idle does not send its own request there.",
        "Singhal 1989: R and SV[j] not R: mark and send own REQUEST back",
        changes=(('if ours == "R" and theirs != "R":', 'if False:'),),
        question={"requests": 1},
        violates="no deadlock",
        steps=9,
        caught_by=("progress",),
    ),
    Mutant(
        "singhal-gives-while-inside",
        "singhal",
        "It hands the token over while it executes, as if it only held it.",
        "Singhal 1989: H hands the token over, E does not",
        changes=(('        elif ours == "H":', '        elif ours in ("H", "E"):'),),
        question={"requests": 1},
        violates="mutual exclusion",
        steps=4,
        caught_by=("contract",),
    ),
)  # fmt: skip

MUTANTS = (*RAYMOND, *NEILSEN_MIZUNO, *COORDINATOR, *SINGHAL)
