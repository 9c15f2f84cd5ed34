"""What the Linux kernel holds a process to, for good: files by Landlock, system calls by seccomp.

Both need no privilege and no library. Where the kernel or the machine has neither, nothing is done, and what is in
force is returned, so that a report can say it.

Landlock: Documentation/userspace-api/landlock.rst of the kernel. seccomp: the allowed calls are those that a running
interpreter makes which computes, imports and prints; every other one fails with 'operation not permitted'.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable

_NO_NEW_PRIVS, _SET_SECCOMP, _DEATH_SIGNAL, _NOT_DUMPABLE = 38, 22, 1, 4  # of prctl
_FILTER, _SIGKILL, _EPERM = 2, 9, 1
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute (to map a library), read a file, read a folder
_BY_VERSION = {1: 1 << 13, 2: 1 << 14}  # rights that versions above 1 and above 2 know beside the first thirteen
_MACHINES: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        # read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask
        # rt_sigreturn ioctl pread64 writev access sched_yield mremap madvise dup nanosleep getpid exit uname fcntl
        # getcwd readlink gettimeofday getrlimit getrusage sysinfo times getuid getgid geteuid getegid getppid
        # sigaltstack gettid futex sched_getaffinity getdents64 clock_gettime clock_getres clock_nanosleep exit_group
        # openat newfstatat readlinkat faccessat ppoll set_robust_list getrandom statx rseq faccessat2
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 24, 25, 28, 32, 35, 39, 60, 63, 72, 79,
         89, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 131, 186, 202, 204, 217, 228, 229, 230, 231, 257, 262, 267,
         269, 271, 273, 318, 332, 334, 439),
    ),
    "aarch64": (
        0xC00000B7,
        # getcwd dup fcntl ioctl faccessat openat close getdents64 lseek read write writev pread64 ppoll readlinkat
        # newfstatat fstat exit exit_group futex set_robust_list nanosleep clock_gettime clock_getres clock_nanosleep
        # sched_getaffinity sched_yield sigaltstack rt_sigaction rt_sigprocmask rt_sigreturn times uname getrlimit
        # getrusage gettimeofday getpid getppid getuid geteuid getgid getegid gettid sysinfo brk munmap mremap mmap
        # mprotect madvise getrandom statx rseq faccessat2
        (17, 23, 25, 29, 48, 56, 57, 61, 62, 63, 64, 66, 67, 73, 78, 79, 80, 93, 94, 98, 99, 101, 113, 114, 115, 123,
         124, 132, 134, 135, 139, 153, 160, 163, 165, 169, 172, 173, 174, 175, 176, 177, 178, 179, 214, 215, 216, 222,
         226, 233, 278, 291, 293, 439),
    ),
}  # fmt: skip


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, where there is such a kernel; parent: its process id."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before this was asked for
        os._exit(1)


def confine(readable: Iterable[str]) -> list[str]:
    """Let this process read these folders, write nowhere, open no socket and start no process, from now on.

    Returns which of 'landlock' and 'seccomp' are in force.
    """
    if sys.platform != "linux":
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        return []
    in_force = ["landlock"] if _landlock(libc, readable) else []
    return in_force + (["seccomp"] if _seccomp(libc) else [])


def _landlock(libc: ctypes.CDLL, readable: Iterable[str]) -> bool:
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << 13) - 1 | sum(right for least, right in _BY_VERSION.items() if version > least)
    attributes = struct.pack("=Q", rights)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    for folder in readable:
        try:
            below = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # not every system has every folder of libraries
        rule = struct.pack("=Qi", _READ if os.path.isdir(folder) else 1 << 2, below)
        libc.syscall(_ADD_RULE, ruleset, 1, rule, 0)
        os.close(below)
    held = libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return bool(held == 0)


def _seccomp(libc: ctypes.CDLL) -> bool:
    known = _MACHINES.get(platform.machine())
    if known is None:
        return False
    machine, allowed = known
    count = len(allowed)
    program = [_statement(0x20, 4), _jump(machine, 1, 0), _statement(0x06, 0x00050000 | _EPERM), _statement(0x20, 0)]
    program += [_jump(call, count - place, 0) for place, call in enumerate(allowed)]  # to the last line: allow
    program += [_statement(0x06, 0x00050000 | _EPERM), _statement(0x06, 0x7FFF0000)]
    code = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, header, 0, 0) == 0)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(value: int, if_equal: int, otherwise: int) -> bytes:
    return struct.pack("=HBBI", 0x15, if_equal, otherwise, value)
