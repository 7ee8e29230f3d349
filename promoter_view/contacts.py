"""Whom to ask about an object: its annotations ``promoter-view.io/owner``, ``/contact`` and ``/runbook``. Pure.

Annotations are anybody's input: only ``https:``, ``http:`` and ``mailto:`` become links, all else is text.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping
from promoter_view.urls import web_url

_PREFIX = "promoter-view.io/"
_MOST_CHARACTERS = 500
_MAIL = re.compile(r"mailto:[!#-;=?-~]+@[!#-;=?-~]+")


class ContactKind(enum.StrEnum):
    """What is told, in the order in which it is shown."""

    OWNER = "owner"
    CONTACT = "contact"
    RUNBOOK = "runbook"


#: What is read of an object's annotations.
CONTACT_ANNOTATIONS: Mapping[str, ContactKind] = {_PREFIX + kind: kind for kind in ContactKind}


@dataclass(frozen=True, slots=True)
class Contact:
    """One of these; ``url`` is "" where what it says is no link."""

    kind: ContactKind
    text: str
    url: str = ""


def read_contacts(found: Mapping[str, Any]) -> tuple[Contact, ...]:
    """What an object's annotations say, in the order of the kinds."""
    annotations = mapping(found, "metadata", "annotations")
    told = ((kind, annotations.get(name)) for name, kind in CONTACT_ANNOTATIONS.items())
    return tuple(_contact(kind, said) for kind, said in told if isinstance(said, str) and said.strip())


def choose_contacts(told: Iterable[tuple[Contact, ...]]) -> tuple[Contact, ...]:
    """What several objects say: of each kind what the first says that says anything, as a Stage before Applications."""
    return tuple(_first_of_each_kind(list(told)))


def _first_of_each_kind(told: list[tuple[Contact, ...]]) -> Iterator[Contact]:
    for kind in ContactKind:
        yield from [contact for contacts in told for contact in contacts if contact.kind is kind][:1]


def _contact(kind: ContactKind, said: str) -> Contact:
    words = " ".join(said.split())
    url = "" if kind is ContactKind.OWNER else web_url(words) or _mail(words)
    return Contact(kind, words[:_MOST_CHARACTERS].removeprefix("mailto:"), url)


def _mail(words: str) -> str:
    return words if len(words) <= _MOST_CHARACTERS and _MAIL.fullmatch(words) else ""
