"""What a submission tried that an algorithm has no business with: refused by an audit hook, and named.

An audit hook cannot be taken back, but it is no wall: who corrupts the interpreter's memory gets around it. The wall is
kernel.py; this says in words what was tried, and is all there is where the kernel does not help.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

MAX_OFFENCES = 20
MODULES = ("mxbench_plugins", "mxbench_experiments")  # what is shipped: a submission is an algorithm of its own
_WORDS = {
    "socket.": "open a socket",
    "subprocess.": "start a process",
    "os.fork": "start a process",
    "os.posix_spawn": "start a process",
    "os.exec": "start another program",
    "os.system": "start another program",
    "os.startfile": "start another program",
    "pty.": "start a process",
    "_thread.start_new_thread": "start a thread",
    "os.kill": "send a signal",
    "signal.pthread_kill": "send a signal",
    "ctypes.": "call a C library",
    "os.remove": "delete a file",
    "os.rmdir": "delete a folder",
    "os.rename": "rename a file",
    "os.mkdir": "make a folder",
    "os.link": "make a link",
    "os.symlink": "make a link",
    "os.truncate": "change a file",
    "os.chmod": "change a file",
    "os.chown": "change a file",
    "os.utime": "change a file",
    "os.putenv": "change the environment",
    "shutil.": "change files",
    "tempfile.": "make a file",
    "resource.setrlimit": "change its limits",
}
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Refuses and notes what is tried after `begin`. offences: a phrase each, such as 'open a socket'."""

    def __init__(self, readable: Sequence[str]) -> None:
        self.offences: list[str] = []
        # Every import looks for the standard library in a zip file first, which hardly any system has.
        archives = [folder for folder in sys.path if folder.endswith(".zip")]
        self._readable = tuple(os.path.realpath(folder) for folder in (*readable, *archives))

    def begin(self) -> None:
        """Watch from now on; this cannot be undone."""
        self._before = _contents()
        sys.addaudithook(self._look)

    def look_for_patches(self) -> None:
        """Note what of mxbench is no longer what it was: patched, it counts for the one who patched it alone."""
        for owner, before in self._before:
            now = vars(owner)
            changed = [name for name, value in before.items() if now.get(name) is not value]
            bases = owner.__mro__[1:] if isinstance(owner, type) else ()
            added = [name for name in now if name not in before and name != "__annotations__"]
            # What is new in a class matters if it hides what the class inherited.
            changed += [name for name in added if any(name in vars(base) for base in bases)]
            for name in changed:
                self._note(f"patch {_name(owner)}.{name}")

    def _note(self, tried: str) -> None:
        if tried not in self.offences and len(self.offences) < MAX_OFFENCES:
            self.offences.append(tried)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        tried = self._tried(event, arguments)
        if tried:
            self._note(tried)
            raise PermissionError(f"a submission may not {tried}")

    def _tried(self, event: str, arguments: tuple[Any, ...]) -> str:
        if event == "open":
            return self._open(*arguments)
        if event in ("os.listdir", "os.scandir"):
            return "" if self._may_read(arguments[0]) else f"list the folder {_shown(arguments[0])}"
        if event == "import":
            return f"import {arguments[0]}" if str(arguments[0]).partition(".")[0] in MODULES else ""
        return next((words for start, words in _WORDS.items() if event.startswith(start)), "")

    def _open(self, path: Any, mode: Any, flags: Any) -> str:
        if isinstance(path, int):  # a descriptor that is open already
            return ""
        if isinstance(flags, int) and flags & _CHANGES:
            return f"write the file {_shown(path)}"
        return "" if self._may_read(path) else f"read the file {_shown(path)}"

    def _may_read(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return isinstance(path, int)
        real = os.path.realpath(os.fsdecode(path))
        return any(real == folder or real.startswith(folder + os.sep) for folder in self._readable)


def _contents() -> list[tuple[Any, dict[str, Any]]]:
    """Return every module of mxbench that is loaded, and every class in one, with what it holds now."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "mxbench"]
    found: dict[int, tuple[Any, dict[str, Any]]] = {}
    for module in modules:
        classes = [value for value in vars(module).values() if isinstance(value, type)]
        own = [cls for cls in classes if cls.__module__.partition(".")[0] == "mxbench"]
        found |= {id(owner): (owner, dict(vars(owner))) for owner in (module, *own)}
    return list(found.values())


def _name(owner: Any) -> str:
    return f"{owner.__module__}.{owner.__qualname__}" if isinstance(owner, type) else str(owner.__name__)


def _shown(path: Any) -> str:
    return repr(os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else path)[:120]
