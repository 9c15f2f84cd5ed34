"""The parts in C: which there are, and when the Python is taken instead."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

from mxbench import compiled
from mxbench.experiment.environment import environment

ROOT = Path(__file__).parent.parent
THERE = [module for module in compiled.PARTS if importlib.util.find_spec(module)]  # where there was a compiler


@pytest.fixture(autouse=True)
def wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiled.PURE, raising=False)


def test_what_is_compiled_at_installation_is_what_is_looked_for() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["ext-modules"]
    assert {module["name"]: module["optional"] for module in configured} == dict.fromkeys(compiled.PARTS, True)
    assert {source for module in configured for source in module["sources"]} == files("*.c")


def test_a_part_is_compiled_again_when_what_it_includes_changes() -> None:
    for module in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["ext-modules"]:
        (source,) = module["sources"]
        assert set(module["depends"]) == included(ROOT / source), module["name"]
    assert set().union(*map(included, map(ROOT.joinpath, files("*.c")))) == files("*.h")


def files(kind: str) -> set[str]:
    return {str(file.relative_to(ROOT)) for file in (ROOT / "mxbench").rglob(kind) if file.parent.name == "c"}


def included(file: Path) -> set[str]:
    found: set[str] = set()
    for name in re.findall(r'^#include "(.+)"$', file.read_text(), re.MULTILINE):
        header = (file.parent / name).resolve()
        found |= {str(header.relative_to(ROOT))} | included(header)
    return found


@pytest.mark.parametrize("module", THERE)
def test_one_that_was_compiled_for_other_python_is_not_taken(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled.compiled(module) is importlib.import_module(module)
    monkeypatch.setitem(compiled.PARTS, module, compiled.PARTS[module] + 1)
    assert compiled.compiled(module) is None
    assert module not in compiled.in_use()


def test_an_environment_says_which_parts_are_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment()["compiled"] == THERE
    monkeypatch.setenv(compiled.PURE, "1")
    assert environment()["compiled"] == []
    assert [compiled.compiled(module) for module in compiled.PARTS] == [None] * len(compiled.PARTS)
