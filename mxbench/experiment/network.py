"""The `network` and `faults` of an experiment: from what a file says to what a plan holds.

    network:
      delay: 2ms                      # or a distribution, or {matrix: FILE.csv}, or a profile: lan, wan, geo
      jitter: {exponential: 1ms}      # added to each delay
      fifo: false
      loss: 0.01
      duplicate: 0.01
      bandwidth: 10Mbit/s             # of each link
      links: [{from: 0, to: [1, 2], delay: 30ms}]    # one direction; from, to: a node, a list of them, or all
      sites: random                   # which node stands at which site of a matrix is drawn anew for each seed

A matrix is a CSV file: a row of delays with units for each sending site, a column for each receiving one. Lines that
start with '#' are comments, and a first row of names is allowed. The profiles are such files: mxbench/networks/.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from mxbench.core.distributions import ZERO, Distribution, parse_distribution, parse_duration
from mxbench.core.network import LinkRule, Matrix, Network
from mxbench.files import read_some

PROFILES = ("lan", "wan", "geo")
PROFILE_FOLDER = Path(__file__).parent.parent / "networks"
MAX_SITES = 1000
MAX_BYTES = 20 * MAX_SITES**2
MOST_SERVERS = 2  # an algorithm's own, and the workload's
LINK_KEYS = ("from", "to", "delay", "loss", "duplicate", "bandwidth")
RATES = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kMG]?bit/s)\s*")
HARMLESS: dict[str, Any] = {
    "delay": ZERO, "jitter": ZERO, "fifo": True, "loss": 0.0, "duplicate": 0.0, "bandwidth": None, "links": (),
}  # fmt: skip


class MatrixFile(NamedTuple):
    """A matrix of delays that is still to be read. profile: one that is shipped, else a path as it was written."""

    path: str
    profile: bool = False


def parse_delay(value: Any) -> Distribution | MatrixFile:
    """Return the delay that a file gives, or raise ValueError."""
    if isinstance(value, MatrixFile):
        return value
    if isinstance(value, str) and value in PROFILES:
        return MatrixFile(value, profile=True)
    if isinstance(value, dict) and "matrix" in value:
        if set(value) != {"matrix"} or not isinstance(value["matrix"], str):
            raise ValueError("write {matrix: FILE.csv}")
        return MatrixFile(value["matrix"])
    try:
        return parse_distribution(value)
    except ValueError as error:
        raise ValueError(f"{error}, or one of the networks {', '.join(PROFILES)}, or {{matrix: FILE.csv}}") from None


def parse_bandwidth(value: Any) -> float:
    """Return the bits a second of `10Mbit/s`, or raise ValueError."""
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or float(match[1]) == 0:
        raise ValueError(
            "not a bandwidth; write a number above 0 and a unit (bit/s, kbit/s, Mbit/s, Gbit/s): '10Mbit/s'"
        )
    return float(match[1]) * RATES[match[2]]


def read_matrix(file: MatrixFile, base: Path) -> Matrix:
    """Read a matrix; `base` is the folder that its path is relative to. Raises ValueError that names file and line."""
    path = PROFILE_FOLDER / f"{file.path}.csv" if file.profile else base / file.path
    try:
        lines = read_some(path, MAX_BYTES).decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise ValueError(f"'{file.path}' cannot be read: {error}") from None
    rows: list[tuple[float, ...]] = []
    sites: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        if not rows and not sites and not any(cell[:1].isdigit() for cell in cells):
            sites = tuple(cells)
            continue
        try:
            rows.append(tuple(parse_duration(cell) for cell in cells))
        except ValueError as error:
            raise ValueError(f"{file.path}:{number}: {error}") from None
    size = len(rows)
    if not 1 <= size <= MAX_SITES or any(len(row) != size for row in rows) or (sites and len(sites) != size):
        lengths = sorted({len(row) for row in rows})
        raise ValueError(f"{file.path}: a matrix has as many columns as rows; this one has {size} rows of {lengths}")
    return Matrix(tuple(rows), sites)


class LinkMistake(ValueError):
    """What is wrong with one item of `links`, the index-th."""

    def __init__(self, index: int, text: str) -> None:
        super().__init__(text)
        self.index = index


def planned_network(keys: dict[str, Any], n: int, base: Path) -> dict[str, Any]:
    """Return the plan's network for those keys that ask for anything: plain data, to be read by core.network.

    keys: as the schema left them, without those that ask for nothing. Raises ValueError; of a link, LinkMistake.
    """
    given = dict(keys)
    if isinstance(given.get("delay"), MatrixFile):
        given["delay"] = read_matrix(given["delay"], base)
    if "links" in given:
        given["rules"] = tuple(_parse_links(given.pop("links"), n))
    plain: dict[str, Any] = msgspec.to_builtins(given)
    msgspec.convert(plain, Network)
    return plain


def at_random_sites(network: dict[str, Any], n: int, seed: int) -> dict[str, Any]:
    """Return a plan's network in which the nodes stand at the sites of its matrix in an order that the seed chooses.

    Ids are no longer tied to places then: what an algorithm grants to small ids first goes to every site in turn.
    """
    matrix: Matrix = msgspec.convert(network["delay"], Matrix)
    order = list(range(n))
    Random(f"{seed}/sites").shuffle(order)
    order += range(n, n + MOST_SERVERS)  # servers keep theirs
    placed = tuple(tuple(matrix.between(a, b).seconds for b in order) for a in order)
    names = tuple(matrix.sites[place % len(matrix.sites)] for place in order) if matrix.sites else ()
    return {**network, "delay": msgspec.to_builtins(Matrix(placed, names))}


def _parse_links(links: list[Any], n: int) -> Iterator[LinkRule]:
    for index, link in enumerate(links):
        try:
            yield _parse_link(link, n)
        except ValueError as error:
            raise LinkMistake(index, str(error)) from None


def _parse_link(link: Any, n: int) -> LinkRule:
    if not isinstance(link, dict) or not {"from", "to"} <= set(link) <= set(LINK_KEYS) or len(link) < 3:
        raise ValueError("links are a list of {from: 0, to: 1, delay: 30ms}; "
                         f"beside from and to they take {', '.join(LINK_KEYS[2:])}")  # fmt: skip
    delay = parse_distribution(link["delay"]) if "delay" in link else None
    bandwidth = parse_bandwidth(link["bandwidth"]) if "bandwidth" in link else None
    for key in ("loss", "duplicate"):
        chance = link.get(key, 0)
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise ValueError(f"{key} must be a number from 0 to 1, not {chance!r}")
    return LinkRule(
        _nodes(link["from"], n), _nodes(link["to"], n), delay, link.get("loss"), link.get("duplicate"), bandwidth
    )


def _nodes(value: Any, n: int) -> tuple[int, ...]:
    if value == "all":
        return tuple(range(n))
    nodes = value if isinstance(value, list) else [value]
    for node in nodes:
        if isinstance(node, bool) or not isinstance(node, int) or not 0 <= node < n:
            raise ValueError(f"{node!r} is no node; there are 0 to {n - 1}, or write all")
    return tuple(nodes)
