"""Reading a decoded source object whose shape nobody vouches for: total, it never raises.

A CRD may leave a field unvalidated, and the log may hold what an older CRD let in. So what is absent or null reads as
nothing, and what has the wrong type reads as nothing and is noted as a problem, to be counted and logged by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promoter_view.records import ObjectKey

Path = tuple[str, ...]

_NAMES = {str: "a string", dict: "an object", list: "a list", bool: "a boolean", int: "a number", float: "a number"}


@dataclass(frozen=True, slots=True)
class OwnerReference:
    """One entry of metadata.ownerReferences that has ``controller: true``. ``uid`` is "" where it is malformed."""

    group: str
    kind: str
    uid: str


@dataclass(slots=True)
class Fields:
    """One decoded object under its key. The key says its name and namespace; ``document`` is not asked for them."""

    key: ObjectKey
    document: Mapping[str, Any]
    problems: list[str] = field(default_factory=list)

    def text(self, path: Path) -> str:
        """The string at that path; "" when it is absent or no string."""
        found = self._typed(path, str)
        return found if found is not None else ""

    def mapping(self, path: Path) -> Mapping[str, Any]:
        """The object at that path; empty when it is absent or no object."""
        found = self._typed(path, dict)
        return found if found is not None else {}

    def objects(self, path: Path) -> Sequence[Mapping[str, Any]]:
        """The objects in the list at that path; what is no object in it is skipped."""
        found = self._typed(path, list) or ()
        objects = [item for item in found if type(item) is dict]
        if len(objects) < len(found):
            self._complain(path, "holds what is no object")
        return objects

    def texts(self, path: Path, name: str) -> list[str]:
        """The strings under ``name`` of the objects in the list at that path, in order."""
        found = [item.get(name) for item in self.objects(path)]
        texts = [value for value in found if type(value) is str]
        if len(texts) < len(found):
            self._complain((*path, name), "is not everywhere a string")
        return texts

    def labels(self) -> dict[str, str]:
        """metadata.labels, without the entries that are no strings."""
        found = self.mapping(("metadata", "labels"))
        labels = {name: value for name, value in found.items() if type(value) is str}
        if len(labels) < len(found):
            self._complain(("metadata", "labels"), "holds what is no string")
        return labels

    def controllers(self) -> list[OwnerReference]:
        """The owner references with ``controller: true``; the API server admits one at most."""
        references = self.objects(("metadata", "ownerReferences"))
        return [self._owner(reference) for reference in references if reference.get("controller") is True]

    def _owner(self, reference: Mapping[str, Any]) -> OwnerReference:
        parts = [reference.get(name) for name in ("apiVersion", "kind", "uid")]
        if not all(type(part) is str for part in parts):
            self._complain(("metadata", "ownerReferences"), "holds what is no reference")
        version, kind, uid = (part if type(part) is str else "" for part in parts)
        return OwnerReference(version.rpartition("/")[0], kind, uid)

    def _typed(self, path: Path, wanted: type) -> Any:
        found: Any = self.document
        for depth, name in enumerate(path):
            if type(found) is not dict:
                return self._mistyped(path[:depth], found, dict)
            found = found.get(name)
            if found is None:
                return None
        return found if type(found) is wanted else self._mistyped(path, found, wanted)

    def _mistyped(self, path: Path, found: object, wanted: type) -> None:
        self._complain(path, f"is {_NAMES[type(found)]}, not {_NAMES[wanted]}")

    def _complain(self, path: Path, problem: str) -> None:
        line = f"{'.'.join(path)} {problem}"
        if line not in self.problems:
            self.problems.append(line)
