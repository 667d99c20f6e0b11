"""A file in params/ as its editor saved it: text in whatever encoding, YAML within limits, every fault named by its key."""

import codecs
import copy
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from hotline import HotlineError, mistakes
from hotline.workspace import printable, shown


class CenterError(HotlineError):
    """Something in params/ cannot be used; the message, in Chinese, names the file and the key."""

    def __init__(self, message: str):
        super().__init__(printable(message))  # a key or a value may hold what a terminal obeys


def text(path: Path) -> str:
    """A file that somebody has written: UTF-8, UTF-16 with its mark, or GB18030, as Chinese Windows saves it."""
    with path.open("rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeError):
            written = path.read_text(encoding=encoding)
            break
    else:
        raise CenterError(f"{shown(path)}：不是文字，或已损坏。请用记事本等打开，另存为 UTF-8 编码的文本。")
    for number, line in enumerate(written.split("\n"), 1):
        if wrong := _control(line):
            raise CenterError(f"{shown(path)}：第 {number} 行{wrong}。")
    return written


def _control(text: str, allowed: str = "\t") -> str:
    """Which of its characters no page shows and a terminal obeys; "" where there is none."""
    for at, char in enumerate(text, 1):
        if char not in allowed and printable(char) != char:
            return f"第 {at} 个字符是控制字符 U+{ord(char):04X}，请删去"
    return ""


_DEEPEST = 20
"""How deep a file in params/ may nest. libyaml's composer recurses: a thousand [ would end the process without a word."""


def mapping(path: Path) -> dict:
    """A YAML file of keys and values, dates left as text."""
    written = text(path)
    try:
        content = copy.deepcopy(_content(written))
    except _Twice as error:
        raise CenterError(f"{shown(path)}：{error.problem}。") from None
    except Exception as error:  # a value that a tag like !!int stands before may raise anything
        mark = getattr(error, "problem_mark", None)
        raise CenterError(f"{shown(path)}：{mistakes.of_yaml(written, mark and mark.line)}。") from None
    if not isinstance(content, dict):
        raise CenterError(f"{shown(path)}：{mistakes.of_yaml(written, None)}。应是“键: 值”的形式。")
    return content


@lru_cache(8)
def _content(written: str) -> object:
    """Every issue reads its profile three times."""
    _check_bounded(written)
    # BaseLoader-like dates: a date stays text, so that the same file serves papermill -f, which wants JSON.
    return yaml.load(written, Loader=_TextDates)


def _check_bounded(text: str) -> None:
    """yaml.YAMLError for aliases, a few of which make thousands of millions of values, and for what nests too deep."""
    depth = 0
    for event in yaml.parse(text, Loader=_CLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem_mark=event.start_mark)


_CLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, ten times faster."""


class _Twice(yaml.MarkedYAMLError):
    """A key that stands twice in one mapping; `problem` says which, in Chinese."""


class _TextDates(_CLoader):
    """The safe loader, with dates left as text, and no key twice in a mapping: the first would be lost unsaid."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                line = key.start_mark.line + 1
                first = lines.setdefault((key.tag, key.value), line)
                if first != line:
                    twice = f"“{key.value:.40}”在第 {first} 行和第 {line} 行各写了一次，请删去一个"
                    raise _Twice(problem=twice, problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


_TextDates.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

_REASONS = {
    "extra_forbidden": "没有这个键，请核对拼写",
    "missing": "缺少这个键",
    "literal_error": "不是可用的值",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "string_type": "应是文字（可加引号）",
    "dict_type": "应是“键: 值”",
    "tuple_type": "应是列表",
    "date_from_datetime_parsing": "应是日期，如 2021-11-05",
    "date_parsing": "应是日期，如 2021-11-05",
}


_FOLDED = ("columns.", "export.missing", "export.unit_separators")
"""Where a value may have line breaks: as headers and cells of spreadsheets do."""


def _unprintable(content: object, name: str = "") -> Iterator[str]:
    """The keys and values with a character that no page shows and a terminal obeys: "name：第 3 个字符是控制字符 U+001B"."""
    if isinstance(content, dict):
        for key, item in content.items():
            if wrong := _control(str(key)):
                yield f"{name or '最外层'}的键：{wrong}"
            else:
                yield from _unprintable(item, f"{name}.{key}" if name else str(key))
    elif isinstance(content, (list, tuple)):
        for item in content:
            yield from _unprintable(item, name)
    elif isinstance(content, str) and (
        wrong := _control(content, "\n\t" if name.startswith(_FOLDED) else "\t")
    ):
        yield f"{name}：{wrong}"


def validated(model: type[BaseModel], content: dict, where: str):
    """The model of this content; CenterError names each key of it that cannot be used, in the file `where`."""
    if wrong := list(_unprintable(content)):
        raise CenterError(f"{where}：" + "；".join(wrong))
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = []
        for item in error.errors():
            key = ".".join(str(part) for part in item["loc"] if part != "[key]") or "（整个文件）"
            reason = _REASONS.get(item["type"], item["msg"].removeprefix("Value error, "))
            value = "" if item["type"] in ("missing", "value_error") else f"（现为 {item['input']!r:.60}）"
            faults.append(f"{key}：{reason}{value}")
        raise CenterError(f"{where}：" + "；".join(faults)) from None
