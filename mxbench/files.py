"""Files that are written whole or not at all: beside their place first, then renamed."""

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

MOST_LINKS = 8
_DESCRIPTORS = (Path("/dev/fd"), Path("/proc/self/fd"))


def write_whole(file: Path, data: bytes | str) -> None:
    """Write a file, all of it or nothing; text is written as UTF-8. May raise OSError, and leaves nothing then.

    A file that is there keeps its mode, and a link to one stays a link. What is there and is no regular file (a pipe, a
    device) is written into, as to rename a file over it would remove it; so is what is open already (/dev/stdout).
    """
    content = data.encode() if isinstance(data, str) else data
    descriptor = _descriptor(file)
    if descriptor is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        with open(os.dup(descriptor), "wb") as stream:
            stream.write(content)
        return
    try:
        before = file.stat()
    except FileNotFoundError:  # or a link to what is not there
        before = None
    if before is not None and not stat.S_ISREG(before.st_mode):
        with file.open("wb") as stream:  # a directory refuses that itself
            stream.write(content)
        return
    place = Path(os.path.realpath(file))
    beside = place.with_name(f".{os.urandom(8).hex()}.part")  # no longer than a name may be, whatever the file's is
    mode = 0o666 if before is None else stat.S_IRUSR | stat.S_IWUSR  # nobody else reads what was kept from them
    try:
        with open(beside, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as stream:
            stream.write(content)
        if before is not None:
            beside.chmod(stat.S_IMODE(before.st_mode))
        beside.replace(place)
    except BaseException:  # Ctrl-C too
        with suppress(OSError):
            beside.unlink()
        raise


def read_some(file: Path, most: int) -> bytes:
    """Return what is in a file, or comes of a device; raise OSError if that is more than so many bytes."""
    with file.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it holds over {most:,} bytes")
    return content


def is_stream(file: Path) -> bool:
    """Return whether `write_whole` writes into what is there: a pipe, a device, or what is open already."""
    try:
        return _descriptor(file) is not None or not (stat.S_ISREG(mode := file.stat().st_mode) or stat.S_ISDIR(mode))
    except OSError:
        return False


def _descriptor(file: Path) -> int | None:
    """Return the descriptor of this process that a path stands for, as /dev/stdout does; None if it is no such path."""
    place = file.absolute()
    for _ in range(MOST_LINKS):
        if place.parent in _DESCRIPTORS and place.name.isdecimal():
            return int(place.name)
        try:
            place = place.parent / place.readlink()
        except OSError:
            break
    return None
