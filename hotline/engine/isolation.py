"""The calling process works on after a notebook has run in it, whatever the notebook changed.

Put back is what the shell itself replaces, and what any program relies on: streams and hooks, `__main__`, builtins, the
import path, the environment, the working directory, warnings, and matplotlib's settings. The rest (pandas' options, random
states, patched modules) stays changed. Who runs notebooks that must not see each other runs each in a process of its own,
as `hotline render` does.
"""

import builtins
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

_NAMES = ("stdin", "stdout", "stderr", "excepthook", "displayhook", "ps1", "ps2", "last_value")


@contextmanager
def isolated() -> Iterator[None]:
    """Whatever of that is changed inside is as before afterwards."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for remember in (_interpreter, _process, _matplotlib):
            stack.callback(remember())
        yield


def _interpreter() -> Callable[[], None]:
    before = {name: getattr(sys, name) for name in _NAMES if hasattr(sys, name)}
    path, argv, main, built_in = [*sys.path], [*sys.argv], sys.modules["__main__"], {**vars(builtins)}

    def restore() -> None:
        for name in _NAMES:
            if name in before:
                setattr(sys, name, before[name])
            elif hasattr(sys, name):
                delattr(sys, name)
        sys.path[:], sys.argv[:], sys.modules["__main__"] = path, argv, main
        for name in set(vars(builtins)) - set(built_in):
            delattr(builtins, name)
        vars(builtins).update(built_in)

    return restore


def _process() -> Callable[[], None]:
    environment, folder = dict(os.environ), os.getcwd()

    def restore() -> None:
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        os.chdir(folder)

    return restore


def _matplotlib() -> Callable[[], None]:
    """Settings and backend (the file's own where matplotlib was not yet imported), and open figures."""
    rc = sys.modules["matplotlib"].rcParams if "matplotlib" in sys.modules else None
    before = None if rc is None else {name: rc._get(name) for name in rc}

    def restore() -> None:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        if before is not None:
            for name, value in before.items():
                rc._set(name, value)
        elif "matplotlib" in sys.modules:
            sys.modules["matplotlib"].rc_file_defaults()

    return restore
