"""What an issue was made from, and whether that is still so: only what changed is rendered again.

Each issue keeps a record, inputs.json: digests of the notebook, the parameters, the profile, the article and this
package, and what its notebook read from the archive. Whether the archive still says the same is answered in three
steps, each only where the one before does not settle it: the table's version; the set of its data files that the
reads touch (a path is written once); what the reads return now, beside what they returned then.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache, wraps
from pathlib import Path

from hotline import center as profiles
from hotline import periods
from hotline.center import Center
from hotline.periods import Period
from hotline.publishing import notebooks
from hotline.workspace import workspace

RECORD = "inputs.json"
READS = ("handlings", "visits", "requests_by_day")
"""The methods of hotline.archive.Archive through which a notebook reads; their arguments are datetimes."""


def of(profile: Center, period: Period, parameters: profiles.Parameters) -> dict:
    """Digests of everything but the archive that an issue is made from, by name; JSON."""
    article = profiles.article(profile.key, period, parameters.article)
    layout = profiles.reference(profile.key)
    return {
        "notebook": notebooks.digest(notebooks.path(profile.key, period), profile),
        "parameters": parameters.model_dump(mode="json"),
        "profile": digest(profile.model_dump_json()),
        "article": article and digest(article),
        "layout": layout and digest(layout.read_bytes()),
        "package": package_digest(),
    }


def digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


@cache
def package_digest() -> str:
    """Of this package's own files: its version, and any change to a definition on the way to the next."""
    root = Path(__file__).parents[1]
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return digest(
        b"\0".join(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() for path in files)
    )


@contextmanager
def recorded_reads() -> Iterator[dict]:
    """Note what is read from archives meanwhile: {"uri", "version", "files", "reads": [[method, *datetimes as text]]}.

    Empty where nothing was read. The notebook is the analyst's to change: what it reads is seen, not assumed.
    """
    from hotline.archive import Archive

    found: dict = {}
    originals = {name: getattr(Archive, name) for name in READS}

    def noting(name: str, original: Callable) -> Callable:
        @wraps(original)
        def read(self: Archive, *args: datetime, **named: datetime):
            found.update(uri=_portable(self.uri), version=self.version)
            moments = {key: moment.isoformat() for key, moment in zip(_names(original), args, strict=False)}
            moments.update({key: moment.isoformat() for key, moment in named.items()})
            if (entry := [name, moments]) not in found.setdefault("reads", []):
                found["reads"].append(entry)
            return original(self, *args, **named)

        return read

    for name, original in originals.items():
        setattr(Archive, name, noting(name, original))
    try:
        yield found
    finally:
        for name, original in originals.items():
            setattr(Archive, name, original)
        if found.get("version") is not None:
            found["files"] = Tables().at(_here(found["uri"]), found["version"]).files(found["reads"])


def _portable(uri: str) -> str:
    """An archive in the workspace by its place there: a workspace may be copied or moved, and its issues with it."""
    path = Path(uri)
    return path.relative_to(workspace()).as_posix() if path.is_relative_to(workspace()) else uri


def _here(uri: str) -> str:
    return uri if "://" in uri else str(workspace() / uri)


def _names(method: Callable) -> tuple[str, ...]:
    return method.__code__.co_varnames[1 : method.__code__.co_argcount]


class Table:
    """The data files of one version of a Delta table, without their content."""

    def __init__(self, uri: str, version: int | None = None):
        from deltalake import DeltaTable

        table = DeltaTable(uri, version=version) if DeltaTable.is_deltatable(uri) else None
        self.uri = uri
        self.version = None if table is None else table.version()
        self._files = [] if table is None else sorted(_files(table), key=lambda file: file[0])
        self._table = table

    @property
    def newest(self) -> datetime | None:
        """The moment of the newest export in the table; None where the data files do not say."""
        actions = None if self._table is None else self._table.get_add_actions(flatten=True)
        if actions is None or "max.exported_at" not in actions.schema.names:
            return None
        return max(filter(None, map(_moment, actions["max.exported_at"])), default=None)

    def files(self, reads: list) -> str:
        """A digest of the paths of the files that these reads may touch."""
        weeks, visits = set(), []
        for method, moments in reads:
            start, end = (datetime.fromisoformat(moments[name]) for name in ("start", "end"))
            if method == "visits":
                visits.append((start, end))
            else:
                weeks |= _weeks(start, end)
        touched = [
            path for path, week, first, last in self._files
            if week in weeks or any(first is None or (first < end and last >= start) for start, end in visits)
        ]  # fmt: skip
        return digest("\n".join(touched))


def _files(table) -> Iterator[tuple[str, str, datetime | None, datetime | None]]:
    """Path, week, and the first and last visit of each data file (None where its statistics do not say).

    A file without a single visit has none in any period.
    """
    actions = table.get_add_actions(flatten=True)
    columns = {name: list(actions[name]) for name in actions.schema.names}
    nothing = [None] * len(columns["path"])
    first, last = (columns.get(f"{side}.visited_at", nothing) for side in ("min", "max"))
    unvisited = columns.get("null_count.visited_at", nothing)
    for path, week, begin, end, missing, rows in zip(
        columns["path"],
        columns["partition.week"],
        first,
        last,
        unvisited,
        columns["num_records"],
        strict=True,
    ):
        if rows is not None and missing is not None and _plain(rows) == _plain(missing):
            yield _plain(path), _plain(week), datetime.max, datetime.min
        else:
            yield _plain(path), _plain(week), _moment(begin), _moment(end)


def _plain(value):
    return value.as_py() if hasattr(value, "as_py") else value


def _moment(value) -> datetime | None:
    value = _plain(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else None


def _weeks(start: datetime, end: datetime) -> set[str]:
    week, found = periods.containing(start), set()
    while week.start < end:
        found.add(str(week))
        week = week.next
    return found


class Tables:
    """The tables looked at in one call, each opened once."""

    def __init__(self):
        self.at = cache(Table)

    def same(self, made: dict) -> bool:
        """Whether the archive still says what it said to an issue: `made` as `recorded_reads` gave it."""
        if not made:
            return True
        now = self.at(_here(made["uri"]))
        if now.version == made["version"] or now.version is None:
            return now.version == made["version"]
        return now.files(made["reads"]) == made["files"] or self._same_content(made)

    def _same_content(self, made: dict) -> bool:
        """Read then and now: an import rewrites a week's file although no request in it may have changed."""
        from hotline.archive import Archive

        root, _, center = _here(made["uri"]).rpartition("/")
        try:
            then, now = Archive(root, center, made["version"]), Archive(root, center)
            for method, moments in made["reads"]:
                arguments = {name: datetime.fromisoformat(moment) for name, moment in moments.items()}
                if not getattr(then, method)(**arguments).equals(getattr(now, method)(**arguments)):
                    return False
        except Exception:  # the files of that version are no longer there (vacuum): what it said is not known
            return False
        return True


def record(folder: Path) -> dict:
    """The record of a published issue; empty where there is none that can be read."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def dumps(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, default=_text) + "\n"


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
