"""Nothing leaks from one notebook into the next that runs in the same process.

`isolated` puts back the state of the interpreter and of the libraries that a notebook can change without meaning to:
rcParams, options, environment, warnings, working directory, … It restores state, it does not confine code: a
notebook that rewrites a library's internals is why local workers are new processes, for a few issues each
(hotline.batch.pool).
"""

import builtins
import decimal
import locale
import logging
import os
import random
import signal
import socket
import sys
import sysconfig
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def isolated() -> Iterator[None]:
    """Whatever is changed inside is as before afterwards: see the functions below for what 'whatever' is."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        for remember in (_modules, _interpreter, _process, _logging, _numbers, _numpy, _pandas, _matplotlib):
            stack.callback(remember())
        yield


def _interpreter() -> Callable[[], None]:
    names = ("stdin", "stdout", "stderr", "excepthook", "displayhook", "argv", "ps1", "ps2", "last_value")
    before = {name: getattr(sys, name) for name in names if hasattr(sys, name)}
    path, argv, main, built_in = (
        list(sys.path),
        list(sys.argv),
        sys.modules.get("__main__"),
        dict(vars(builtins)),
    )
    limit = sys.getrecursionlimit()

    def restore() -> None:
        for name in names:
            if name in before:
                setattr(sys, name, before[name])
            elif hasattr(sys, name):
                delattr(sys, name)
        sys.path[:], sys.argv[:] = path, argv
        sys.setrecursionlimit(limit)
        if main is not None:
            sys.modules["__main__"] = main
        _put_back(vars(builtins), built_in)

    return restore


def _process() -> Callable[[], None]:
    environment, folder, timeout = dict(os.environ), os.getcwd(), socket.getdefaulttimeout()
    languages = locale.setlocale(locale.LC_ALL)
    main_thread = threading.current_thread() is threading.main_thread()
    caught = (signal.SIGINT, signal.SIGTERM, *([signal.SIGALRM] if hasattr(signal, "SIGALRM") else []))
    handlers = {number: signal.getsignal(number) for number in caught}

    def restore() -> None:
        zone = os.environ.get("TZ")
        if dict(os.environ) != environment:
            for name in set(os.environ) - set(environment):
                del os.environ[name]
            os.environ.update(environment)
        if zone != environment.get("TZ") and hasattr(time, "tzset"):
            time.tzset()
        os.chdir(folder)
        socket.setdefaulttimeout(timeout)
        with suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, languages)
        if main_thread:
            for number, handler in handlers.items():
                if signal.getsignal(number) is not handler and handler is not None:
                    signal.signal(number, handler)

    return restore


def _logging() -> Callable[[], None]:
    root = logging.getLogger()
    handlers, level, disabled = list(root.handlers), root.level, root.manager.disable

    def restore() -> None:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.disable(disabled)

    return restore


def _numbers() -> Callable[[], None]:
    state, context = random.getstate(), decimal.getcontext().copy()

    def restore() -> None:
        random.setstate(state)
        decimal.setcontext(context)

    return restore


def _modules() -> Callable[[], None]:
    """Modules of the notebook's own (beside it, on a path it added) are forgotten; this package is as it was."""
    before = set(sys.modules)
    ours = {
        name: dict(vars(module)) for name, module in sys.modules.items()
        if name.partition(".")[0] == "hotline" and isinstance(module, types.ModuleType)
    }  # fmt: skip
    installed = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})

    def restore() -> None:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and not os.path.abspath(file).startswith(installed):
                del sys.modules[name]
        for name, content in ours.items():
            if name in sys.modules:
                _put_back(vars(sys.modules[name]), content)

    return restore


def _numpy() -> Callable[[], None]:
    if "numpy" not in sys.modules:
        return lambda: None
    import numpy

    printing, errors, state = numpy.get_printoptions(), numpy.geterr(), numpy.random.get_state()

    def restore() -> None:
        numpy.set_printoptions(**printing)
        numpy.seterr(**errors)
        numpy.random.set_state(state)

    return restore


def _pandas() -> Callable[[], None]:
    """pandas' options; the defaults where pandas was not yet imported."""
    before = dict(_options(sys.modules["pandas"].options.d)) if "pandas" in sys.modules else None

    def restore() -> None:
        if "pandas" not in sys.modules:
            return
        import pandas

        if before is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pandas.reset_option("all")
            return
        for name, value in _options(pandas.options.d):
            if name in before and value is not before[name]:
                pandas.set_option(name, before[name])

    return restore


def _options(tree: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _options(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _matplotlib() -> Callable[[], None]:
    """rcParams (the file's defaults where matplotlib was not yet imported), added fonts, and open figures."""
    rc = sys.modules["matplotlib"].rcParams if "matplotlib" in sys.modules else None
    before = None if rc is None else {name: rc._get(name) for name in rc}
    manager = getattr(sys.modules.get("matplotlib.font_manager"), "fontManager", None)
    fonts = None if manager is None else list(manager.ttflist)

    def restore() -> None:
        if "matplotlib" not in sys.modules:
            return
        import matplotlib

        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        if before is None:
            matplotlib.rc_file_defaults()
        else:
            for name, value in before.items():
                matplotlib.rcParams._set(name, value)
        if fonts is not None:
            manager.ttflist[:] = fonts

    return restore


def _put_back(namespace: dict, before: dict) -> None:
    """As before, but for the submodules that a package has gained and that stay imported."""
    for name in set(namespace) - set(before):
        if getattr(namespace[name], "__name__", None) not in sys.modules:
            del namespace[name]
    namespace.update(before)
