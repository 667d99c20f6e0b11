"""The installed command, and `python -m hotline`: the process made ready for a command line, and ended after it."""

import atexit
import os
import signal
import sys


def program() -> None:
    """Streams, temporary files and Ctrl-C made ready, then the command line.

    The process ends before the interpreter is taken apart: Arrow's threads may still be closing Delta's files, which are
    Python's, and then end the process with SIGABRT, though all had gone well (tests/test_at_once.py).
    """
    with_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if with_python:
        # Until all is imported Ctrl-C ends the process at once, and Python does not say where it was.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    from hotline.cli import main
    from hotline.scratch import use_own_folder
    from hotline.terminal import with_utf8_paths

    with_utf8_paths()
    code = [1]
    atexit.register(lambda: os._exit(code[0]))  # the first to be registered is the last to be called
    try:
        if with_python:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        use_own_folder()
        main()
    except SystemExit as end:
        code[0] = end.code or 0
    except KeyboardInterrupt:  # before a command had begun its work
        code[0] = 130
    sys.stdout.flush()
    sys.stderr.flush()


if __name__ == "__main__":
    program()
