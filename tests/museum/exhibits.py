"""The table of exhibits: each one's source, the question that finds it, what is found, and the repair that ends it.

An exhibit is a plugin file: of this folder, or of tests/broken where it is of use elsewhere, too. Its docstring tells
its story. The question is minimal: with one request less, with one node less where there are no quorums, or on channels
that keep their order, nothing is found. The repair is a change of the faulty lines alone, after which the same question
finds nothing.
"""

from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MUSEUM, BROKEN = ROOT / "tests" / "museum", ROOT / "tests" / "broken"
MUTEX, DEADLOCK = "mutual exclusion", "no deadlock"
OF_THE_SOURCE = ((0, 1, 2), (1, 2, 3), (2, 3, 4), (0, 3, 4), (0, 1, 4))  # five nodes, each with the two after it
TWO_ARBITERS = ((3, 4),) * 5


class Exhibit(NamedTuple):
    """One fault.

    file: its plugin. original: the algorithm that it is one of. source: where it comes from, in short. fault: in a
    sentence. requests, network, quorums: the question. violates, steps: what is found. repair: (old text, new text) of
    the file; none where the original itself is the repair. all_ask: whether each node has to ask once for the plugin to
    be as its source.
    """

    name: str
    file: Path
    original: str
    source: str
    fault: str
    requests: tuple[int, ...]
    violates: str
    steps: int
    network: str = "fifo"
    quorums: tuple[tuple[int, ...], ...] | None = None
    repair: tuple[tuple[str, str], ...] = ()
    all_ask: bool = False

    @property
    def question(self) -> dict[str, Any]:
        """What `mxbench.check` is asked."""
        return {"requests": self.requests, "network": self.network, "quorums": self.quorums}

    @property
    def command(self) -> str:
        """The same as a command, to be run in the project's folder."""
        words = [f"mxbench check {self.file.relative_to(ROOT)} --requests {','.join(map(str, self.requests))}"]
        words += [f"--network {self.network}"] if self.network != "fifo" else []
        if self.quorums is not None:
            words.append(f"--set quorums={str([list(quorum) for quorum in self.quorums]).replace(' ', '')}")
        return " ".join(words)

    def repaired(self) -> str:
        """Return the text of the file with its repair; raise ValueError if an old text does not stand there once."""
        text = self.file.read_text(encoding="utf-8")
        for old, new in self.repair:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: this stands {text.count(old)} times in {self.file}, not once:\n{old}")
            text = text.replace(old, new)
        return text


EXHIBITS = (
    Exhibit(
        "lamport-ties-by-clock-alone",
        MUSEUM / "lamport_ties_by_clock_alone.py", "lamport",
        "qqzeng/distributed-mutual-exclusion",
        "The queue is ordered by the timestamps alone; of two equal ones each node has its own first.",
        (1, 1), MUTEX, 6,
        repair=(("self.heap.sort(key=lambda each: each[0])", "self.heap.sort()"),),
    ),
    Exhibit(
        "lamport-thread-a-message",
        MUSEUM / "lamport_thread_a_message.py", "lamport",
        "manojgadamsetty/distributed-computing-assignments",
        "Each message has a thread and a connection of its own, so an answer overtakes the request before it.",
        (1, 1), MUTEX, 6, network="reordering",
    ),
    Exhibit(
        "lamport-asks-who-is-inside",
        MUSEUM / "lamport_asks_who_is_inside.py", "lamport",
        "aditya6700/lamport_rpc",
        "Whoever is outside agrees; the timestamps are sent and never compared.",
        (1, 1), MUTEX, 6,
        repair=(
            ("Answer(not self.inside)",
             "Answer(not self.inside and (not self.missing or theirs < (self.ours, self.me)))"),
            ("                self.clock = max(self.clock, message.clock) + 1\n",
             "                theirs = (message.clock, sender)\n"
             "                self.clock = max(self.clock, message.clock)\n"),
        ),
    ),
    Exhibit(
        "ricart-agrawala-clock-of-now",
        MUSEUM / "ricart_agrawala_clock_of_now.py", "ricart-agrawala",
        "AlbertRossJoh/Distributed-Mutual-Exclusion",
        "A request is compared with the clock of this moment, and of equal ones neither is the less.",
        (1, 1), MUTEX, 6,
        repair=(
            ("    clock: int = 0\n", "    clock: int = 0\n    ours: int = 0\n"),
            ("        for node in self.peers:\n            self.clock += 1\n", "        self.clock += 1\n"
             "        self.ours = self.clock\n        for node in self.peers:\n"),
            ("self.wanted and self.clock < message.clock",
             "self.wanted and (self.ours, self.me) < (message.clock, sender)"),
        ),
    ),
    Exhibit(
        "ricart-agrawala-half-the-queue",
        MUSEUM / "ricart_agrawala_half_the_queue.py", "ricart-agrawala",
        "AlbertRossJoh/Distributed-Mutual-Exclusion",
        "On leaving it counts up to the length of a queue that shrinks with each answer.",
        (1, 1, 1), DEADLOCK, 14,
        repair=(("while index < len(self.deferred):", "while self.deferred:"),),
    ),
    Exhibit(
        "ricart-agrawala-empties-first",
        MUSEUM / "ricart_agrawala_empties_first.py", "ricart-agrawala",
        "every-algorithm/python",
        "The set of those put off is cleared before they are answered.",
        (1, 1), DEADLOCK, 6,
        repair=(("        self.deferred.clear()  # The fault: one line too early.\n", ""),),
    ),
    Exhibit(
        "ricart-agrawala-time-of-day",
        MUSEUM / "ricart_agrawala_time_of_day.py", "ricart-agrawala",
        "vineetdhanawat/ricart-agrawala",
        "Timestamps are the time of day of each machine, so who has answered may still ask with an earlier one.",
        (1, 1, 0), MUTEX, 10,
        repair=(
            ("    ours: int = 0\n", "    ours: int = 0\n    highest: int = 0\n"),
            ("self.ours = out.choose((1, 2))", "self.ours = self.highest = self.highest + out.choose((1, 2))"),
            ("            case Request():\n", "            case Request():\n"
             "                self.highest = max(self.highest, message.milliseconds)\n"),
        ),
    ),
    Exhibit(
        "ricart-agrawala-stops-listening",
        MUSEUM / "ricart_agrawala_stops_listening.py", "ricart-agrawala",
        "yi-yangg/Distributed-Mutual-Exclusion",
        "Requests are read only while one waits oneself; what comes later is never read.",
        (1, 1), DEADLOCK, 6, network="reordering", all_ask=True,
        repair=(
            ("    waiting: bool = False\n", "    waiting: bool = False\n    left: bool = False\n"),
            ("            case Request():\n", "            case Request() if self.left:\n"
             "                out.send(sender, Reply())\n            case Request():\n"),
            ("        for node in sorted(self.deferred):\n", "        self.left = True\n"
             "        for node in sorted(self.deferred | {node for _, node in self.unread}):\n"),
        ),
    ),
    Exhibit(
        "ricart-agrawala-others-answer",
        MUSEUM / "ricart_agrawala_others_answer.py", "ricart-agrawala",
        "aryaekar/ricart-agrawala",
        "A node that leaves has the others answer whom they have put off, and answers nobody itself.",
        (1, 1), DEADLOCK, 7,
        repair=(
            ("        out.broadcast(Release())\n", "        for node in sorted(self.deferred):\n"
             "            out.send(node, Reply())\n"),
        ),
    ),
    Exhibit(
        "ricart-agrawala-bounded",
        MUSEUM / "ricart_agrawala_bounded.py", "ricart-agrawala",
        "Ricart and Agrawala, Communications of the ACM 24(1), 1981, as modelled in mCRL2org/mCRL2",
        "Numbers modulo 2n - 1 are compared by their distance, and one's own requests do not count as seen.",
        (2, 1), MUTEX, 10,
        repair=(("self.chosen = (self", "self.chosen = self.highest = (self"),),
    ),
    Exhibit(
        "carvalho-roucairol-keeps-what-it-gave",
        MUSEUM / "carvalho_roucairol_keeps_what_it_gave.py", "carvalho-roucairol",
        "DanielGunna/Roucariol-Distributed-Mutual-Exclusion",
        "An idle node that gives its permission still counts it as its own.",
        (2, 1), MUTEX, 8,
        repair=(
            ("                self.messages.append(sender)\n", ""),
            ("                if not self.busy and not first:\n", "                if self.busy or first:\n"
             "                    self.messages.append(sender)\n                else:\n"
             "                    self.table[sender] = False\n"),
        ),
    ),
    Exhibit(
        "carvalho-roucairol-inside-from-the-start",
        MUSEUM / "carvalho_roucairol_inside_from_the_start.py", "carvalho-roucairol",
        "Leo-Malay/Roucairol-and-Carvalhos-Mutual-Exclusion-Algorithm-for-Distributed-Systems",
        "A node that waits says that it is inside, so the timestamps are never compared and nobody gives way.",
        (1, 1, 1), DEADLOCK, 8,
        repair=(("        self.under_cs = True  # The fault: it waits, and says that it is inside.\n", ""),),
    ),
    Exhibit(
        "lodha-kshemkalyani-as-printed",
        BROKEN / "lodha_kshemkalyani_as_printed.py", "lodha-kshemkalyani",
        "Lodha and Kshemkalyani, IEEE Transactions on Parallel and Distributed Systems 11(6), 2000",
        "A slow request of a node that was served long ago goes to the head of a queue, and stays there.",
        (1, 1, 1), DEADLOCK, 13,
    ),
    Exhibit(
        "suzuki-kasami-gives-what-it-uses",
        MUSEUM / "suzuki_kasami_gives_what_it_uses.py", "suzuki-kasami",
        "DistAlgo/distalgo",
        "The token goes to whoever asks, without asking whether its holder is inside.",
        (1, 1), MUTEX, 4,
        repair=(
            ("    waiting: bool = False\n", "    waiting: bool = False\n    inside: bool = False\n"),
            ("        if self.have_token():\n            out.enter()\n", "        if self.have_token():\n"
             "            self.inside = True\n            out.enter()\n"),
            ("                    self.waiting = False\n",
             "                    self.waiting, self.inside = False, True\n"),
            ("if self.have_token() and self.is_open", "if self.have_token() and not self.inside and self.is_open"),
            ("        self.served[self.me] = self.requested[self.me]\n", "        self.inside = False\n"
             "        self.served[self.me] = self.requested[self.me]\n"),
        ),
    ),
    Exhibit(
        "singhal-as-printed",
        BROKEN / "singhal_as_printed.py", "singhal",
        "Singhal, IEEE Transactions on Computers 38(5), 1989",
        "A request that is out of date is dropped, and neither of two nodes would ask the other again.",
        (1, 1, 2), DEADLOCK, 15,
    ),
    Exhibit(
        "naimi-trehel-drops-the-second",
        MUSEUM / "naimi_trehel_drops_the_second.py", "naimi-trehel",
        "saraleh/NaimiTrehel",
        "A node that wants to enter keeps one request for later and drops the next.",
        (1, 1, 1), DEADLOCK, 8,
        repair=(
            ("        if self.wants:\n", "        if self.father is not None:\n"
             "            out.send(self.father, request)\n        elif self.wants:\n"),
        ),
    ),
    Exhibit(
        "maekawa-first-come",
        MUSEUM / "maekawa_first_come.py", "maekawa",
        "shanmukavardhan/Maekawa-s-Algorithm-Implementation-GO, and notes that stop there",
        "Arbiters grant whoever comes first and never ask for a grant back.",
        (1, 1, 0, 0, 0), DEADLOCK, 8, quorums=OF_THE_SOURCE,
    ),
    Exhibit(
        "maekawa-first-come-twice",
        MUSEUM / "maekawa_first_come.py", "maekawa",
        "shanmukavardhan/Maekawa-s-Algorithm-Implementation-GO",
        "An arbiter that grants the first of its queue does not note that it has granted somebody.",
        (2, 0, 1, 0, 0), MUTEX, 18, quorums=OF_THE_SOURCE,
        repair=(
            ("                if self.queue:\n", "                if self.queue:\n"
             "                    self.granted = True\n"),
        ),
    ),
    Exhibit(
        "maekawa-yields-to-the-wrong-node",
        MUSEUM / "maekawa_yields_to_the_wrong_node.py", "maekawa",
        "learner-pratik/Mutual-Exclusion-in-Distributed-Systems",
        "A lock is given back to the node that said it failed, not to the one that asked for it.",
        (1, 1, 0, 0, 0), DEADLOCK, 16, quorums=OF_THE_SOURCE,
        repair=(
            ("    inquired: bool = False\n", "    inquired: bool = False\n    inquirer: int = -1\n"),
            ("            case Inquire():\n", "            case Inquire():\n                self.inquirer = sender\n"),
            ("        self.inquired = True\n        if self.failed:\n", "        self.inquired = True\n"
             "        self.inquirer = self.me\n        if self.failed:\n"),
            ("                    self.give_back(sender, out)  # The fault: the sender is not who inquired.\n",
             "                    self.give_back(self.inquirer, out)\n"),
        ),
    ),
    Exhibit(
        "maekawa-of-wikipedia",
        MUSEUM / "maekawa_of_wikipedia.py", "maekawa",
        "https://en.wikipedia.org/wiki/Maekawa%27s_algorithm",
        "A request is told that it failed only if it comes after the one that has the lock.",
        (1, 1, 1, 0, 0), DEADLOCK, 17, quorums=TWO_ARBITERS,
    ),
    Exhibit(
        "maekawa-without-extra-failed",
        BROKEN / "maekawa_without_extra_failed.py", "maekawa",
        "Maekawa, ACM Transactions on Computer Systems 3(2), 1985; described in Sanders, 5(3), 1987",
        "A request that is overtaken in an arbiter's queue is not told of it.",
        (1, 1, 1, 0, 0), DEADLOCK, 16, quorums=TWO_ARBITERS,
    ),
)  # fmt: skip
