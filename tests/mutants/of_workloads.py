"""Mutants of workloads: the algorithm is right, but the guarded resource is used wrongly; only its own oracle sees."""

from planted import Mutant

COUNTER = (
    Mutant(
        "counter-leaves-before-the-answer",
        "workloads/counter",
        "It leaves as soon as its write is on its way, so the next one may read the old value.",
        "algorithms.md 5.3; the workload's own docstring",
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
        "design.md: 'a counter that is never shared'",
        changes=(
            ("        out.send(self.parameters.guard, Read())",
             "        if self.read is None:\n            out.send(self.parameters.guard, Read())\n        else:\n"
             "            self.read = Value(self.read.value + 1, self.read.version + 1)\n            self.write(out)"),
        ),
        caught_by=("register",),
    ),
)  # fmt: skip

BANK = (
    Mutant(
        "bank-does-not-wait-for-the-last-block",
        "workloads/bank",
        "It builds on the tip that it holds, though a later block is known to be on its way.",
        "algorithms.md 5.2: the stale-chain fork",
        changes=(("return self.version < entry.version and not self.forked", "return False"),),
        setting={"algorithm": "suzuki-kasami"},
        caught_by=("ledger",),
    ),
    Mutant(
        "bank-overdraws",
        "workloads/bank",
        "It pays what is not there instead of aborting the transfer.",
        "algorithms.md 5.1 (5): no balance below zero at any height",
        changes=(("if amount > reading.balance:", "if False:"),),
        caught_by=("ledger",),
    ),
)  # fmt: skip

MUTANTS = (*COUNTER, *BANK)
