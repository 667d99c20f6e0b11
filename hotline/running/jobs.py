"""What is asked of a worker and what comes back: plain values that travel between processes and machines."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Job:
    """One issue to make, in the workspace `home`; see hotline.issue.render for what `links`, `version`, `first` say.

    `relink`: only its links to its neighbours need renewing.
    """

    home: str
    center: str
    period: str
    formats: tuple[str, ...] = ("html", "pdf")
    links: dict = field(default_factory=dict, hash=False)
    relink: bool = False
    version: int | None = None
    first: bool = False

    @property
    def name(self) -> str:
        return f"{self.center} {self.period}"


@dataclass(frozen=True)
class Outcome:
    """What became of one issue. `status`: rendered, unchanged, refused (incomplete data) or failed."""

    center: str
    period: str
    status: str
    message: str
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status in ("rendered", "unchanged")

    def __str__(self) -> str:
        return f"{self.center} {self.period}：{self.message}"
