"""Label and field selectors: their grammar, and what they match. Pure.

The label grammar is that of k8s.io/apimachinery's labels.Parse, which kube-apiserver, kubectl and client-go share:
``k``, ``!k``, ``k=v``, ``k==v``, ``k!=v``, ``k in (a,b)``, ``k notin (a,b)``, ``k>1``, ``k<1``, joined by commas.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

_TOKEN = re.compile(r"[ \t\r\n]*(?P<token>==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+|\Z)")
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_FIELD_TERM = re.compile(r"(?:\\.|[^,\\])+")
_Found = TypeVar("_Found")
_SYMBOLS = frozenset({"", "==", "!=", "=", "!", "(", ")", ",", "<", ">"})
_NOTHING: Mapping[str, str] = {}
_FIELDS = ("metadata.name", "metadata.namespace")
#: Each is tried on each object, in one turn: thousands of them, which a URL has room for, would hold up everybody.
MAX_REQUIREMENTS = 64


class SelectorError(ValueError):
    """A selector that cannot be read. The message names the part that is wrong."""


class FieldError(SelectorError):
    """A field selector on a field that cannot be selected by; ``supported`` are those that can."""

    def __init__(self, field: str, supported: Collection[str]) -> None:
        super().__init__(f"field label not supported: {field}; supported are {', '.join(supported)}")
        self.field = field


class Operator(enum.Enum):
    """What a requirement asks of the value of its key."""

    EXISTS = "exists"
    ABSENT = "!"
    IN = "in"
    NOT_IN = "notin"
    GREATER = ">"
    LESS = "<"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on one label. ``=`` and ``!=`` are IN and NOT_IN of one value."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels meets it."""
        value = labels.get(self.key)
        if self.operator is Operator.IN:
            return value in self.values
        if self.operator is Operator.NOT_IN:
            return value not in self.values
        if self.operator is Operator.EXISTS:
            return value is not None
        if self.operator is Operator.ABSENT:
            return value is None
        return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        if not _INTEGER.fullmatch(value):
            return False
        bound = int(next(iter(self.values)))
        return int(value) > bound if self.operator is Operator.GREATER else int(value) < bound

    def __str__(self) -> str:
        if self.operator is Operator.EXISTS:
            return self.key
        if self.operator is Operator.ABSENT:
            return f"!{self.key}"
        if self.operator in _COMPARISONS:
            return f"{self.key}{self.operator.value}{next(iter(self.values))}"
        if len(self.values) > 1:
            return f"{self.key} {self.operator.value} ({','.join(sorted(self.values))})"
        return f"{self.key}{'=' if self.operator is Operator.IN else '!='}{next(iter(self.values))}"


_COMPARISONS = frozenset({Operator.GREATER, Operator.LESS})
_EXACT = {"=": Operator.IN, "==": Operator.IN, "!=": Operator.NOT_IN, ">": Operator.GREATER, "<": Operator.LESS}
_SETS = {"in": Operator.IN, "notin": Operator.NOT_IN}


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A conjunction of requirements, by key. Its string is the selector in its normal form."""

    requirements: tuple[Requirement, ...] = ()

    @property
    def empty(self) -> bool:
        """It matches everything."""
        return not self.requirements

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


def parse_label_selector(text: str) -> LabelSelector:
    """Reads a label selector; "" selects everything. Errors: SelectorError, also beyond MAX_REQUIREMENTS."""
    parser = _Parser(text)
    requirements = _bounded(parser.requirements())
    return LabelSelector(tuple(sorted(requirements, key=lambda found: (found.key, str(found)))))


class _Parser:
    """Recursive descent over the tokens; ``in`` and ``notin`` are operators only where one is due."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._next = ""
        self._advance()

    def requirements(self) -> Iterator[Requirement]:
        if self._next == "":
            return
        yield self._requirement()
        while self._next == ",":
            self._advance()
            yield self._requirement()
        self._expect("", "',' or the end")

    def _requirement(self) -> Requirement:
        if self._next == "!":
            self._advance()
            return Requirement(self._key(), Operator.ABSENT)
        key = self._key()
        if self._next in ("", ","):
            return Requirement(key, Operator.EXISTS)
        operator = self._take()
        if operator in _SETS:
            return Requirement(key, _SETS[operator], frozenset(map(_check_value, self._value_set())))
        if operator not in _EXACT:
            raise self._error(operator, "one of =, ==, !=, >, <, in, notin")
        return self._exact(key, _EXACT[operator])

    def _exact(self, key: str, operator: Operator) -> Requirement:
        value = "" if self._next in ("", ",") else self._identifier("a value")
        if operator in _COMPARISONS and not _INTEGER.fullmatch(value):
            raise SelectorError(f"{key}{operator.value}{value}: the value has to be an integer")
        return Requirement(key, operator, frozenset((_check_value(value),)))

    def _value_set(self) -> Iterator[str]:
        self._expect("(", "'('")
        while True:
            yield "" if self._next in (",", ")") else self._identifier("a value")
            if self._next != ",":
                break
            self._advance()
        self._expect(")", "',' or ')'")

    def _key(self) -> str:
        return _check_key(self._identifier("a label key"))

    def _identifier(self, expected: str) -> str:
        if self._next in _SYMBOLS:
            raise self._error(self._next, expected)
        return self._take()

    def _expect(self, token: str, expected: str) -> None:
        if self._next != token:
            raise self._error(self._next, expected)
        self._advance()

    def _take(self) -> str:
        token = self._next
        self._advance()
        return token

    def _advance(self) -> None:
        match = _TOKEN.match(self._text, self._position)
        assert match is not None  # the alternatives cover every character and the end
        self._position = match.end()
        self._next = match["token"]

    def _error(self, found: str, expected: str) -> SelectorError:
        part = f"'{found}'" if found else "the end"
        return SelectorError(f"unable to parse selector '{self._text}': found {part}, expected {expected}")


def _bounded(found: Iterator[_Found]) -> tuple[_Found, ...]:
    requirements = tuple(islice(found, MAX_REQUIREMENTS + 1))
    if len(requirements) > MAX_REQUIREMENTS:
        raise SelectorError(f"a selector of more than {MAX_REQUIREMENTS} requirements is not read")
    return requirements


def _check_key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= 253 and _SUBDOMAIN.fullmatch(prefix)):
        raise SelectorError(f"label key '{key}': the prefix has to be a DNS subdomain of at most 253 characters")
    if not (len(name) <= 63 and _NAME.fullmatch(name)):
        raise SelectorError(
            f"label key '{key}': the name has to be 1 to 63 letters, digits, '-', '_' or '.', "
            "and begin and end with a letter or digit"
        )
    return key


def _check_value(value: str) -> str:
    if value and not (len(value) <= 63 and _NAME.fullmatch(value)):
        raise SelectorError(
            f"label value '{value}': has to be at most 63 letters, digits, '-', '_' or '.', "
            "and begin and end with a letter or digit"
        )
    return value


@dataclass(frozen=True, slots=True)
class FieldRequirement:
    """One requirement on a field: ``metadata.name``, ``metadata.namespace`` or one more that a resource has."""

    field: str
    equal: bool
    value: str

    def admits(self, value: str) -> bool:
        """Whether a field of that value is selected."""
        return (value == self.value) is self.equal

    def __str__(self) -> str:
        value = re.sub(r"([\\,=])", r"\\\1", self.value)
        return f"{self.field}{'=' if self.equal else '!='}{value}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """A conjunction of requirements on name, namespace and fields that a resource can be selected by beside these."""

    requirements: tuple[FieldRequirement, ...] = ()

    @property
    def empty(self) -> bool:
        """It matches everything."""
        return not self.requirements

    @property
    def by_name_only(self) -> bool:
        """It asks for nothing but name and namespace."""
        return all(term.field in _FIELDS for term in self.requirements)

    @property
    def name(self) -> str | None:
        """The one name that can match, if the selector names one."""
        return self._exact("metadata.name")

    @property
    def namespace(self) -> str | None:
        """The one namespace that can match, if the selector names one."""
        return self._exact("metadata.namespace")

    def matches(self, namespace: str, name: str, more: Mapping[str, str] = _NOTHING) -> bool:
        """Whether an object of that namespace ("" for cluster scope) and name is selected.

        ``more``: its other fields; one that it has not is "", as in Kubernetes.
        """
        values = {**more, "metadata.namespace": namespace, "metadata.name": name}
        return all(term.admits(values.get(term.field, "")) for term in self.requirements)

    def _exact(self, field: str) -> str | None:
        return next((term.value for term in self.requirements if term.equal and term.field == field), None)

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


def parse_field_selector(text: str, more: Collection[str] = ()) -> FieldSelector:
    r"""Reads a field selector; "" selects everything. ``\``, ``,`` and ``=`` in a value are escaped by ``\``.

    Errors: SelectorError, also beyond MAX_REQUIREMENTS; FieldError where the field is neither metadata.name nor
    metadata.namespace nor one of ``more``.
    """
    found = FieldSelector(_bounded(_field_requirement(term, text) for term in _field_terms(text)))
    supported = (*_FIELDS, *more)
    unknown = next((term.field for term in found.requirements if term.field not in supported), None)
    if unknown is not None:
        raise FieldError(unknown, supported)
    return found


def _field_terms(text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        match = _FIELD_TERM.match(text, position)
        if match:
            yield match[0]
            position = match.end()
        elif text[position] == "\\":
            raise SelectorError(f"invalid selector: '{text}'; it ends in a lone '\\'")
        else:
            position += 1


def _field_requirement(term: str, text: str) -> FieldRequirement:
    match = re.fullmatch(r"([^=!\\]*)(==|!=|=)((?:\\[\\,=]|[^\\=])*)", term, re.DOTALL)
    if match is None:
        raise SelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
    field, operator, value = match.groups()
    return FieldRequirement(field, operator != "!=", re.sub(r"\\(.)", r"\1", value))
