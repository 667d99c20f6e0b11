"""Makes a Python on Linux as poor as one on Windows, in every process that has this folder on PYTHONPATH.

No fork, no process groups, no limits, no exchange of two folders, and nobody replaces a file or folder while anybody has it open. What remains of
POSIX is what the interpreter itself needs to spawn a process.
"""

import ctypes
import multiprocessing
import os
import sys
from pathlib import Path

# The standard library looks at some of these when it is imported: so that comes first.
import concurrent.futures.process  # noqa: F401  isort: skip
import multiprocessing.popen_spawn_posix  # noqa: F401  isort: skip
import psutil  # isort: skip
import multiprocessing.resource_tracker  # noqa: F401  isort: skip
import subprocess  # noqa: F401  isort: skip
import tempfile  # noqa: F401  isort: skip

for name in ("fork", "forkpty", "killpg", "setpgid", "sched_getaffinity", "set_blocking"):
    delattr(os, name)
sys.modules["resource"] = None
multiprocessing.get_all_start_methods = lambda: ["spawn"]

_function, _replace = ctypes.CDLL.__getattr__, os.replace


def function(library, name):
    """What a C library has, but for renameat2."""
    if name == "renameat2":
        raise AttributeError(name)
    return _function(library, name)


ctypes.CDLL.__getattr__ = function


def replace(source, target, **more):
    """As on Windows: not while a file in either is open in any process."""
    places = [Path(each).absolute() for each in (source, target)]
    for process in psutil.process_iter():
        try:
            files = [Path(each.path) for each in process.open_files()]
        except (psutil.Error, OSError):
            continue
        if any(path == place or place in path.parents for path in files for place in places):
            raise PermissionError(13, "Access is denied", str(target))
    _replace(source, target, **more)


os.replace = replace
