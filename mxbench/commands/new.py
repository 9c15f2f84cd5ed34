"""The command `mxbench new algorithm NAME`: a plugin to begin with, its test, and an experiment."""

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from mxbench.commands.telling import say
from mxbench.errors import ExperimentError, MachineError

MAX_LENGTH = 60
TEMPLATES = ("new_algorithm.py", "test_new_algorithm.py", "new_algorithm.yaml")
IMPORTED = ("Algorithm", "Assumptions", "EntryRequest", "Message", "Out")  # by the file, or soon


def new(
    kind: Annotated[str, typer.Argument(metavar="algorithm", help="What to write.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case words joined by '-'.")],
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Write into this folder.")] = Path(),
) -> None:
    """Write an algorithm that grants always, its test and an experiment, and say what to do next."""
    if kind != "algorithm":
        raise ExperimentError(f"new {kind}: only algorithms can be begun so; write 'mxbench new algorithm NAME'")
    written = write_algorithm(name, into)
    plugin, test, experiment = (_shown(path) for path in written)
    say(f"Wrote {plugin}, {test} and {experiment}. The algorithm grants always, which is wrong:\n")
    say(f"  mxbench check {plugin}        shows the shortest schedule that goes wrong")
    say(f"  pytest --mxbench {plugin}     runs the conformance suite, once it is repaired")
    say(f"  mxbench run {experiment}        measures it")


def write_algorithm(name: str, into: Path) -> list[Path]:
    """Write the three files for an algorithm of that name, and return where; raise before any is written."""
    from importlib.resources import files

    stem = _stem(name)
    targets = [into / template.replace("new_algorithm", stem) for template in TEMPLATES]
    for target in targets:
        if target.exists():
            raise ExperimentError(f"{target}: is there already; move it away, or choose another name or --into DIR")
    folder = files("mxbench.templates")
    words = {"new_algorithm": stem, "new-algorithm": name, "NewAlgorithm": class_name(name)}
    try:
        into.mkdir(parents=True, exist_ok=True)
        for template, target in zip(TEMPLATES, targets, strict=True):
            text = (folder / template).read_text(encoding="utf-8")
            with target.open("x", encoding="utf-8") as stream:
                stream.write(re.sub("|".join(words), lambda found: words[found[0]], text))
    except OSError as error:
        raise MachineError(f"{into}: cannot be written to: {error.strerror or error}") from error
    return targets


def class_name(name: str) -> str:
    """Return the name of the class of an algorithm: 'my-lock' is MyLock."""
    derived = "".join(word.capitalize() for word in name.split("-"))
    return f"{derived}Lock" if derived in IMPORTED or keyword.iskeyword(derived) else derived


def _stem(name: str) -> str:
    """Return the name of the file, without '.py', of an algorithm of that name."""
    from mxbench.registry import NAME, Registry

    if not NAME.fullmatch(name) or len(name) > MAX_LENGTH:
        raise ExperimentError(f"'{name}' is no name of an algorithm; write lower-case words joined by '-', as my-lock")
    stem = name.replace("-", "_")
    if stem in sys.stdlib_module_names or stem in ("conftest", "mxbench") or _is_installed(stem):
        raise ExperimentError(f"'{name}': a file {stem}.py would hide the module of that name; choose another")
    taken = Registry().all("algorithms").get(name)
    if taken is not None:
        raise ExperimentError(f"the name '{name}' is taken ({taken.origin}); choose another")
    return stem


def _is_installed(module: str) -> bool:
    """Return whether there is a module of that name, but for what lies in the working directory."""
    found = find_spec(module)
    if found is None or found.origin is None:  # a folder
        return False
    place = Path(found.origin).parent
    return Path.cwd() not in (place, place.parent)


def _shown(path: Path) -> str:
    return path.as_posix()
