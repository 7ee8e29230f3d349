"""What a view is: declared, not coded. The root, its members and their relations, and the columns of its Table."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from promoter_view.kubernetes.kinds import REFLECTED_KINDS, Kind
from promoter_view.records import STATUS, BundleKey, ObjectKey, Tally, UndeclaredKind, Word
from promoter_view.views.contents import BundleContents, Contents, Readings
from promoter_view.views.fields import Fields, Path
from promoter_view.views.joining.relations import Relation

GROUP = "view.promoter.argoproj.io"
VERSION = "v1alpha1"
#: Step it, mod 4, when a change of the definitions changes what bundles look like: it is part of each resourceVersion,
#: so that nobody resumes across the change. The golden frames of the tests catch a forgotten step.
GENERATION = 1
#: The field selector by the one word of a bundle's status.
STATE = "status.state"

_Found = TypeVar("_Found")
#: By name.
DECLARED = {kind.kind: kind for kind in REFLECTED_KINDS}


#: Makes one cell of a row. What several cells of a row are made of is worked out once, by whichever is made first.
Cell = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A Table's column definition (meta.k8s.io/v1). ``priority`` 0 is always shown, above that only with -o wide.

    ``kind``: the kind of the members without which its cells would say what is not so; "" where there is none.
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


class Choice(Protocol):
    """Which of the members that belong are shown, and in which order."""

    def read(self, member: Fields) -> Any:
        """What of a member that depends on; it is kept with it, so it is small."""

    def choose(self, found: Sequence[tuple[Any, _Found]]) -> list[_Found]:
        """Those that are shown, of members with what was read of them, which come sorted by name."""


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a bundle: the objects of one kind that hang on the root or on another member.

    An object belongs when any of ``relations`` leads to it. ``many``: a list, left out when empty; else one object,
    left out when there is none. Lists are sorted by namespace and name unless ``order`` or ``choice`` is given.
    ``whole_by``: one of ``relations``; a member to which only others lead is shown by its name alone.
    ``shown_by``: one of ``relations``; an object to which only others lead is not shown, but fields are worked out of
    it; then ``choice`` is which of those.
    ``elsewhere``: members may be in other namespaces than their root. ``description`` is for users.
    """

    field: str
    kind: str
    relations: tuple[Relation, ...]
    many: bool = True
    order: RootOrder | None = None
    choice: Choice | None = None
    whole_by: Relation | None = None
    shown_by: Relation | None = None
    elsewhere: bool = False
    description: str = ""


class Whole(NamedTuple):
    """A member as it is, whatever of it is shown: its JSON, the same object as long as it does not change."""

    key: ObjectKey
    body: bytes


#: The members of a field, in the order in which they are shown; behind them those that are not shown.
Members = Callable[[str], Sequence[Whole]]


@dataclass(frozen=True, slots=True)
class Computed:
    """One field of a bundle that is worked out of its root and members.

    ``compute`` gets the decoded root and its members; None: the field is left out. ``kinds``: of the members
    from which it comes; who may not see one of those does not see the field. ``schema`` is of OpenAPI 3. ``seen``: the
    field as it is to who may see those, but not some others that it may tell of; None: as it is to everybody.
    """

    field: str
    kinds: frozenset[str]
    compute: Callable[[Mapping[str, Any], Members], Mapping[str, Any] | None]
    schema: Mapping[str, Any]
    seen: Callable[[Contents, frozenset[str]], Mapping[str, Any] | None] = lambda contents, hidden: None  # noqa: ARG005


class Assessed(Protocol):
    """What is said of a bundle now, before it is known since when. Pure; a value.

    A word is what is said of one thing: "" is the whole, whose word is ``status.state``. What may be long comes in
    steps, an environment a step.
    """

    @property
    def words(self) -> Mapping[str, str]:
        """The words of now, by what they are said of (records.Memory)."""

    @property
    def began(self) -> Mapping[str, int]:
        """Since when words hold, in seconds since 1970, where objects tell: for bundles that are not known yet."""

    def tally(
        self, before: Mapping[str, Tally], words: Mapping[str, Word], at: int
    ) -> Generator[None, None, Mapping[str, Tally]]:
        """The counters behind ``before``, now that the words are these, at ``at`` seconds since 1970.

        What is counted already is not counted again: it may be asked for once more with nothing changed.
        """

    def render(
        self, words: Mapping[str, Word], hidden: frozenset[str] = frozenset()
    ) -> Generator[None, None, Sequence[bytes]]:
        """The field's JSON in pieces (views.status), for a reader who may not see members of the kinds ``hidden``."""


@dataclass(frozen=True, slots=True)
class StatusField:
    """The field ``status``, the last of a bundle.

    ``assess`` gets what the bundle holds beside it, and takes a step for each object that it reads. It reads members by
    functions that Contents keeps results of, so that of a thousand members a change of one costs reading one.
    ``schema`` is of OpenAPI 3. ``pages`` is the address below which the dashboard has ``/NAMESPACE/NAME``; "" where
    that is not known. ``readings``: what was read of members by whoever assesses bundles here, for those who assess
    them again; None where nobody does. ``states`` are the words that ``status.state`` may be.
    """

    assess: Callable[[Contents], Generator[None, None, Assessed]]
    schema: Mapping[str, Any]
    states: tuple[str, ...]
    pages: str = ""
    readings: Readings | None = field(default=None, compare=False, repr=False)

    def url_of(self, key: BundleKey) -> str:
        """The address of that bundle's page."""
        return f"{self.pages}/{key.namespace}/{key.name}" if self.pages else ""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """How kinds of ``group`` that are not declared become members, once they are taken up (``views.undeclared``).

    Their objects hang on a root by ``naming`` where they name it, else by ``owned``. Their fields stand before the one
    called ``before``, by name.
    """

    group: str
    before: str
    naming: tuple[Relation, ...]
    owned: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A virtual resource: one namespaced object for each object of the root's kind, of the same name.

    ``root_field`` holds the root, ``members`` and ``computed`` follow in that order. ``uid_namespace``: a
    bundle's uid is the UUIDv5 of the root's uid in it. ``cells`` gives what makes a Table row's cells, in the
    order of ``columns``, for a bundle's contents; ``cell_steps`` reads what they want of it, a member a step;
    a ``Since`` (views.ages) is shown as an age when it is written.
    ``description`` and ``root_description`` are for users: of the whole, and of the root's field. ``undeclared`` is
    there where kinds may be taken up that are not declared; ``taken_up`` are those, and ``members`` has theirs.
    Of those that are ``departed`` bundles of the past may have members. ``selectable`` are the fields of the root by
    which field selectors may ask, each a path of strings, as in ``spec.shard``.
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
    cells: Callable[[Contents], Sequence[Cell]]
    cell_steps: Callable[[BundleContents], Iterator[None]]
    description: str
    root_description: str
    computed: tuple[Computed, ...] = ()
    status: StatusField | None = None
    selectable: tuple[str, ...] = ()
    undeclared: Undeclared | None = None
    taken_up: tuple[UndeclaredKind, ...] = ()
    departed: tuple[UndeclaredKind, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """The fields that a bundle may have."""
        members, computed = (part.field for part in self.members), (part.field for part in self.computed)
        status = () if self.status is None else (STATUS,)
        return frozenset(("kind", "apiVersion", "metadata", self.root_field, *members, *computed, *status))

    @property
    def selectors(self) -> tuple[str, ...]:
        """The fields by which its bundles can be selected, beside name and namespace."""
        return (*self.selectable, *(() if self.status is None else (STATE,)))

    @property
    def resources(self) -> Sequence[Kind]:
        """Those of the root and of the members, in order."""
        return [self.root, *(self.resource(member.kind) for member in self.members)]

    def resource(self, kind: str) -> Kind:
        """That of a member's kind."""
        found = next((each for each in (*self.taken_up, *self.departed) if each.kind == kind), None)
        if self.undeclared is None or found is None:
            return DECLARED[kind]
        return Kind(kind, found.plural, self.undeclared.group, found.version)

    @property
    def api_version(self) -> str:
        """``group/version``, as bundles carry it."""
        return f"{GROUP}/{VERSION}"

    @property
    def list_kind(self) -> str:
        """The kind of a list of these."""
        return f"{self.kind}List"
