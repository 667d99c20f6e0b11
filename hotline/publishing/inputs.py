"""What an issue was made from, and whether that is still so: only what changed is rendered again.

Each issue keeps a record, inputs.json: digests of the notebook, the parameters, the profile, the article and this
package, and what its notebook read from the archive (hotline.reads). Whether the archive still says the same is
answered in three steps, each only where the one before does not settle it: the table's version; the data files that
the reads open (a path is written once); what the reads return now, beside what they returned then.
"""

import hashlib
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hotline import profiles, reads
from hotline.center import Center
from hotline.location import Location
from hotline.periods import Period
from hotline.publishing import notebooks
from hotline.table import ArchiveError, Table

RECORD = "inputs.json"


def of(profile: Center, period: Period, parameters: profiles.Parameters) -> dict:
    """Digests of everything but the archive that an issue is made from, by name; JSON."""
    article = profiles.article(profile.key, period, parameters.article)
    layout = profiles.reference_path(profile.key)
    return {
        "notebook": notebooks.digest(notebooks.path(profile.key, period), profile),
        "parameters": parameters.model_dump(mode="json"),
        "profile": digest(profile.model_dump_json(exclude={"timeout", "delivery"})),
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


class Tables:
    """The tables looked at in one call, each opened once."""

    def __init__(self):
        self._table = cache(Table)
        self._archive = cache(_archive)

    def same(self, records: list[dict]) -> bool:
        """Whether the archives still say what they said to an issue: `records` as `reads.Log.record` gave them."""
        return all(self._same(record) for record in records)

    def _same(self, record: dict) -> bool:
        place = (Location.of(record["location"]), record["center"])
        now = self._table(*place)
        if now.id is None or now.id != record["table"] or now.version == record["version"]:
            return (now.id, now.version) == (record["table"], record["version"])
        archive = self._archive(*place)
        if record["files"] == reads.digest(archive.files(record["predicates"])):
            return True
        # An import rewrites the whole file of a week: other files may hold the same rows, so what they say is compared.
        if reads.UNKNOWN in record["reads"]:
            return False
        try:
            then = self._archive(place[0].at(record["version"]), record["center"])
            return all(
                _equal(reads.repeat(read, then), reads.repeat(read, archive)) for read in record["reads"]
            )
        except (
            ArchiveError
        ):  # the files of that version are gone (vacuum), so there is nothing to compare with
            return False


def _archive(location: Location, center: str) -> Table:
    # Imported here, because it imports pandas: a call that finds nothing changed is quicker without.
    from hotline.archive import Archive

    return Archive(location, center)


def _equal(one: Any, other: Any) -> bool:
    return one.equals(other) if hasattr(one, "equals") else one == other


def record(folder: Path) -> dict:
    """The record of a published issue; empty where there is none that can be read."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def dumps(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, default=_text) + "\n"


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
