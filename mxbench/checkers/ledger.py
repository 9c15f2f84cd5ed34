"""The checker `ledger`: did every node end with the same chain of blocks, and is it the chain that ought to be there?

Judged from what the nodes recorded (mxbench/workloads/ledger_records.py says what that is), from what was requested and
entered, and from the transfers that the plan gave to each client. In this order, a later question only if the earlier
ones found nothing, as a broken chain has no balances:

1. Each chain is one: every block hashes to its hash, links to the one before, moves an amount that was there; each
   node's own table of balances says the same after every block, and sums up to what the bank opened with.
2. All nodes have the same chain, or a shorter one while blocks are still on their way; a node that crashed for good
   holds the beginning of it. Two blocks that compete for a place are a fork, and the first of them is named.
3. Each released transfer is on the chain once, as the client was told to make it and with the number and stamp of its
   entry, or was aborted for want of funds; a client's transfers keep their order; numbers rise, and so do stamps.
4. Each transfer that was aborted was decided at the greatest height known at its entry (one that was made on a lower
   height is a fork), and each query was answered from the chain.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from mxbench.checkers.evidence import gone
from mxbench.core.checker import Checker
from mxbench.core.history import History, Section
from mxbench.core.trace import nodes_text
from mxbench.core.verdict import Finding
from mxbench.hookspecs import hookimpl
from mxbench.workloads.ledger import Block, BrokenChain
from mxbench.workloads.ledger_records import Chain, NodeLedger
from mxbench.workloads.money import format_money

MAX_EVIDENCE = 12


class Ledger(Checker):
    """Finds forks, lost and altered blocks, and money that came from nowhere, in the ledger of the workload `bank`."""

    name = "ledger"

    def applies(self, history: History) -> bool:
        """Return True for the bank, and for a workload of any other name whose nodes recorded a ledger."""
        first = (node.details[0] for node in history.nodes if node.details)
        return history.plan.workload.name == "bank" or any(_is_opening(detail) for detail in first)

    def check(self, history: History) -> Finding:
        """Return what is wrong with the ledger, or what every node agrees on."""
        n = history.plan.nodes
        recorded = {node: NodeLedger(values) for node, values in history.values().items() if node < n}
        ledgers = {node: ledger for node, ledger in recorded.items() if ledger.opening is not None}
        if not ledgers:
            why = " (history: off)" if history.plan.history == "off" else ""
            return Finding(self.name, "not recorded", f"no node recorded a ledger{why}")
        chains, found = _chains(ledgers)
        lag = ""
        if not found:
            found, lag = _compare(chains, ledgers, history)
        if not found:
            found = [*_transfers(chains[0], ledgers, history), *_queries(chains[0], ledgers, history)]
        if found:
            more = len(found) - MAX_EVIDENCE
            evidence = [*found[:MAX_EVIDENCE], *([f"... and {more} more"] if more > 0 else [])]
            return Finding(self.name, "violated", found[0], tuple(evidence))
        missing = [node for node in range(n) if node not in ledgers]
        if missing:
            return self._undecided(f"what {nodes_text(missing)} recorded is missing; the others agree")
        if history.ending.reason != "quiet":
            return self._undecided(
                f"the run did not come to its end; the blocks so far ({len(chains[0].blocks)}) agree"
            )
        if lag:
            return self._undecided(lag)
        return self._valid(chains, ledgers, history)

    def _valid(self, chains: list[Chain], ledgers: dict[int, NodeLedger], history: History) -> Finding:
        if not history.entries:
            return self._undecided("nobody entered, so nothing was transferred")
        aborted = sum(len(ledger.aborted) for ledger in ledgers.values())
        answers = sum(len(ledger.answers) for ledger in ledgers.values())
        total = format_money(sum(chains[0].opening))
        text = f"{_holders(chains)}; {_count(aborted, 'transfer')} aborted, "
        text += f"{_count(answers, 'query')} answered; {total} in all at every height"
        return Finding(self.name, "valid", text)

    def _undecided(self, text: str) -> Finding:
        return Finding(self.name, "undecided", text)


def _chains(ledgers: dict[int, NodeLedger]) -> tuple[list[Chain], list[str]]:
    """Return the different chains, the longest first, and what is wrong inside them."""
    chains: list[Chain] = []
    faults: list[str] = []
    for node, ledger in ledgers.items():
        faults += [f"node {node} recorded what cannot be read: {text}" for text in ledger.unreadable]
        same = (c for c in chains if c.recorded == ledger.chain and c.opening == ledger.opening)
        held = next(same, None)
        if held is not None:  # compared as recorded, so a chain that many nodes hold is hashed only once
            held.nodes.append(node)
            continue
        try:
            chains.append(Chain(node, ledger))
        except BrokenChain as broken:
            faults.append(f"node {node}, block {broken.height}: {broken}")
    return sorted(chains, key=len, reverse=True), faults


def _compare(chains: list[Chain], ledgers: dict[int, NodeLedger], history: History) -> tuple[list[str], str]:
    """Return what tells the chains apart beyond repair, and the reason why they may still grow to be the same."""
    openings = {tuple(chain.opening): chain.nodes for chain in chains}
    if len(openings) > 1:
        told = "; ".join(f"{nodes_text(nodes)} with {sum(o)} cents in all" for o, nodes in openings.items())
        return [f"the nodes opened with different balances: {told}"], ""
    rejected = [(node, block, reason) for node, ledger in ledgers.items() for block, reason in ledger.rejected]
    if len(chains) == 1 and not rejected:
        return [], ""
    forks = _fork([(chain.nodes, block) for chain in chains for block in chain.blocks], rejected)
    refused = [
        f"node {node} refused block {block.height}, {_transfer(block.id)}: {reason}" for node, block, reason in rejected
    ]
    if forks or refused:
        return [*forks, *refused], ""
    longest, lost = len(chains[0]), gone(history)
    here = [(chain, [node for node in chain.nodes if node not in lost]) for chain in chains[1:]]
    short = [f"{nodes_text(nodes)}: {_count(len(chain), 'block')} of {longest}" for chain, nodes in here if nodes]
    if not short:  # without a fork a shorter chain is the beginning of the longest
        return [], ""
    on_the_way = _workload_messages_on_the_way(history)
    if on_the_way > 0 or history.ending.reason != "quiet" or not history.whole:
        return [], f"blocks have not arrived: they are on their way, or lost ({'; '.join(short)})"
    return [f"blocks are missing, and none is on its way ({'; '.join(short)})", *short], ""


def _fork(held: list[tuple[list[int], Block]], rejected: list[tuple[int, Block, str]]) -> list[str]:
    """Return a line on the first height that has two blocks, and one on each of these; nothing if there is none."""
    places: dict[int, dict[bytes, Block]] = {}
    holders: dict[bytes, list[int]] = {}
    for nodes, block in [*held, *((None, block) for _, block, _ in rejected)]:
        places.setdefault(block.height, {})[block.hash] = block
        holders.setdefault(block.hash, []).extend(nodes or ())
    height = min((height for height, rivals in places.items() if len(rivals) > 1), default=None)
    if height is None:
        return []
    rivals = sorted(places[height].values(), key=lambda block: (block.number, block.id))
    hashes = " and ".join(block.hash.hex()[:12] for block in rivals)
    lines = [f"the ledger forks at height {height}: blocks {hashes} compete for one place"]
    for block in rivals:
        holding = sorted(holders[block.hash])
        where = f"held by {nodes_text(holding)}" if holding else "refused by all that got it"
        lines.append(
            f"block {height} {block.hash.hex()[:12]}: {_transfer(block.id)}, entered as number {block.number}, "
            f"follows {block.previous.hex()[:12]}, {where}"
        )
    return lines


def _transfers(chain: Chain, ledgers: dict[int, NodeLedger], history: History) -> Iterator[str]:
    """Yield what is wrong between what the clients were to transfer and what became of it."""
    sections = {(section.node, section.id): section for section in history.entries}
    places: dict[tuple[int, int], int] = {}
    latest: dict[int, int] = {}
    for block in chain.blocks:
        name = f"block {block.height}, {_transfer(block.id)}"
        if block.id in places:
            yield f"{name}: it is in block {places[block.id]} already"
        places[block.id] = block.height
        if block.id[1] < latest.get(block.payer, -1):
            yield f"{name}: a later transfer of this client is in a block below"
        latest[block.payer] = block.id[1]
        if block.payer in ledgers:
            yield from _made_as_told(name, block, sections.get(block.id), history)
        elif block.payer >= history.plan.nodes:
            yield f"{name}: there is no such client"
    for below, above in pairwise(chain.blocks):
        if above.number <= below.number:
            yield f"block {above.height} has number {above.number}, and the one below has {below.number}"
        if above.stamp is not None and below.stamp is not None and above.stamp <= below.stamp:
            yield f"block {above.height} has stamp {above.stamp}, and the one below has {below.stamp}"
    aborted = {entry.id for ledger in ledgers.values() for entry in ledger.aborted}
    for id in sorted(aborted & places.keys()):
        yield f"{_transfer(id)} was aborted, and yet it is in block {places[id]}"
    for node, ledger in ledgers.items():
        yield from _aborts(node, ledger, chain, sections, history)
    for id, section in sections.items():
        if section.released is not None and id not in places and id not in aborted:
            yield f"{_transfer(id)} is neither on the ledger nor aborted (entered as number {section.number})"


def _made_as_told(name: str, block: Block, section: Section | None, history: History) -> Iterator[str]:
    if section is None:
        yield f"{name}: the client never entered for it"
        return
    if (block.number, block.stamp) != (section.number, section.stamp):
        yield f"{name}: it says number {block.number}, stamp {block.stamp}; {_entry(section)}"
    told = _told(history, block.id)
    if told is not None and told != (block.payee, block.amount):
        yield f"{name}: it moves {format_money(block.amount)} to {block.payee}; {_order(told)}"


def _aborts(
    node: int, ledger: NodeLedger, chain: Chain, sections: dict[tuple[int, int], Section], history: History
) -> Iterator[str]:
    ids = [entry.id for entry in ledger.aborted]
    if len(set(ids)) < len(ids):
        yield f"a transfer was aborted twice: {[_transfer(id) for id in sorted(set(ids)) if ids.count(id) > 1]}"
    for entry in ledger.aborted:
        name, section = f"{_transfer(entry.id)}, aborted", sections.get(entry.id)
        if section is None or entry.id[0] != node:
            yield f"{name} at node {node}: the client never entered for it"
            continue
        held, told = chain.balance(node, entry.height), _told(history, entry.id)
        if entry.height < section.version:
            yield f"{name}: decided at height {entry.height}, when height {section.version} was known"
        if entry.balance != held:
            yield f"{name}: it read {format_money(entry.balance)}; at height {entry.height} it is {format_money(held)}"
        if entry.amount <= entry.balance:
            yield f"{name}: {format_money(entry.balance)} was enough for {format_money(entry.amount)}"
        if told is not None and told != (entry.payee, entry.amount):
            yield f"{name}: it was {format_money(entry.amount)} to {entry.payee}; {_order(told)}"


def _queries(chain: Chain, ledgers: dict[int, NodeLedger], history: History) -> Iterator[str]:
    """Yield the answers that are not the client's balance on the chain as its node had it, and count them."""
    made: dict[int, list[int]] = {node: [entry.id[1] for entry in ledger.aborted] for node, ledger in ledgers.items()}
    for block in chain.blocks:
        if block.payer in made:
            made[block.payer].append(block.id[1])
    for node, ledger in ledgers.items():
        for answer in ledger.answers:
            held = chain.balance(node, answer.height)
            if answer.height != answer.held:  # this also keeps the heights of a node's answers from falling
                yield f"node {node}: a query was answered at height {answer.height}, its chain being at {answer.held}"
            elif answer.balance != held:
                yield (
                    f"node {node}: a query at height {answer.height} was answered {format_money(answer.balance)}, and "
                    f"the chain says {format_money(held)}"
                )
        if history.plan.shares:
            leading, transfers = history.plan.shares[node]
            due = leading + sum(transfers[k % len(transfers)][2] for k in made[node] if transfers)
            if len(ledger.answers) != due:
                yield f"node {node}: {len(ledger.answers)} of {_count(due, 'query')} answered"


def _holders(chains: list[Chain]) -> str:
    """Return who holds the ledger; those with a shorter chain have crashed for good (see _compare)."""
    longest, *begun = chains
    nodes, blocks = longest.nodes, _count(len(longest), "block")
    if not begun:
        who = f"all {len(nodes)} nodes hold" if len(nodes) > 1 else "the node holds"
        return f"{who} the same {blocks}"
    told = [f"{nodes_text(nodes)} hold the same {blocks}" if len(nodes) > 1 else f"{nodes_text(nodes)} holds {blocks}"]
    for chain in begun:
        held = f"the first {len(chain)}" if len(chain) else "none"
        told.append(f"{nodes_text(chain.nodes)} crashed for good with {held} of them")
    return "; ".join(told)


def _told(history: History, id: tuple[int, int]) -> tuple[int, int] | None:
    """Return the payee and the amount that the plan gives for a transfer, None if it gives none."""
    transfers = history.plan.shares[id[0]][1] if history.plan.shares else None
    if not transfers:
        return None
    payee, amount, _ = transfers[id[1] % len(transfers)]
    return payee, amount


def _workload_messages_on_the_way(history: History) -> int:
    sent = sum(sum(node.totals.sent_by_type[node.algorithm_types :]) for node in history.nodes)
    return sent - sum(sum(node.totals.handled_by_type[node.algorithm_types :]) for node in history.nodes)


def _is_opening(detail: Any) -> bool:
    return isinstance(detail, tuple | list) and len(detail) == 2 and detail[0] == "opened"


def _transfer(id: tuple[int, int]) -> str:
    return f"transfer {id[1]} of client {id[0]}"


def _entry(section: Section) -> str:
    return f"it was entered as number {section.number}, stamp {section.stamp}"


def _order(told: tuple[int, int]) -> str:
    return f"the plan says {format_money(told[1])} to {told[0]}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what.removesuffix('y') + 'ie' * what.endswith('y')}s"


@hookimpl
def mxbench_checkers() -> list[type[Checker]]:
    return [Ledger]
