"""The mark of an invocation that has not come to its end, and the lock on it while a process works at it.

The file `unfinished` is there from before the first run until after the summary, so whatever ends a process, Ctrl-C,
kill -9 or a full disk, leaves it, and nothing has to be written for that. The process that works at the invocation
holds a lock on the file. The system takes the lock back when that process ends, however it ends, so a file with no lock
on it is an invocation that was cut off. Where there are no locks nothing is taken for cut off.
"""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

NAME = "unfinished"
_TEXT = "This invocation is under way, or was cut off; then 'mxbench run' with this folder continues it.\n"

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # a byte that is not there: the text stays readable
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    try:
        import fcntl
    except ImportError:
        fcntl = None  # type: ignore[assignment]

    def _lock(descriptor: int) -> None:
        if fcntl is None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Mark:
    """The mark of one invocation, held by this process."""

    def __init__(self, file: Path, descriptor: int) -> None:
        self._file, self._descriptor = file, descriptor

    @property
    def stands(self) -> bool:
        """False once somebody else removed the mark, or the invocation with it."""
        return self._file.is_file()

    def lift(self) -> None:
        """Remove the mark: the invocation is complete."""
        if sys.platform == "win32":  # which removes no open file
            self.let_go()
        with suppress(OSError):
            self._file.unlink()
        self.let_go()

    def let_go(self) -> None:
        """Give up the lock and leave the mark: another process may continue."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def mark(folder: Path) -> Mark:
    """Mark a new invocation as unfinished and hold it, where there are locks; may raise OSError."""
    file = folder / NAME
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    with suppress(OSError):
        _lock(descriptor)
    os.write(descriptor, _TEXT.encode())
    return Mark(file, descriptor)


def is_unfinished(folder: Path) -> bool:
    """Return whether an invocation is marked, by a process that works at it or by one that is gone."""
    return (folder / NAME).is_file()


def claim(folder: Path) -> Mark | None:
    """Return the mark of an invocation that was cut off; None where another process holds it or there are no locks."""
    file = folder / NAME
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return None
    try:
        _lock(descriptor)
        # Between our opening and our locking its holder may have come to an end and removed the file.
        if os.path.samestat(os.fstat(descriptor), os.stat(file)):
            return Mark(file, descriptor)
    except OSError:
        pass
    os.close(descriptor)
    return None
