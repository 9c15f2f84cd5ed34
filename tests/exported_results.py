"""Results to export, and exported CSV read back."""

import csv
import io
from pathlib import Path

import mxbench

QUICK = """name: quick
question: {question}
matrix: {{algorithm: [lamport, ricart-agrawala]}}
nodes: 3
engine: sim
workload: {{type: bank, entries_per_node: 3, dwell: 1ms}}
repeat: 2
"""
LOSSY = """name: lossy
algorithm: lamport
nodes: 3
engine: sim
break_assumptions: true
network: {delay: 1ms, loss: 0.2, duplicate: 0.3}
workload: {type: hold, entries_per_node: 4, dwell: 1ms}
"""
WIDE = """name: wide
question: Is it?
matrix: {algorithm: [lamport, maekawa], nodes: [3, 4], network.delay: [{exponential: 1ms}, {exponential: 20ms}]}
engine: sim
workload: {type: hold, entries_per_node: 9, dwell: 1ms, think: 0s}
repeat: 3
"""
HOSTILE = "=cmd|'/C calc'!A0 </script><b>&%$#_{}~^\\ \u202e \n; end"


def ran(folder: Path, text: str) -> Path:
    (folder / "quick.yaml").write_text(text)
    return Path(mxbench.run(folder / "quick.yaml", results=folder / "results")["result"])


def read_csv(data: bytes | str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data if isinstance(data, str) else data.decode())))
