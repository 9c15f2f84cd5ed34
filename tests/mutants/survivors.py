"""The mechanical mutants that nothing kills, and why that is no gap: each is equivalent, or harmless."""

SET_BEFORE_READ = "equivalent: the first value is never read; a request sets it before anything asks for it"
NEVER_EQUAL = "equivalent: the two are timestamps of different nodes and never equal"
NOT_A_PEER = "equivalent: a node is not among its own peers"
FIRST_CLOCK = "equivalent: it lets answers to a request with timestamp 0 in, and the first request has 1"
ONE_INQUIRY = (
    "equivalent where no message is repeated, as assumed: a node gives back a lock once, when it is asked for it, and "
    "before that the lock cannot change hands, as only that node could release it"
)

EXPLAINED: dict[str, str] = {
    "agrawal_el_abbadi.on_message: `message.clock == self.ours` -> `True` (2)": (
        "harmless: an inquiry about an earlier request, late on a reordering network, makes it give back a permission "
        "that nobody asked for; the permission comes back when its turn has come"
    ),
    "agrawal_el_abbadi.on_message: `self.granted == (message.clock, sender)` -> `True` (2)": ONE_INQUIRY,
    "agrawal_el_abbadi.state: 0 -> 1 in `ours: int = 0`": SET_BEFORE_READ,
    "agrawal_el_abbadi.state: False -> True in `inquiring: bool = False`": (
        "equivalent: the first permission given sets it to False, and nothing can be inquired about before"
    ),
    "agrawal_el_abbadi.state: False -> True in `waiting: bool = False`": FIRST_CLOCK,
    "carvalho_roucairol.on_message: `(self.ours, self.me) < (message.clock, sender)` -> "
    "`(self.ours, self.me) <= (message.clock, sender)`": NEVER_EQUAL,
    "carvalho_roucairol.on_start: `node > self.me` -> `node >= self.me`": NOT_A_PEER,
    "carvalho_roucairol.state: 0 -> 1 in `ours: int = 0`": SET_BEFORE_READ,
    "chandy_misra.on_start: `node < self.me` -> `False`": (
        "equivalent: a node asks for every fork that it lacks, and so gives these request tokens away, before it reads "
        "which are here for the first time, when it leaves"
    ),
    "chandy_misra.on_start: `node < self.me` -> `node <= self.me`": NOT_A_PEER,
    "chandy_misra.on_start: `node > self.me` -> `node >= self.me`": NOT_A_PEER,
    "chandy_misra.on_start: without `self.tokens = {node for node in self.peers if node < self.me}`": (
        "equivalent: the same as above, as the set is empty then"
    ),
    "lamport.enter_if_first: `(clock, node) < mine` -> `(clock, node) <= mine` (2)": NEVER_EQUAL,
    "lamport.forget: 0 -> 1 in `default=0`": (
        "harmless: it is what a search puts in the place of a clock that no later step reads; any number does"
    ),
    "lamport_suppressed.enter_if_first: `(clock, node) > mine` -> `(clock, node) >= mine`": NEVER_EQUAL,
    "lamport_suppressed.on_message: `(self.told[sender], self.me) < (message.clock, sender)` -> "
    "`(self.told[sender], self.me) <= (message.clock, sender)`": NEVER_EQUAL,
    "lodha_kshemkalyani.on_message: `self.waiting` -> `True` (2)": (
        "equivalent: each node answers a request once, before it is granted, and the next request starts from nobody"
    ),
    "lodha_kshemkalyani.state: 0 -> 1 in `(0, 0)`": SET_BEFORE_READ,
    "lodha_kshemkalyani.state: 0 -> 1 in `(0, 0)` (2)": SET_BEFORE_READ,
    "maekawa.on_message: `self.lock == (message.clock, sender)` -> `True` (2)": ONE_INQUIRY,
    "maekawa.state: 0 -> 1 in `ours: int = 0`": SET_BEFORE_READ,
    "maekawa.state: False -> True in `waiting: bool = False`": FIRST_CLOCK,
    "neilsen_mizuno.on_request: without `assert self.last is not None, "
    "'a sink without the token has asked already'`": "equivalent: the assertion never fails",
    "neilsen_mizuno.state: False -> True in `holding: bool = False`": "equivalent: the start sets it at every node",
    "raymond.state: 0 -> 1 in `towards: int = 0`": "equivalent: the start sets it at every node",
    "raymond_k_entry.on_message: `(self.ours, self.me) < (message.clock, sender)` -> "
    "`(self.ours, self.me) <= (message.clock, sender)`": NEVER_EQUAL,
    "raymond_k_entry.state: 0 -> 1 in `ours: int = 0`": SET_BEFORE_READ,
    "ricart_agrawala.on_message: `(self.ours, self.me) < (message.clock, sender)` -> "
    "`(self.ours, self.me) <= (message.clock, sender)`": NEVER_EQUAL,
    "ricart_agrawala.state: 0 -> 1 in `ours: int = 0`": SET_BEFORE_READ,
}
