"""The copy of an experiment that is stored with its results: what was run, ready to be run again from there.

Defaults that shape a run are written out; plugins of one file and data files are copied beside it and named by their
copies, so that the result can be moved to another machine.
"""

import shutil
from pathlib import Path
from typing import Any

from mxbench import __version__
from mxbench.experiment.document import Document
from mxbench.experiment.results import write_text
from mxbench.experiment.source import dump
from mxbench.experiment.sweep import swept

DEFAULTS: dict[str, Any] = {
    "engine": "tcp", "repeat": 1, "seed": 1, "history": "full", "break_assumptions": False, "stall_limit": "30s",
}  # fmt: skip


def store_resolved(document: Document, plugins: list[Path], base: Path, folder: Path) -> None:
    """Write folder/experiment.yaml with the files that it needs; may raise OSError.

    plugins: all that were loaded from a file, those of flags among them. base: what paths in the document are
    relative to.
    """
    data = document.copy().data
    taken = swept(document)
    for key, value in DEFAULTS.items():
        if key not in taken:
            data.setdefault(key, value)
    if plugins:
        copies = _Copies(base, folder, "plugins")
        data["plugins"] = [copies.copy(plugin) for plugin in plugins]
    copies = _Copies(base, folder, "data")
    for key in ("workload", "network", "matrix", "include", "exclude", "smoke"):
        if key in data:
            data[key] = copies.rewrite(data[key])
    head = f"# {Path(document.name).name!a} as mxbench {__version__} ran it, flags and defaults included.\n"
    write_text(folder / "experiment.yaml", head + dump(data))


class _Copies:
    """Copies files into one folder, each once, under a name that no other has."""

    def __init__(self, base: Path, folder: Path, kind: str) -> None:
        self.base, self.folder, self.kind = base, folder, kind
        self.names: dict[Path, str] = {}

    def copy(self, file: Path) -> str:
        """Copy a file and return its new path, relative to the folder."""
        whole = file.resolve()
        if whole not in self.names:
            name = whole.name
            while name in self.names.values():
                name = f"_{name}"
            (self.folder / self.kind).mkdir(exist_ok=True)
            shutil.copyfile(whole, self.folder / self.kind / name)
            self.names[whole] = name
        return f"{self.kind}/{self.names[whole]}"

    def rewrite(self, value: Any) -> Any:
        """Return a value with each text in it that names a file replaced by the copy's path."""
        if isinstance(value, dict):
            return {key: self.rewrite(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.rewrite(item) for item in value]
        # A file is what looks like one: 'bank' is a word, even where a file of that name happens to lie.
        if isinstance(value, str) and ("/" in value or "." in value) and _is_file(self.base / value):
            return self.copy(self.base / value)
        return value


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
