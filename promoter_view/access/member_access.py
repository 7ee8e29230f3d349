"""``--member-authorization``: each request sees the members that its user may get, through lenses that all share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.interfaces import IReactorTime

from promoter_view.access.admission import Admission
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.access.member_sight import MemberSight
from promoter_view.access.outlook import Outlook, Outlooks
from promoter_view.boundaries import ViewReader, Wakeable
from promoter_view.kubernetes.kinds import Kind
from promoter_view.views.definition import Member, ViewDefinition
from promoter_view.views.lens import Hidden, Lens
from promoter_view.views.sight import Sight, SightedViews, Unseen
from promoter_view.web.errors import ReviewUnavailable

#: An identity's answers take some 100 bytes a namespace.
_MAX_SIGHTS = 1024
#: Namespaces may come while others are asked about.
_ATTEMPTS = 5
_Result = TypeVar("_Result")


class MemberAccess:
    """Keeps the sight of each identity. ``kinds``: all that are reflected; ``reviews`` need keep no answers."""

    def __init__(
        self,
        views: ViewReader,
        definitions: Iterable[ViewDefinition],
        kinds: Iterable[Kind],
        reviews: AccessReviews,
        *,
        clock: IReactorTime,
        max_sights: int = _MAX_SIGHTS,
    ) -> None:
        self._views = views
        self._reviews = reviews
        self._clock = clock
        self._max_sights = max_sights
        known = {kind.kind: kind for kind in kinds}
        self._kinds = {it.plural: tuple(_asked(member, known) for member in it.members) for it in definitions}
        self._lenses = {it.plural: Lens(it) for it in definitions}
        self._sights: OrderedDict[tuple[Identity, frozenset[str]], MemberSight] = OrderedDict()

    def of(self, admission: Admission, *views: str) -> Outlook:
        """The outlook of whoever was admitted on those views."""
        return MemberOutlook(admission, self.sight(admission.identity, *views), self._views, self._lenses)

    def sight(self, identity: Identity, *views: str) -> MemberSight:
        """What that identity may see of the views together; the one that was not needed for longest goes first."""
        key = (identity, frozenset(views))
        found = self._sights.get(key)
        if found is None:
            found = self._sights[key] = self._make(identity, views)
            if len(self._sights) > self._max_sights:
                self._sights.popitem(last=False)
        else:
            self._sights.move_to_end(key)
        return found

    def _make(self, identity: Identity, views: Sequence[str]) -> MemberSight:
        return MemberSight(
            identity,
            tuple(dict.fromkeys(kind for view in views for kind in self._kinds[view])),
            self._reviews,
            clock=self._clock,
            populated=lambda: {bundle.key.namespace for view in views for bundle in self._views.list(view)},
            head=lambda: self._views.head,
        )


def _asked(member: Member, known: Mapping[str, Kind]) -> Kind:
    """A right in the bundle's namespace is none to members elsewhere: that must be one everywhere."""
    kind = known[member.kind]
    return replace(kind, namespaced=False) if member.elsewhere else kind


class MemberOutlook:
    """One request's: its user's sight, and how it stood when reading began. An ``Outlook`` and a ``views.Sight``."""

    def __init__(self, admission: Admission, sight: MemberSight, views: ViewReader, lenses: dict[str, Lens]) -> None:
        self._admission = admission
        self._sight = sight
        self._begun = sight.changes
        self._replaced = False
        self.views = SightedViews(views, lenses, self)

    async def see(self, ask: Callable[[], _Result]) -> _Result:
        """Reading begins with what ``ask`` gives. Errors: those of ``ask``; ReviewUnavailable."""
        for _ in range(_ATTEMPTS):
            self._begun = self._sight.changes
            try:
                return ask()
            except Unseen as error:
                await self._sight.examine(error.namespaces)
        raise ReviewUnavailable("what may be seen changes faster than it can be asked for")

    def follow(self, reader: Wakeable) -> None:
        """Wake it also when something becomes known."""
        self._sight.subscribe(reader)

    def leave(self, reader: Wakeable) -> None:
        """No more of that."""
        self._sight.unsubscribe(reader)

    async def renew(self) -> bool:
        """While nobody can be asked, what was known counts for its time."""
        self._replaced = self._admission.identity != self._sight.identity
        if not self._replaced:
            try:
                await self._sight.refresh()
            except ReviewUnavailable:
                return False
        return self.outdated

    @property
    def horizon(self) -> int:
        """That of the sight."""
        return self._sight.horizon

    @property
    def outdated(self) -> bool:
        """What may be seen, or who looks, is no longer what it was (a token's groups may change)."""
        return self._replaced or self._sight.changes != self._begun

    @property
    def learnt(self) -> int:
        """That of the sight."""
        return self._sight.learnt

    def hidden(self, namespace: str) -> Hidden | None:
        """That of the sight."""
        return self._sight.hidden(namespace)

    def want(self, namespace: str) -> None:
        """From the sight."""
        self._sight.want(namespace)


if TYPE_CHECKING:
    _outlooks: type[Outlooks] = MemberAccess
    _outlook: type[Outlook] = MemberOutlook
    _sight: type[Sight] = MemberOutlook
