"""The import rules of the design, held by reading the source: who may know whom."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN_IN_CORE = {"asyncio", "socket", "threading", "time", "random", "os"}
SURFACE = {"mxbench.cli", "mxbench.commands"}
NEVER = {
    "mxbench/net": {"mxbench.sim", "mxbench.check", "mxbench.experiment", "mxbench.report", *SURFACE},
    "mxbench/sim": {"mxbench.net", "mxbench.check", "mxbench.experiment", "mxbench.report", *SURFACE},
    "mxbench/check": {"mxbench.net", "mxbench.sim", "mxbench.experiment", "mxbench.report", *SURFACE},
    "mxbench/checkers": {"mxbench.net", "mxbench.sim", "mxbench.check", "mxbench.experiment", "mxbench.report"},
    "mxbench/metrics": {"mxbench.net", "mxbench.sim", "mxbench.check", "mxbench.experiment", "mxbench.report"},
    "mxbench/report": {"mxbench.net", "mxbench.sim", "mxbench.check"},
    "mxbench/workloads": {"mxbench.net", "mxbench.sim", "mxbench.check", "mxbench.experiment", "mxbench.report"},
    "mxbench/experiment": {"mxbench.net", "mxbench.sim", "mxbench.check", "mxbench.report", *SURFACE},
    "mxbench/grading": {"mxbench.net", "mxbench.sim", *SURFACE},
}
RENAMES = {"mxbench/files.py", "mxbench/experiment/folder.py"}  # the second one folders, and the link `latest`
HEAVY = {"typer", "rich", "pydantic", "yaml", "tabulate"}  # not for a node process


def imports(file: Path, at_load: bool = False) -> set[str]:
    """Every module that a file imports; with `at_load` only those imported when the file is."""
    tree = ast.parse(file.read_text())
    nodes = tree.body if at_load else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("file", files("mxbench/core"), ids=lambda file: file.name)
def test_core_imports_the_pure_standard_library_and_msgspec(file: Path) -> None:
    for name in imports(file):
        top = name.partition(".")[0]
        assert top not in FORBIDDEN_IN_CORE, f"{file.name} imports {name}: the core performs nothing (design, P1)"
        allowed = top in sys.stdlib_module_names or top == "msgspec" or name.startswith("mxbench.core")
        allowed = allowed or name.startswith("mxbench.compiled")  # which looks for the core's own parts in C
        assert allowed or name == "mxbench", f"{file.name} imports {name}: the core stands on msgspec alone"


@pytest.mark.parametrize(("folder", "others"), NEVER.items(), ids=NEVER)
def test_a_layer_does_not_know_the_layers_beside_or_above_it(folder: str, others: set[str]) -> None:
    for file in files(folder):
        for name in imports(file):
            bad = [other for other in others if name == other or name.startswith(other + ".")]
            assert not bad, f"{file.relative_to(ROOT)} imports {name}: {folder} must not know {bad}"


@pytest.mark.parametrize("file", files("plugins"), ids=lambda file: file.name)
def test_an_algorithm_imports_mxbench_and_the_pure_standard_library(file: Path) -> None:
    for name in imports(file):
        top = name.partition(".")[0]
        assert top not in FORBIDDEN_IN_CORE, f"{file.name} imports {name}: an algorithm performs nothing"
        assert top == "mxbench" or top in sys.stdlib_module_names, f"{file.name} imports {name}"


@pytest.mark.parametrize("file", files("mxbench/net"), ids=lambda file: file.name)
def test_the_network_imports_no_library_that_slows_the_start_of_a_node(file: Path) -> None:
    for name in imports(file):
        assert name.partition(".")[0] not in HEAVY, f"{file.name} imports {name}: 100 processes would pay for it"


def test_one_function_writes_beside_and_renames() -> None:
    for file in files("mxbench"):
        for node in ast.walk(ast.parse(file.read_text())):
            called = node.func if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords else None
            if isinstance(called, ast.Attribute) and called.attr in ("rename", "replace"):  # of text it takes two
                where = str(file.relative_to(ROOT))
                assert where in RENAMES, f"{where}:{called.lineno}: let write_whole of mxbench/files.py do that"
