"""The conditions of a status, for ``kubectl wait``: how they are told, and their schema. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import rfc3339
from promoter_view.records import Word
from promoter_view.views.status.words import CONDITION

#: In place of what stems from members that a reader may not see.
NOT_VISIBLE = "not visible to you"


@dataclass(frozen=True, slots=True)
class StatusCondition:
    """What holds of a bundle: ``status`` is True, False or Unknown, ``reason`` one word in CamelCase."""

    type: str
    status: str
    reason: str
    message: str = ""

    @property
    def key(self) -> str:
        """What its word is said of."""
        return CONDITION + self.type


def verdict(holds: bool) -> str:
    """True or False, as conditions have it."""
    return "True" if holds else "False"


def told(conditions: Iterable[StatusCondition], words: Mapping[str, Word]) -> list[Mapping[str, str]]:
    """Them as they stand in a status."""
    return [
        {
            "type": each.type,
            "status": words[each.key].value,
            "reason": each.reason,
            "message": each.message,
            "lastTransitionTime": rfc3339(words[each.key].since),
        }
        for each in conditions
    ]


def described(description: str) -> dict[str, Any]:
    """The schema of a text."""
    return {"description": description, "type": "string"}


def moment(description: str) -> dict[str, Any]:
    """The schema of a time."""
    return {"description": description, "type": "string", "format": "date-time"}


def schema(types: Mapping[str, str]) -> dict[str, Any]:
    """Of the field ``conditions``: what each type means, in words for users."""
    meanings = " ".join(f"{name}: {meaning}" for name, meaning in types.items())
    return {
        "description": f"Conditions, for kubectl wait. {meanings}",
        "type": "array",
        "items": {
            "type": "object",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": described(f"One of {', '.join(types)}."),
                "status": described("True, False or Unknown."),
                "reason": described("Why, in one word."),
                "message": described("Why, in a sentence; may be empty."),
                "lastTransitionTime": moment("Since when the status is this one: when the change was recorded."),
            },
        },
    }
