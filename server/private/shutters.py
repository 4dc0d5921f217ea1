"""Closes the shutters of this process: nobody looks into its memory from outside, and nothing of it is written down.

Linux has all of this; elsewhere what is missing is left out. Nothing here is ever fatal but a parent that is gone.
"""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE = 1, 3, 4
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
CAP_IPC_LOCK = 14


def close(parent: int) -> None:
    """No core dump, no debugger of the same user, files for this user only; and an end when the parent ends.

    Raises SystemExit when the parent is gone already.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it may have ended before the line above
        raise SystemExit(0)


def is_dumpable() -> bool:
    """Whether others of the same user may look into this process."""
    return _prctl(PR_GET_DUMPABLE, 0) != 0


def lock_memory() -> bool:
    """Keep this process out of the swap, if the operator allows it. Whether it is.

    Only where there is no limit: under a limit, a later need for memory would end the process.
    """
    if not may_lock_memory():
        return False
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
    return False


def may_lock_memory() -> bool:
    """Whether memory can be locked without a limit."""
    with suppress(OSError, ValueError, AttributeError):
        if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
            return True
        status = Path("/proc/self/status").read_text("ascii")
        line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
        return bool(int(line.split()[1], 16) >> CAP_IPC_LOCK & 1)
    return False


def _prctl(option: int, value: int) -> int:
    with suppress(OSError, AttributeError):
        return int(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0))
    return -1
