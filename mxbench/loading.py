"""Plugins' modules and classes, loaded one at a time: all that a node process needs of the registry, and quickly."""

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mxbench.core.contract import PLUGIN_ERRORS
from mxbench.core.plan import PluginRef
from mxbench.errors import PluginError

_OF_FILE = "mxbench_file_"  # how the name of a module begins that came from a plugin's file


def load_file(file: str | Path) -> ModuleType:
    """Import a plugin of one file and return its module, once a process; raise PluginError naming the line."""
    path = Path(file).resolve()
    name = f"{_OF_FILE}{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    if not path.is_file():
        raise PluginError(f"{file}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{file}: not a Python file; a plugin's name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except PLUGIN_ERRORS as error:  # a file that exits would end everything, and say nothing
        del sys.modules[name]
        line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else _last_line(error, path)
        where = f"{file}:{line}" if line else str(file)
        raise PluginError(f"{where}: it does not import: {type(error).__name__}: {error}") from error
    return module


def is_of_file(module: ModuleType) -> bool:
    """Return whether a module came from a plugin of one file."""
    return module.__name__.startswith(_OF_FILE)


def load_class(ref: PluginRef) -> Any:
    """Return the class that a reference names, without loading any other plugin: what a node process does."""
    module = load_file(ref.file) if ref.file else importlib.import_module(ref.module)
    target: Any = module
    for part in ref.qualname.split("."):
        target = getattr(target, part)
    return target


def _last_line(error: BaseException, path: Path) -> int | None:
    traceback, line = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
