"""Small results of the simulator, and the data that their pages carry."""

import json
import re
from pathlib import Path
from typing import Any

import mxbench

QUICK = """name: quick
question: {question}
algorithm: {algorithm}
nodes: 3
engine: sim
workload: {{type: {workload}, entries_per_node: 3, dwell: 1ms, think: {{exponential: 5ms}}}}
"""


def ran(
    folder: Path, algorithm: str = "lamport", workload: str = "bank", question: str = "Is it?", **settings: Any
) -> Path:
    """Run a small experiment and return the folder of its result."""
    file = folder / "quick.yaml"
    file.write_text(QUICK.format(algorithm=algorithm, workload=workload, question=json.dumps(question)))
    return Path(mxbench.run(file, results=folder / "results", **settings)["result"])


def embedded(page: str) -> dict[str, Any]:
    """The data that a page carries for its pictures."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    carried: dict[str, Any] = json.loads(found[1])
    return carried
