"""What fuzzing keeps: an input that broke something lies in tests/data/fuzz/<what>/, and every run of the tests tries it again.

hypothesis shows the smallest failure last: its input stays, one for each kind of error and the place that raised it.
"""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOUND = Path(__file__).parent / "data" / "fuzz"
_PLACE = re.compile(r'File ".*?(\w+)\.pyx?", line \d+, in (\S+)')


def found(what: str) -> list[Path]:
    """The inputs that broke it once."""
    return sorted((FOUND / what).glob("[!.]*"))


@contextmanager
def kept(what: str, given: bytes, ending: str) -> Iterator[None]:
    """Write down what is given where the body fails. Commit the file with what mends it."""
    try:
        yield
    except Exception as error:
        # A reader's own traceback comes as text, from its process.
        places = _PLACE.findall("".join(traceback.format_exception(error)))
        name = "-".join([type(error).__name__, *(places[-1] if places else ())])
        (FOUND / what).mkdir(parents=True, exist_ok=True)
        (FOUND / what / re.sub(r"[^\w-]", "", name)).with_suffix(ending).write_bytes(given)
        raise
