"""How a center's issues are mailed: `delivery:` in its profile."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

PORTS = {"tls": 465, "starttls": 587, "none": 25}


def _address(text: str) -> str:
    name, at, domain = text.strip().rpartition("@")
    bare = name.rpartition("<")[2]
    if not (at and bare and domain.strip("> ") and not set(bare + domain) & set(" ,;\n\t")):
        raise ValueError(f"“{text}”不是邮箱地址")
    return text.strip()


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[tuple[Address, ...], BeforeValidator(_several)]


class Delivery(BaseModel):
    """The server, and who gets what. A password stands in no profile: see hotline.publishing.mail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    server: str
    port: int | None = Field(None, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = Field(
        "starttls", description="none: as plain text, passwords too"
    )
    user: str | None = None
    password_file: str = "data/smtp.password"
    sender: Address
    readers: Addresses = Field((), description="get the PDF and its first words")
    units: dict[str, Addresses] = Field({}, description="unit → who gets its 督办单")
    maintainer: Addresses = Field((), description="gets what the weekly run could not do")

    @property
    def at_port(self) -> int:
        return self.port or PORTS[self.security]
