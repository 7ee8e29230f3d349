"""What a view is: declared, not coded. The root, its members and their relations, and the columns of its Table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from promoter_view.kubernetes.kinds import Kind
from promoter_view.views.fields import Path
from promoter_view.views.relations import Relation

GROUP = "view.promoter.argoproj.io"
VERSION = "v1alpha1"
#: Step it, mod 4, when a change of the definitions changes what bundles look like: it is part of each resourceVersion,
#: so that nobody resumes across the change. The golden frames of the tests catch a forgotten step.
GENERATION = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A Table's column definition (meta.k8s.io/v1). ``priority`` 0 is always shown, above that only with -o wide.

    ``kind``: that of the members without which its cells would say what is not so; "" where there is none.
    """

    name: str
    type: str
    format: str
    description: str
    priority: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class RootOrder:
    """Members come in the order of a list in the root, those it does not name behind them; then by name.

    ``root_path`` leads to the list, ``item`` is the field of its objects that ``member_path`` of a member equals.
    """

    root_path: Path
    item: str
    member_path: Path


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a bundle: the objects of one kind that hang on the root or on another member.

    An object belongs when any of ``relations`` leads to it. ``many``: a list, left out when empty; else one object,
    left out when there is none. Lists are sorted by name unless ``order`` is given. ``description`` is for users.
    """

    field: str
    kind: str
    relations: tuple[Relation, ...]
    many: bool = True
    order: RootOrder | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A virtual resource: one namespaced object for each object of the root's kind, of the same name.

    ``root_field`` holds the root, ``members`` follow in that order. ``uid_namespace``: a bundle's uid is the UUIDv5 of
    the root's uid in it. ``cells`` gives a Table row's cells, in the order of ``columns``, for a decoded bundle; a
    ``Since`` (views.ages) among them is shown as an age when the row is written.
    ``description`` and ``root_description`` are for users: of the whole, and of the root's field.
    """

    kind: str
    plural: str
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    root: Kind
    root_field: str
    members: tuple[Member, ...]
    uid_namespace: UUID
    columns: tuple[Column, ...]
    cells: Callable[[Mapping[str, Any]], list[Any]]
    description: str
    root_description: str

    @property
    def api_version(self) -> str:
        """``group/version``, as bundles carry it."""
        return f"{GROUP}/{VERSION}"

    @property
    def list_kind(self) -> str:
        """The kind of a list of these."""
        return f"{self.kind}List"
