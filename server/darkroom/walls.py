"""Walls around what opens somebody's file: it reads the system's libraries at most, and speaks to nobody.

Linux has had this since 5.13 (Landlock, and a filter of system calls). Where they cannot be built, no recording and no
PDF is opened. Only the standard library: this is read in the child, before it opens anything.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

LIBRARIES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache")
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_DIR = 1, 4, 8
_EVERYTHING = {1: (1 << 13) - 1, 2: (1 << 14) - 1}
"""All that Landlock can forbid, by its edition; from the third on it knows truncating too."""
_SINCE_THIRD = (1 << 15) - 1
_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER_MODE = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_OTHER_NUMBERING = 0x40000000
_FIRST_ARGUMENT = 16
"""Its lower half, where a machine writes the lower half first: both of ours do. A process number has no more."""
_STEP = struct.Struct("=HBBI")


@dataclass(frozen=True, slots=True)
class _Machine:
    """How the kernel calls a kind of processor, and the calls that are refused there."""

    name: int
    limits: int
    """prlimit64, which sets the limits of any process of the same user: allowed for oneself."""
    refused: Sequence[int]


_MACHINES: Mapping[str, _Machine] = {
    # socket, ptrace, mount, keyctl, unshare, process_vm_readv and _writev, bpf, io_uring_setup, pidfd_getfd; the ways
    # to signal another process: kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal; and those
    # to leave the group that is killed at the end: setpgid, setsid
    "x86_64": _Machine(
        0xC000003E, 302, (41, 101, 165, 250, 272, 310, 311, 321, 425, 438, 62, 200, 234, 129, 297, 424, 109, 112)
    ),
    "aarch64": _Machine(
        0xC00000B7, 261, (198, 117, 40, 219, 97, 270, 271, 280, 425, 438, 129, 130, 131, 138, 240, 424, 154, 157)
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def possible() -> bool:
    """Whether the walls can be built on this machine."""
    return platform.machine() in _MACHINES and _edition() > 0


def build(readable: Sequence[str] = LIBRARIES) -> None:
    """Build them around this process and whatever takes its place. Raises OSError.

    `readable`: what can still be read and run; a process that has loaded everything needs nothing.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    edition = _edition()
    if edition < 1:
        raise OSError(errno.ENOSYS, "no walls")
    forbidden = _EVERYTHING.get(edition, _SINCE_THIRD)
    rules = _checked(libc.syscall(_CREATE, struct.pack("=Q", forbidden), 8, 0))
    for path in readable:
        with suppress(FileNotFoundError):
            _open_up(libc, rules, path)
    _checked(libc.syscall(_RESTRICT, rules, 0))
    os.close(rules)
    _silence(libc)


def _open_up(libc: ctypes.CDLL, rules: int, path: str) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        may = _READ_FILE | _EXECUTE | (_READ_DIR if os.path.isdir(path) else 0)
        _checked(libc.syscall(_ADD, rules, _BENEATH, struct.pack("=Qi", may, place), 0))
    finally:
        os.close(place)


def _silence(libc: ctypes.CDLL) -> None:
    """Refuse the calls by which a program reaches others: sockets, other processes, the kernel's back doors."""
    machine = _MACHINES[platform.machine()]
    count = len(machine.refused)
    steps = [  # each jump is counted from the step after it, and leads to the last one, which refuses
        _STEP.pack(_LOAD, 0, 0, 4),
        _STEP.pack(_EQUAL, 0, count + 6, machine.name),
        _STEP.pack(_LOAD, 0, 0, 0),
        _STEP.pack(_AT_LEAST, count + 4, 0, _OTHER_NUMBERING),
        *(_STEP.pack(_EQUAL, count + 3 - number, 0, call) for number, call in enumerate(machine.refused)),
        _STEP.pack(_EQUAL, 0, 2, machine.limits),
        _STEP.pack(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _STEP.pack(_EQUAL, 0, 1, 0),
        _STEP.pack(_RETURN, 0, 0, _ALLOW),
        _STEP.pack(_RETURN, 0, 0, _REFUSE),
    ]
    program = _Program(len(steps), b"".join(steps))
    _checked(libc.prctl(_SET_FILTER, _FILTER_MODE, ctypes.byref(program), 0, 0))


def _edition() -> int:
    with suppress(OSError, AttributeError):
        return int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, _VERSION))
    return 0


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
