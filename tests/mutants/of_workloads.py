"""Mutants of workloads: the algorithm is right, but the guarded resource is used wrongly; only its own oracle sees."""

from planted import Mutant

COUNTER = (
    Mutant(
        "counter-leaves-before-the-answer",
        "workloads/counter",
        "It leaves as soon as its write is on its way, so the next one may read the old value.",
        "a write that nobody waits for",
        changes=(
            ("Write(self.read.value + 1, self.read.version, self.entry.number))",
             "Write(self.read.value + 1, self.read.version, self.entry.number))\n        out.release()"),
            ("                self.entry = None\n                out.release()", "                pass"),
        ),
        caught_by=("register",),
    ),
    Mutant(
        "counter-reads-once",
        "workloads/counter",
        "It reads the register in its first section only, and then counts on from what it wrote itself.",
        "course repositories: a counter that is never shared",
        changes=(
            ("        out.send(self.parameters.guard, Read(entry.number))",
             "        if self.read is None:\n            out.send(self.parameters.guard, Read(entry.number))\n"
             "        else:\n"
             "            self.read = Value(self.read.value + 1, self.read.version + 1, entry.number)\n"
             "            self.write(out)"),
        ),
        caught_by=("register",),
    ),
)  # fmt: skip

BANK = (
    Mutant(
        "bank-does-not-wait-for-the-last-block",
        "workloads/bank",
        "It builds on the tip that it holds, though a later block is known to be on its way.",
        "the grant overtakes the block",
        changes=(("return self.version < entry.version and not self.forked", "return False"),),
        setting={"algorithm": "suzuki-kasami"},
        caught_by=("ledger",),
    ),
    Mutant(
        "bank-overdraws",
        "workloads/bank",
        "It pays what is not there instead of aborting the transfer.",
        "a check that was left out",
        changes=(("if amount > reading.balance:", "if False:"),),
        caught_by=("ledger",),
    ),
)  # fmt: skip

MUTANTS = (*COUNTER, *BANK)
