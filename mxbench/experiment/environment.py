"""Where a result was made: versions, machine, commit and load, as plain data. It names no host and no user."""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mxbench import __version__, compiled

LIBRARIES = ("msgspec", "pluggy", "pydantic", "PyYAML", "rich", "tabulate", "typer", "uvloop")


def environment() -> dict[str, Any]:
    """Return what a reader of the numbers must know of their making; None for what this machine does not tell."""
    parts_in_c = compiled.in_use()
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "mxbench": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "commit": _commit(),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mb": _memory_mb(),
        "load_average": _load(),
        "compiled": parts_in_c,
        "compiled_pump": "mxbench.net._pump" in parts_in_c,
        "python_flags": {"optimize": sys.flags.optimize, "hash_seed": os.environ.get("PYTHONHASHSEED")},
    }


def code_hash(modules: Iterable[str]) -> str:
    """Return a hash of the source of mxbench and of these modules, which tells a changed file without a commit."""
    files = {file for kind in ("*.py", "*.c", "*.h") for file in Path(__file__).parent.parent.rglob(kind)}
    files |= {Path(file) for name in modules if (file := getattr(sys.modules.get(name), "__file__", None))}
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:12]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> dict[str, Any] | None:
    """Return the commit of the working directory, and whether its files differ from it; None outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        return {"id": commit, "changed": bool(_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    # Without optional locks, so that looking never disturbs a git command that the user runs beside us.
    command = ["git", "--no-optional-locks", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True, stdin=subprocess.DEVNULL)
    return done.stdout.strip()


def _cpu() -> str | None:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def _memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    except (AttributeError, ValueError, OSError):
        return None


def _load() -> list[float] | None:
    try:
        return [round(value, 2) for value in os.getloadavg()]
    except (AttributeError, OSError):
        return None
