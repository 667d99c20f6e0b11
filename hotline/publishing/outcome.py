"""What became of one issue: a plain value that travels between processes and machines."""

from dataclasses import dataclass


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
