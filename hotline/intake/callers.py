"""Who called, as a code: the same number always has the same code, and no code leads back to its number.

The code is an HMAC of the number under a key of this workspace. The key lies in data/caller.key and never enters an
archive: whoever has the archive alone cannot try out all telephone numbers.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from hotline import HotlineError, whole
from hotline.system import refused
from hotline.workspace import shown

_CODE = re.compile(r"[0-9a-f]{64}")


class CallerKeyError(HotlineError):
    """The key cannot be read or made; the message, in Chinese, names the file."""


def key(path: Path) -> tuple[bytes, bool]:
    """The key kept in that file, and whether it was made just now."""
    try:
        made = not path.exists() and _make(path)
        secret = path.read_bytes()
    except OSError as error:
        raise CallerKeyError(
            f"{shown(path)}：{refused(error)}。来电号码要用它换成代号，请检查文件及其权限。"
        ) from None
    if not _CODE.fullmatch(secret.decode("ascii", "replace").strip()):
        raise CallerKeyError(f"{shown(path)}：内容不是 64 位十六进制的密钥。请从备份恢复这个文件。")
    return secret.strip(), made


def _make(path: Path) -> bool:
    """A new key, whole or not at all; False if another import was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with whole.replacement(path) as part:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            os.link(part, path)
    except FileExistsError:
        return False
    return True


def code(text: str, secret: bytes) -> str | None:
    """A number's code; None for a text without digits. A code, as a file of rows set aside has it, stays as it is."""
    if _CODE.fullmatch(text):
        return text
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    digits = digits[2:] if re.fullmatch(r"861\d{10}", digits) else digits
    return hmac.new(secret, digits.encode(), hashlib.sha256).hexdigest() if digits else None
