"""What the process does that reads files: `python -m hotline.intake.serving BYTES SECONDS`, as hotline.intake.readers starts it.

It imports nothing of pandas, and pyarrow only if a file is text, so that it starts in a few hundredths of a second.
"""

import os
import pickle
import signal
import sys
from contextlib import suppress

from hotline.intake import files, progress
from hotline.intake.grids import FileError, Grid

PARTS = {"open": (0.0, 0.5), "body": (0.5, 0.3)}
"""Question → where in the work on a file it begins, and its share; the rest is its rows' cleaning."""
NO_MEMORY = 71
"""The exit code of a process that got no more memory."""


def serve(max_memory: int, max_seconds: int) -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which then ends this process
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to standard error, not among the answers
    _limit_memory(max_memory)
    grids: list[Grid] = []

    def say(kind: str, answer: object) -> None:
        pickle.dump((kind, answer, _held()), answers, 5)
        answers.flush()

    while True:
        try:
            question, *details = pickle.load(questions)
        except EOFError:
            return
        try:
            begins, share = PARTS[question]
            progress.listener = lambda part, begins=begins, share=share: say(
                "progress", begins + share * part
            )
            if question == "open":
                _limit_time(max_seconds)
                grids = list(files.grids(*details))
                answer = "answer", [(g.file, g.sheet, g.head, g.date1904, g.broken) for g in grids]
            else:
                number, *where = details
                answer = "answer", grids[number].body(*where)
        except FileError as error:
            answer = "refused", str(error)
        except MemoryError:
            os._exit(NO_MEMORY)  # writing a traceback would need memory
        except Exception as error:
            if isinstance(error, ImportError) and "map" in str(error):
                os._exit(NO_MEMORY)  # the loader "cannot map" a library: no memory either
            import traceback

            answer = "failed", traceback.format_exc()
        say(*answer)


try:
    import resource
except ImportError:  # Windows

    def _limit_memory(most: int) -> None:
        pass

    def _limit_time(seconds: int) -> None:
        pass

    def _held() -> int:
        return 0

else:

    def _limit_memory(most: int) -> None:
        # What the process writes to, unlike RLIMIT_AS, which counts what libraries merely set aside.
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _limit_time(seconds: int) -> None:
        """Should the parent be killed meanwhile, the system ends this process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU,
            (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY),
        )

    def _held() -> int:
        """The most memory that the process has had, in bytes.

        Linux's ru_maxrss begins with what the parent held when it started this process; VmHWM does not.
        """
        with suppress(OSError), open("/proc/self/status", "rb") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith(b"VmHWM:"))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
