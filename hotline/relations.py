"""What must hold between figures, and whether it does."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hotline import wording

Key = tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """The figure `key` equals a function of `operands`: `sum`, `at_most`, or one of hotline.wording by its name.

    An operand is a path (a list of names; in a sum `*` stands for any name), a number, or None. An `optional` one need not
    hold for a figure that the issue does not print.
    """

    key: Key
    function: str
    operands: tuple
    optional: bool = False

    def worked_out(self, values: Mapping[Key, object]) -> object:
        """What the function makes of the operands, which are among these values."""
        return worked_out(
            self.function,
            [
                each if each is None or isinstance(each, int) else values.get(tuple(each))
                for each in self.operands
            ],
        )

    def dump(self) -> list:
        return [list(self.key), self.function, list(self.operands), self.optional]

    @classmethod
    def load(cls, dumped: list) -> "Relation":
        key, function, operands, optional = dumped
        return cls(tuple(key), function, tuple(operands), optional)


def contradictions(
    relations: Iterable[Relation], values: Mapping[Key, object], labels: Mapping[Key, str]
) -> Iterator[str]:
    """Every relation that does not hold, in Chinese, by the label of its figure."""
    for relation in relations:
        value, label = values.get(relation.key), labels.get(relation.key, ".".join(relation.key))
        if relation.optional and value is None:
            continue
        if relation.function == "sum":
            yield from _sum(relation, values, label, value)
            continue
        if relation.function == "at_most":
            most = values.get(tuple(relation.operands[0]))
            if most is None or not 0 <= value <= most:
                yield f"{label} {value} 大于{labels.get(tuple(relation.operands[0]), '')} {most}"
            continue
        expected = relation.worked_out(values)
        expected = expected.amount if isinstance(expected, wording.Change) else expected
        if value != expected:
            yield f"{label}应为 {_said(expected)}，写的是 {_said(value)}"


def _sum(relation: Relation, values: Mapping[Key, object], label: str, value: object) -> Iterator[str]:
    parts = [
        part
        for pattern in relation.operands
        for key, part in values.items()
        if len(key) == len(pattern) and all(p in ("*", name) for p, name in zip(pattern, key, strict=True))
    ]
    # No part at all: the section that records them is not printed.
    if parts and sum(part or 0 for part in parts) != (value or 0):
        names = "、".join(".".join(pattern) for pattern in relation.operands)
        yield f"{label} {value}，不等于各项（{names}）合计 {sum(part or 0 for part in parts)}"


def worked_out(function: str, operands: list) -> object:
    """A function of hotline.wording over figures; None where one of them is missing, or the whole is zero."""
    try:
        result = getattr(wording, function)(*operands)
    except (TypeError, ZeroDivisionError):
        return None
    return result


def _said(value: object) -> str:
    return "空" if value is None else str(value)
