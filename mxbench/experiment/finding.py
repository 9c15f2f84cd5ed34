"""What a user's FILE stands for: a path, the name of a shipped experiment, or a result that is run again."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from mxbench.errors import ExperimentError
from mxbench.experiment.results import LATEST, is_run, load_row, locate


class Found(NamedTuple):
    """An experiment's file, and the keys that are fixed because one run of a result is to be repeated.

    result: the folder that was named, where FILE is a result.
    """

    file: Path
    fixed: dict[str, Any]
    result: Path | None = None


def shipped() -> dict[str, Path]:
    """Return the experiments that come with mxbench, by name."""
    folder = Path(str(files("mxbench_experiments")))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def find(file: str | Path) -> Found:
    """Return the experiment that FILE stands for; raise ExperimentError if there is none, ResultError if a folder is
    no result."""
    path = Path(file)
    try:
        if path.is_dir() or (path.name == LATEST and path.is_file()):
            return _of_result(path)
        if path.exists():
            return Found(path, {})
    except (OSError, ValueError):  # a name too long, or with a character that no file has
        pass
    known = shipped()
    name = path.stem if path.suffix in (".yaml", ".yml") else str(path)
    if len(path.parts) == 1 and name in known:
        return Found(known[name], {})
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    raise ExperimentError(
        f"{str(file)[:200]!a}: there is no such file, and no shipped experiment of that name{hint} "
        f"(shipped: {', '.join(known)})"
    )


def _of_result(path: Path) -> Found:
    folder = locate(path)
    if not is_run(folder):
        return Found(folder / "experiment.yaml", {}, folder)
    row = load_row(folder)
    fixed = {**row.get("setting", {}), "seed": row["seed"], "repeat": 1}
    return Found(folder.parent.parent / "experiment.yaml", fixed, folder)
